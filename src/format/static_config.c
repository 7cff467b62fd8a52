/* Models without a network, as Model2Vec and sentence-transformers write them. A directory that
 * says that it is Model2Vec's is read as that library reads it, any other as
 * sentence-transformers does. */
#include <string.h>

#include "format/model_dir_parts.h"

/* Tokens that Model2Vec takes unless config.json says otherwise. */
enum { DEFAULT_MAX_LENGTH = 512 };

static const char config_name[] = "config.json";
static const char library_config_name[] = "config_sentence_transformers.json";

/* config.json: "model_type": "model2vec", or "architectures": ["StaticModel"]. */
static bool is_model2vec(const lode_json *json) {
  if (lode_json_is(json, lode_json_get(json, 0, "model_type"), "model2vec")) return true;
  const lode_json_ref list = lode_json_get(json, 0, "architectures");
  if (lode_json_kind_of(json, list) != LODE_JSON_ARRAY) return false;
  return lode_json_is(json, lode_json_first(json, list), "StaticModel");
}

static const char *folder_of(const lode_module_list *list) {
  return list->found ? list->entries[0].path : "";
}

/* *found: whether there is a config.json. */
static lode_status look_at_config(const lode_folder *folder, const lode_module_list *list,
                                  lode_arena *arena, bool *found, bool *model2vec,
                                  lode_error *err) {
  const char *name = lode_path_join(arena, folder_of(list), config_name);
  if (name == NULL) return lode_error_nomem(err);
  lode_doc doc = {0};
  const lode_status status =
      lode_doc_open_optional(folder, name, LODE_JSON_OBJECT, &doc, found, err);
  *model2vec = status == LODE_OK && is_model2vec(&doc.json);
  lode_doc_close(&doc);
  return status;
}

lode_status lode_static_find(const lode_folder *folder, const lode_module_list *list,
                             lode_arena *arena, lode_static_kind *out, lode_error *err) {
  *out = LODE_STATIC_NONE;
  const bool embedding = list->found && strcmp(list->entries[0].kind, "StaticEmbedding") == 0;
  if (list->found && !embedding) return LODE_OK;
  bool found = false;
  bool model2vec = false;
  const lode_status status = look_at_config(folder, list, arena, &found, &model2vec, err);
  if (status != LODE_OK) return status;
  /* Model2Vec's second layout: no config.json, its settings beside sentence-transformers'. */
  const bool second = !list->found && !found && lode_folder_has(folder, library_config_name);
  if (model2vec || second) {
    *out = LODE_STATIC_MODEL2VEC;
  } else if (embedding) {
    *out = LODE_STATIC_EMBEDDING;
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- Model2Vec */

/* Tokens; null: no limit. */
static lode_status read_max_length(const lode_doc *doc, int64_t *out, lode_error *err) {
  const lode_json_ref ref = lode_json_get(&doc->json, 0, "max_length");
  const bool none = lode_json_kind_of(&doc->json, ref) == LODE_JSON_NULL;
  *out = none ? 0 : DEFAULT_MAX_LENGTH;
  const lode_status status = lode_doc_int(doc, 0, "max_length", out, err);
  if (status != LODE_OK || none || *out >= 1) return status;
  return lode_doc_refuse(doc, ref, LODE_E_FORMAT, err, "max_length: is no length");
}

/* What Model2Vec does not look at and sentence-transformers would do must not be lost. */
static lode_status check_modules(const lode_module_list *list, lode_error *err) {
  for (size_t i = 1; i < list->count; i++) {
    if (strcmp(list->entries[i].kind, "Normalize") == 0) continue;
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "modules.json: module %s in a Model2Vec model, whose own library would "
                          "pass it over",
                          list->entries[i].kind);
  }
  return LODE_OK;
}

static lode_status read_model2vec(const lode_folder *folder, const lode_module_list *list,
                                  lode_model_dir *dir, lode_error *err) {
  lode_status status = check_modules(list, err);
  if (status != LODE_OK) return status;
  const char *name = lode_path_join(&dir->arena, folder_of(list), config_name);
  if (name == NULL) return lode_error_nomem(err);
  if (!lode_folder_has(folder, name)) name = library_config_name;
  lode_doc doc = {0};
  bool normalize = false;
  status = lode_doc_open(folder, name, LODE_JSON_OBJECT, &doc, err);
  if (status != LODE_OK) return status;
  status = read_max_length(&doc, &dir->max_seq_length, err);
  if (status == LODE_OK) status = lode_doc_bool(&doc, 0, "normalize", &normalize, err);
  lode_doc_close(&doc);
  if (status != LODE_OK) return status;

  dir->modules = lode_arena_array(&dir->arena, 2, sizeof *dir->modules);
  if (dir->modules == NULL) return lode_error_nomem(err);
  dir->modules[dir->module_count++] = (lode_module){
      .kind = LODE_MODULE_POOLING, .poolings = {1, {LODE_POOL_MEAN}}, .include_prompt = true};
  if (normalize) {
    dir->modules[dir->module_count++] = (lode_module){.kind = LODE_MODULE_NORMALIZE};
  }
  return LODE_OK;
}

lode_status lode_static_read(const lode_folder *folder, const lode_module_list *list,
                             lode_model_dir *dir, lode_error *err) {
  if (dir->static_kind == LODE_STATIC_MODEL2VEC) return read_model2vec(folder, list, dir, err);
  return lode_modules_read(folder, list, dir, err);
}
