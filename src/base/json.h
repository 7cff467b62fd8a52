/* Reading JSON: jsmn (strict) underneath, an index of nodes on top. No recursion; at most
 * 128 levels, as in the readers that Hugging Face uses. Positions are byte offsets into the
 * text. */
#ifndef LODE_BASE_JSON_H
#define LODE_BASE_JSON_H

#include <stdbool.h>

#include "base/error.h"
#include "base/memory.h"

typedef enum lode_json_kind {
  LODE_JSON_ABSENT = 0, /* what every accessor takes for "not there" */
  LODE_JSON_NULL,
  LODE_JSON_BOOL,
  LODE_JSON_NUMBER,
  LODE_JSON_STRING,
  LODE_JSON_ARRAY,
  LODE_JSON_OBJECT,
} lode_json_kind;

/* A node's number; 0 is the root, LODE_JSON_NONE is "not there" and is accepted by
 * every function below, so that look-ups can be nested without checks. */
typedef int32_t lode_json_ref;
#define LODE_JSON_NONE ((lode_json_ref) - 1)

typedef struct lode_json_node lode_json_node;

typedef struct lode_json {
  const char *text; /* borrowed: must outlive the struct */
  size_t size;
  lode_json_node *nodes;
  int32_t count;
} lode_json;

/* Parse all of text[0..size) (UTF-8, one value, nothing but white space after it).
 * LODE_E_FORMAT with err->pos for malformed text, ill-formed UTF-8 included, or text of
 * 2 GiB and more. Zero-initialise *out; free it with lode_json_free also after an error. */
lode_status lode_json_parse(const char *text, size_t size, lode_json *out, lode_error *err);
void lode_json_free(lode_json *json);

lode_json_kind lode_json_kind_of(const lode_json *json, lode_json_ref ref);
/* Elements of an array, or members of an object; 0 for anything else. */
int32_t lode_json_length(const lode_json *json, lode_json_ref ref);
/* First element of an array, or first member's VALUE of an object; then the next one's.
 * LODE_JSON_NONE at the end, or for anything else. */
lode_json_ref lode_json_first(const lode_json *json, lode_json_ref container);
lode_json_ref lode_json_next(const lode_json *json, lode_json_ref value);
/* A member value's key, as a STRING node. */
lode_json_ref lode_json_key(const lode_json *json, lode_json_ref value);
/* The value of member `key` (plain ASCII, compared after decoding escapes); of several,
 * the last, as Python's json does. Linear in the number of members. */
lode_json_ref lode_json_get(const lode_json *json, lode_json_ref object, const char *key);
/* Byte offset of the node in the text, for error messages; -1 for LODE_JSON_NONE. */
int64_t lode_json_pos(const lode_json *json, lode_json_ref ref);

/* Scalars: false, with *out untouched, when the node is absent, of another kind or does
 * not fit (an int64 must be written as an integer or have a zero fraction). */
bool lode_json_bool(const lode_json *json, lode_json_ref ref, bool *out);
bool lode_json_int(const lode_json *json, lode_json_ref ref, int64_t *out);
bool lode_json_double(const lode_json *json, lode_json_ref ref, double *out);
/* Is it a string, equal to `s` after decoding? */
bool lode_json_is(const lode_json *json, lode_json_ref ref, const char *s);
/* Decode a string into dst (at least lode_json_string_bound bytes; result is never longer
 * than the source). Returns its length, or SIZE_MAX if the node is not a string or has an
 * unpaired surrogate escape. U+0000 is legal and yields a zero byte. Not NUL-terminated. */
size_t lode_json_string_bound(const lode_json *json, lode_json_ref ref);
size_t lode_json_string(const lode_json *json, lode_json_ref ref, char *dst);
/* Decode into the arena, NUL-terminated, *size (optional) its length without the NUL. NULL: not
 * a string, unpaired surrogate, or out of memory. */
char *lode_json_string_dup(const lode_json *json, lode_json_ref ref, lode_arena *arena,
                           size_t *size);

#endif
