/* Members of the tokenizer's JSON files, read with errors that name the component and the
 * field. */
#ifndef LODE_TEXT_JSON_FIELDS_H
#define LODE_TEXT_JSON_FIELDS_H

#include "base/json.h"

/* What the readers work with. */
typedef struct lode_fields {
  lode_json json;
  lode_arena *arena; /* for decoded strings */
  lode_error *err;
} lode_fields;

/* A string as it may appear in an error message: cut, and printable. */
typedef struct lode_shown {
  char text[48];
} lode_shown;
lode_shown lode_show_bytes(const char *s, size_t size);
lode_shown lode_show(const lode_fields *f, lode_json_ref ref);

bool lode_field_absent(const lode_fields *f, lode_json_ref ref); /* or null */

/* LODE_E_FORMAT: `what`: "field" is not / is missing: it must be `kind`. */
lode_status lode_field_bad(const lode_fields *f, lode_json_ref object, const char *what,
                           const char *field, const char *kind);
lode_status lode_field_bool(const lode_fields *f, lode_json_ref object, const char *what,
                            const char *field, bool *out);
/* A decoded string in the arena, NUL-terminated; it may contain a NUL as well. */
lode_status lode_field_string(const lode_fields *f, lode_json_ref object, const char *what,
                              const char *field, const char **out, size_t *size);

#endif
