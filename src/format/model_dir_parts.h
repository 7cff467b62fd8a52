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

/* The first entry, if there is any, is the transformer. */
lode_status lode_module_list_read(const lode_folder *folder, lode_arena *arena,
                                  lode_module_list *out, lode_error *err);
/* Fill dir->modules from the entries after the transformer; dir->config is there already.
 * Without modules.json: mean pooling. */
lode_status lode_modules_read(const lode_folder *folder, const lode_module_list *list,
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
