/* The weights of a folder: model.safetensors, or the shards of its index. */
#include <string.h>

#include "format/doc.h"
#include "format/safetensors.h"

typedef struct opener {
  const lode_folder *folder;
  const char *sub_folder;
  lode_tensor_set *set;
  lode_error *err;
} opener;

/* Open `path`, read it into the set; the set owns it from then on. */
static lode_status read_file(const opener *o, const char *path) {
  if (o->set->file_count == LODE_TENSOR_SET_MAX_FILES) {
    return lode_error_set(o->err, LODE_E_UNSUPPORTED, -1, -1,
                          "%s: more than %d weight files in one model", path,
                          LODE_TENSOR_SET_MAX_FILES);
  }
  lode_file opened = {0};
  const lode_status status = lode_folder_open(o->folder, path, &opened, o->err);
  if (status != LODE_OK) return status;
  lode_file *file = lode_tensor_set_add_file(o->set);
  if (file == NULL) {
    lode_file_close(&opened);
    return lode_error_nomem(o->err);
  }
  *file = opened;
  return lode_safetensors_read(path, file, o->set, o->err);
}

static lode_status finish(const opener *o, const char *path) {
  const lode_status status = lode_tensor_set_finish(o->set, o->err);
  return status == LODE_OK ? status : lode_error_prefix(o->err, status, path);
}

/* ---------------------------------------------------------------- shards */

/* model.safetensors.index.json: {"weight_map": {tensor: file}}. */
typedef struct shard_index {
  lode_doc doc;
  lode_json_ref weight_map;
  const char *names[LODE_TENSOR_SET_MAX_FILES]; /* in the order of set->files */
  size_t count;
} shard_index;

/* The number of the shard that a weight_map value names; count: a new one. */
static size_t find_shard(const shard_index *index, lode_json_ref value) {
  size_t i = 0;
  while (i < index->count && !lode_json_is(&index->doc.json, value, index->names[i])) i++;
  return i;
}

static lode_status read_shard(const opener *o, shard_index *index, lode_json_ref value) {
  const lode_doc *doc = &index->doc;
  const char *name = lode_json_string_dup(&doc->json, value, &o->set->arena, NULL);
  if (name == NULL) return lode_error_nomem(o->err);
  const char *path = lode_path_join(&o->set->arena, o->sub_folder, name);
  if (path == NULL) return lode_error_nomem(o->err);
  const lode_status status = read_file(o, path);
  if (status == LODE_E_NOT_FOUND) {
    return lode_doc_refuse(doc, value, status, o->err, "weight_map: shard %s: no such file", name);
  }
  if (status == LODE_OK) index->names[index->count++] = name;
  return status;
}

static lode_status read_shards(const opener *o, shard_index *index) {
  const lode_json *json = &index->doc.json;
  for (lode_json_ref value = lode_json_first(json, index->weight_map); value != LODE_JSON_NONE;
       value = lode_json_next(json, value)) {
    if (lode_json_kind_of(json, value) != LODE_JSON_STRING) {
      return lode_doc_refuse(&index->doc, value, LODE_E_FORMAT, o->err,
                             "weight_map: a tensor's file is no string");
    }
    if (find_shard(index, value) < index->count) continue;
    const lode_status status = read_shard(o, index, value);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

/* Every tensor is where the index says. */
static lode_status check_places(const opener *o, const shard_index *index) {
  const lode_json *json = &index->doc.json;
  lode_buffer name = {0};
  lode_status status = LODE_OK;
  for (lode_json_ref value = lode_json_first(json, index->weight_map);
       value != LODE_JSON_NONE && status == LODE_OK; value = lode_json_next(json, value)) {
    const lode_json_ref key = lode_json_key(json, value);
    if (!lode_buffer_reserve(&name, lode_json_string_bound(json, key) + 1, 1, 0)) {
      status = lode_error_nomem(o->err);
      break;
    }
    char *text = name.data;
    const size_t size = lode_json_string(json, key, text);
    text[size == SIZE_MAX ? 0 : size] = '\0';
    const lode_tensor *tensor = lode_tensor_set_find(o->set, text);
    const size_t shard = find_shard(index, value);
    if (tensor == NULL || tensor->file != o->set->files[shard]) {
      status = lode_doc_refuse(&index->doc, value, LODE_E_FORMAT, o->err,
                               "weight_map: tensor \"%s\" is not in %s", text, index->names[shard]);
    }
  }
  lode_buffer_free(&name);
  return status;
}

static lode_status read_sharded(const opener *o, const char *index_path) {
  shard_index index = {0};
  lode_status status = lode_doc_open(o->folder, index_path, LODE_JSON_OBJECT, &index.doc, o->err);
  if (status != LODE_OK) return status;
  index.weight_map = lode_json_get(&index.doc.json, 0, "weight_map");
  if (lode_json_kind_of(&index.doc.json, index.weight_map) != LODE_JSON_OBJECT) {
    status = lode_doc_refuse(&index.doc, index.weight_map, LODE_E_FORMAT, o->err,
                             "weight_map: is missing or no object");
  }
  if (status == LODE_OK) status = read_shards(o, &index);
  if (status == LODE_OK) status = finish(o, index_path);
  if (status == LODE_OK) status = check_places(o, &index);
  lode_doc_close(&index.doc);
  return status;
}

/* ---------------------------------------------------------------- open */

/* Neither form is there: say what is, if it is one that we know and do not read. */
static lode_status explain_absence(const opener *o, const char *path) {
  static const char *const unread[] = {"pytorch_model.bin", "pytorch_model.bin.index.json"};
  for (size_t i = 0; i < sizeof unread / sizeof unread[0]; i++) {
    const char *other = lode_path_join(&o->set->arena, o->sub_folder, unread[i]);
    if (other == NULL) return lode_error_nomem(o->err);
    if (!lode_folder_has(o->folder, other)) continue;
    return lode_error_set(o->err, LODE_E_UNSUPPORTED, -1, -1,
                          "%s: pickled PyTorch weights are not read; save the model as "
                          "model.safetensors",
                          other);
  }
  return lode_error_set(o->err, LODE_E_NOT_FOUND, -1, -1,
                        "%s: no such file, nor model.safetensors.index.json", path);
}

static lode_status open_weights(const opener *o) {
  const char *path = lode_path_join(&o->set->arena, o->sub_folder, "model.safetensors");
  const char *index_path =
      lode_path_join(&o->set->arena, o->sub_folder, "model.safetensors.index.json");
  if (path == NULL || index_path == NULL) return lode_error_nomem(o->err);
  lode_status status = read_file(o, path);
  if (status == LODE_OK) return finish(o, path);
  if (status != LODE_E_NOT_FOUND) return status;
  lode_error_clear(o->err);
  status = read_sharded(o, index_path);
  /* A missing shard is LODE_E_NOT_FOUND too, and has been explained. */
  const bool nothing = status == LODE_E_NOT_FOUND && o->set->file_count == 0 &&
                       !lode_folder_has(o->folder, index_path);
  return nothing ? explain_absence(o, path) : status;
}

lode_status lode_safetensors_open(const lode_folder *folder, const char *sub_folder,
                                  lode_tensor_set *set, lode_error *err) {
  const opener o = {folder, sub_folder, set, err};
  const lode_status status = open_weights(&o);
  if (status != LODE_OK) lode_tensor_set_free(set);
  return status;
}
