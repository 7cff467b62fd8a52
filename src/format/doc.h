/* A JSON file of a model folder, and its members read with errors that name file and field. */
#ifndef LODE_FORMAT_DOC_H
#define LODE_FORMAT_DOC_H

#include "base/file.h"
#include "base/json.h"

typedef struct lode_doc {
  const char *name; /* borrowed: "1_Pooling/config.json" */
  lode_file file;
  lode_json json;
} lode_doc;

/* Zero-initialise *doc. Its root must be of kind `root`. LODE_E_NOT_FOUND when the folder has
 * no such file; on every failure there is nothing to close. */
lode_status lode_doc_open(const lode_folder *folder, const char *name, lode_json_kind root,
                          lode_doc *doc, lode_error *err);
/* The same, but absence is no error: *found is false, and *doc reads as empty. */
lode_status lode_doc_open_optional(const lode_folder *folder, const char *name, lode_json_kind root,
                                   lode_doc *doc, bool *found, lode_error *err);
void lode_doc_close(lode_doc *doc);

/* "name: " and the rest, with the position of `at`. */
lode_status lode_doc_refuse(const lode_doc *doc, lode_json_ref at, lode_status code,
                            lode_error *err, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Member `key` of `object`. Absent or null: *out stays as it is, which is how defaults are
 * given. Of another kind: LODE_E_FORMAT. */
lode_status lode_doc_int(const lode_doc *doc, lode_json_ref object, const char *key, int64_t *out,
                         lode_error *err);
lode_status lode_doc_double(const lode_doc *doc, lode_json_ref object, const char *key, double *out,
                            lode_error *err);
lode_status lode_doc_bool(const lode_doc *doc, lode_json_ref object, const char *key, bool *out,
                          lode_error *err);
/* Copied into the arena, NUL-terminated; one that contains a NUL is refused. */
lode_status lode_doc_string(const lode_doc *doc, lode_json_ref object, const char *key,
                            lode_arena *arena, const char **out, lode_error *err);

/* "folder/name", or `name` alone for the folder "". NULL: out of memory. */
char *lode_path_join(lode_arena *arena, const char *folder, const char *name);

#endif
