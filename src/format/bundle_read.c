#include <string.h>

#include "base/json.h"
#include "format/bundle.h"
#include "format/bundle_names.h"
#include "format/model_dir_parts.h"
#include "format/safetensors.h"

typedef struct reader {
  const char *name;
  lode_bundle *bundle;
  lode_tensor_set tensors;
  lode_error *err;
} reader;

static lode_status refuse(const reader *r, const char *what) {
  return lode_error_set(r->err, LODE_E_FORMAT, -1, -1, "%s: %s", r->name, what);
}

static bool is_file(const lode_tensor *tensor) {
  return strncmp(tensor->name, LODE_BUNDLE_FILE, sizeof LODE_BUNDLE_FILE - 1) == 0;
}

/* The files inside as a folder in memory. The bundle itself is added as the weights' file. */
static lode_status make_folder(reader *r) {
  lode_bundle *b = r->bundle;
  size_t count = 0;
  for (size_t i = 0; i < r->tensors.count; i++) count += is_file(&r->tensors.items[i]);
  lode_file_data *files = lode_arena_array(&b->arena, count + 1, sizeof *files);
  if (!files) return lode_error_nomem(r->err);
  b->folder.files = files;
  for (size_t i = 0; i < r->tensors.count; i++) {
    const lode_tensor *tensor = &r->tensors.items[i];
    if (!is_file(tensor)) continue;
    const char *name = tensor->name + sizeof LODE_BUNDLE_FILE - 1;
    char *copy = lode_arena_string(&b->arena, name, strlen(name));
    if (!copy) return lode_error_nomem(r->err);
    lode_file_data *file = &files[b->folder.count++];
    *file = (lode_file_data){copy, tensor->data, tensor->size};
    if (!lode_file_data_align(file, &b->arena)) return lode_error_nomem(r->err);
  }
  lode_module_list list;
  const lode_status status = lode_module_list_read(&b->folder, &b->arena, &list, r->err);
  if (status != LODE_OK) return status;
  char *weights =
      lode_path_join(&b->arena, list.found ? list.entries[0].path : "", "model.safetensors");
  if (!weights) return lode_error_nomem(r->err);
  files[b->folder.count++] = (lode_file_data){weights, b->file.data, b->file.size};
  return LODE_OK;
}

static lode_status read_texts(reader *r, const lode_json *json) {
  lode_bundle *b = r->bundle;
  if (lode_json_kind_of(json, 0) != LODE_JSON_ARRAY ||
      (size_t)lode_json_length(json, 0) != b->text_count) {
    return refuse(r, "selftest.json is no array of as many texts as there are vectors");
  }
  b->texts = lode_arena_array(&b->arena, b->text_count, sizeof *b->texts);
  if (!b->texts) return lode_error_nomem(r->err);
  size_t i = 0;
  for (lode_json_ref ref = lode_json_first(json, 0); ref != LODE_JSON_NONE;
       ref = lode_json_next(json, ref)) {
    if (lode_json_kind_of(json, ref) != LODE_JSON_STRING) {
      return refuse(r, "selftest.json: a text is no string");
    }
    b->texts[i] = lode_json_string_dup(json, ref, &b->arena, NULL);
    if (!b->texts[i++]) return lode_error_nomem(r->err);
  }
  return LODE_OK;
}

static lode_status read_self_test(reader *r) {
  lode_bundle *b = r->bundle;
  const lode_tensor *vectors = lode_tensor_set_find(&r->tensors, LODE_BUNDLE_VECTORS);
  const lode_tensor *texts = lode_tensor_set_find(&r->tensors, LODE_BUNDLE_TEXTS);
  if (!vectors || !texts) return refuse(r, "has no self-test");
  if (vectors->dtype != LODE_DTYPE_F32 || vectors->rank != 2) {
    return refuse(r, "selftest.vectors is no matrix of F32");
  }
  b->text_count = (size_t)vectors->shape[0];
  b->dim = (size_t)vectors->shape[1];
  b->vectors = vectors->data;
  lode_json json = {0};
  lode_status status = lode_json_parse((const char *)texts->data, texts->size, &json, r->err);
  if (status == LODE_E_FORMAT) lode_error_prefix(r->err, status, "selftest.json");
  if (status == LODE_OK) status = read_texts(r, &json);
  lode_json_free(&json);
  return status;
}

static lode_status read_all(reader *r) {
  char value[16];
  lode_bundle *b = r->bundle;
  lode_status status = lode_safetensors_read(r->name, &b->file, &r->tensors, r->err);
  if (status == LODE_OK) status = lode_tensor_set_finish(&r->tensors, r->err);
  if (status != LODE_OK) return status;
  status = lode_safetensors_metadata(&b->file, "format", value, sizeof value, r->err);
  if (status != LODE_OK) return status;
  if (strcmp(value, LODE_BUNDLE_FORMAT) != 0) {
    return refuse(r,
                  "is a safetensors file, but no lode-model bundle; to open a model's "
                  "directory, give the directory");
  }
  status = lode_safetensors_metadata(&b->file, "version", value, sizeof value, r->err);
  if (status != LODE_OK) return status;
  if (strcmp(value, LODE_BUNDLE_VERSION) != 0) {
    return lode_error_set(r->err, LODE_E_UNSUPPORTED, -1, -1,
                          "%s: a bundle of another version than " LODE_BUNDLE_VERSION, r->name);
  }
  status = make_folder(r);
  return status == LODE_OK ? read_self_test(r) : status;
}

lode_status lode_bundle_open(const char *name, lode_file *file, lode_bundle *out, lode_error *err) {
  *out = (lode_bundle){.file = *file};
  *file = (lode_file){0};
  reader r = {.name = name, .bundle = out, .err = err};
  out->name = lode_arena_string(&out->arena, name, strlen(name));
  const lode_status status = out->name ? read_all(&r) : lode_error_nomem(err);
  lode_tensor_set_free(&r.tensors);
  if (status != LODE_OK) lode_bundle_close(out);
  return status;
}

void lode_bundle_close(lode_bundle *bundle) {
  lode_file_close(&bundle->file);
  lode_arena_free(&bundle->arena);
  *bundle = (lode_bundle){0};
}

lode_status lode_bundle_verify(const lode_bundle *bundle, lode_error *err) {
  lode_bundle_arrival all = {.name = bundle->name, .file = &bundle->file, .verify = true};
  const lode_status status = lode_bundle_arrived(&all, bundle->file.size, err);
  lode_bundle_arrival_free(&all);
  return status;
}
