#include "format/doc.h"

#include <stdio.h>
#include <string.h>

#include "format/sniff.h"

/* ---------------------------------------------------------------- files */

static const char *kind_name(lode_json_kind kind) {
  return kind == LODE_JSON_ARRAY ? "array" : "object";
}

static lode_status parse(lode_doc *doc, lode_json_kind root, lode_error *err) {
  lode_status status = lode_sniff(doc->name, &doc->file, err);
  if (status != LODE_OK) return status;
  status = lode_json_parse((const char *)doc->file.data, doc->file.size, &doc->json, err);
  if (status == LODE_E_FORMAT) return lode_error_prefix(err, status, doc->name);
  if (status != LODE_OK) return status;
  if (lode_json_kind_of(&doc->json, 0) != root) {
    return lode_doc_refuse(doc, 0, LODE_E_FORMAT, err, "is no JSON %s", kind_name(root));
  }
  return LODE_OK;
}

lode_status lode_doc_open(const lode_folder *folder, const char *name, lode_json_kind root,
                          lode_doc *doc, lode_error *err) {
  *doc = (lode_doc){.name = name};
  lode_status status = lode_folder_open(folder, name, &doc->file, err);
  if (status == LODE_OK) status = parse(doc, root, err);
  if (status != LODE_OK) lode_doc_close(doc);
  return status;
}

lode_status lode_doc_open_optional(const lode_folder *folder, const char *name, lode_json_kind root,
                                   lode_doc *doc, bool *found, lode_error *err) {
  const lode_status status = lode_doc_open(folder, name, root, doc, err);
  *found = status == LODE_OK;
  if (status != LODE_E_NOT_FOUND) return status;
  lode_error_clear(err);
  return LODE_OK;
}

void lode_doc_close(lode_doc *doc) {
  lode_json_free(&doc->json);
  lode_file_close(&doc->file);
}

char *lode_path_join(lode_arena *arena, const char *folder, const char *name) {
  const size_t folder_size = strlen(folder);
  const size_t name_size = strlen(name);
  if (folder_size == 0) return lode_arena_string(arena, name, name_size);
  char *path = lode_arena_alloc(arena, folder_size + 1 + name_size + 1);
  if (path == NULL) return NULL;
  memcpy(path, folder, folder_size);
  path[folder_size] = '/';
  memcpy(path + folder_size + 1, name, name_size + 1);
  return path;
}

/* ---------------------------------------------------------------- members */

lode_status lode_doc_refuse(const lode_doc *doc, lode_json_ref at, lode_status code,
                            lode_error *err, const char *fmt, ...) {
  char reason[sizeof err->text];
  va_list args;
  va_start(args, fmt);
  if (vsnprintf(reason, sizeof reason, fmt, args) < 0) reason[0] = '\0';
  va_end(args);
  return lode_error_set(err, code, -1, lode_json_pos(&doc->json, at), "%s: %s", doc->name, reason);
}

/* The member's node; NONE when it is absent or null. */
static lode_json_ref member(const lode_doc *doc, lode_json_ref object, const char *key) {
  const lode_json_ref ref = lode_json_get(&doc->json, object, key);
  return lode_json_kind_of(&doc->json, ref) == LODE_JSON_NULL ? LODE_JSON_NONE : ref;
}

static lode_status refuse_kind(const lode_doc *doc, lode_json_ref at, const char *key,
                               const char *wanted, lode_error *err) {
  return lode_doc_refuse(doc, at, LODE_E_FORMAT, err, "%s: is no %s", key, wanted);
}

lode_status lode_doc_int(const lode_doc *doc, lode_json_ref object, const char *key, int64_t *out,
                         lode_error *err) {
  const lode_json_ref ref = member(doc, object, key);
  if (ref == LODE_JSON_NONE || lode_json_int(&doc->json, ref, out)) return LODE_OK;
  return refuse_kind(doc, ref, key, "whole number", err);
}

lode_status lode_doc_double(const lode_doc *doc, lode_json_ref object, const char *key, double *out,
                            lode_error *err) {
  const lode_json_ref ref = member(doc, object, key);
  if (ref == LODE_JSON_NONE || lode_json_double(&doc->json, ref, out)) return LODE_OK;
  return refuse_kind(doc, ref, key, "number", err);
}

lode_status lode_doc_bool(const lode_doc *doc, lode_json_ref object, const char *key, bool *out,
                          lode_error *err) {
  const lode_json_ref ref = member(doc, object, key);
  if (ref == LODE_JSON_NONE || lode_json_bool(&doc->json, ref, out)) return LODE_OK;
  return refuse_kind(doc, ref, key, "true or false", err);
}

lode_status lode_doc_string(const lode_doc *doc, lode_json_ref object, const char *key,
                            lode_arena *arena, const char **out, lode_error *err) {
  const lode_json_ref ref = member(doc, object, key);
  if (ref == LODE_JSON_NONE) return LODE_OK;
  if (lode_json_kind_of(&doc->json, ref) != LODE_JSON_STRING) {
    return refuse_kind(doc, ref, key, "string", err);
  }
  char *copy = lode_arena_alloc(arena, lode_json_string_bound(&doc->json, ref) + 1);
  if (copy == NULL) return lode_error_nomem(err);
  const size_t size = lode_json_string(&doc->json, ref, copy);
  if (size == SIZE_MAX || memchr(copy, '\0', size) != NULL) {
    return lode_doc_refuse(doc, ref, LODE_E_FORMAT, err, "%s: has an unpaired surrogate or a NUL",
                           key);
  }
  *out = copy;
  return LODE_OK;
}
