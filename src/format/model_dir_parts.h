/* What model_dir.c is made of: one reader for each file that takes more than a few lines. */
#ifndef LODE_FORMAT_MODEL_DIR_PARTS_H
#define LODE_FORMAT_MODEL_DIR_PARTS_H

#include "format/doc.h"
#include "format/model_dir.h"

/* ---- config.c: config.json of the transformer in `sub_folder` */

lode_status lode_model_config_read(const lode_folder *folder, const char *sub_folder,
                                   lode_model_dir *dir, lode_error *err);

/* ---- modules.c: modules.json and the modules' own folders */

typedef struct lode_module_entry {
  const char *kind; /* class name: "Pooling" */
  const char *path; /* folder: "1_Pooling"; "": the model's own */
} lode_module_entry;

typedef struct lode_module_list {
  bool found; /* modules.json is there; otherwise the list is empty */
  lode_module_entry *entries;
  size_t count;
} lode_module_list;

/* The first entry, if there is any, is a Transformer or a StaticEmbedding. */
lode_status lode_module_list_read(const lode_folder *folder, lode_arena *arena,
                                  lode_module_list *out, lode_error *err);
/* Fill dir->modules from the entries after the first; dir->config is there already. Without
 * modules.json, and first of all in a static model: mean pooling. */
lode_status lode_modules_read(const lode_folder *folder, const lode_module_list *list,
                              lode_model_dir *dir, lode_error *err);

/* ---- static_config.c: models without a network */

/* Is there one, and who wrote it? By config.json, modules.json, config_sentence_transformers.json,
 * in that order. */
lode_status lode_static_find(const lode_folder *folder, const lode_module_list *list,
                             lode_arena *arena, lode_static_kind *out, lode_error *err);
/* The settings of one, dir->static_kind: the longest input, and its modules. */
lode_status lode_static_read(const lode_folder *folder, const lode_module_list *list,
                             lode_model_dir *dir, lode_error *err);

/* ---- settings.c: what goes on around the network */

/* config_sentence_transformers.json: prompts, default prompt, dimensions. */
lode_status lode_prompts_read(const lode_folder *folder, lode_model_dir *dir, lode_error *err);
/* sentence_bert_config.json (only if modules.json is there), tokenizer_config.json. */
lode_status lode_limits_read(const lode_folder *folder, const char *sub_folder, bool has_modules,
                             lode_model_dir *dir, lode_error *err);

/* Add the list under `key` of the document's root to dir->matryoshka_dims. */
lode_status lode_matryoshka_read(const lode_doc *doc, lode_model_dir *dir, lode_error *err);

#endif
