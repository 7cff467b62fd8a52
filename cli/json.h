/* JSON in memory, for the program: checked as RFC 8259 has it, then found by jsmn. (The library
 * has a reader of its own; the program may not look inside the library.) */
#ifndef LODE_CLI_JSON_H
#define LODE_CLI_JSON_H

#include <stdbool.h>

#include "error.h"

typedef enum cli_json_kind {
  CLI_JSON_NULL = 1,
  CLI_JSON_BOOL,
  CLI_JSON_NUMBER,
  CLI_JSON_STRING,
  CLI_JSON_ARRAY,
  CLI_JSON_OBJECT,
} cli_json_kind;

/* Values are numbered; 0 is the root. -1 means "none". */
typedef struct cli_json cli_json;

cli_status cli_json_new(cli_json **out, cli_error *err);
void cli_json_free(cli_json *json);

/* Read text[0..size), which must stay as long as its values are looked at; what was read before
 * is forgotten, its memory is used again. CLI_E_INPUT says what is wrong, and at which byte. */
cli_status cli_json_read(cli_json *json, const char *text, size_t size, cli_error *err);

cli_json_kind cli_json_kind_of(const cli_json *json, int value);
/* "an object", "null", … */
const char *cli_json_kind_name(cli_json_kind kind);
/* The value as it is written; a string without its quotes. */
lode_text cli_json_source(const cli_json *json, int value);
/* The value of member name[0..size) of an object; of several, the last, as Python's json has it.
 * -1: none, or no object. `scratch` has room for as many bytes as the text. */
int cli_json_member(const cli_json *json, int object, const char *name, size_t size, char *scratch);
/* The first element of an array, or name of an object's members, and the one behind it; -1: no
 * more. */
int cli_json_first(const cli_json *json, int container);
int cli_json_next(const cli_json *json, int element);
/* The value that belongs to a member's name. */
int cli_json_value_of(const cli_json *json, int name);
/* Decode a string into dst, which has room for its source: no escape is shorter than its UTF-8.
 * false: an unpaired surrogate, unless `replace` makes it U+FFFD. */
bool cli_json_decode(const cli_json *json, int string, bool replace, char *dst, size_t *size);

#endif
