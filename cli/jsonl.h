/* One line of JSON Lines: an object of which one string is wanted. */
#ifndef LODE_CLI_JSONL_H
#define LODE_CLI_JSONL_H

#include <stdbool.h>

#include "error.h"

typedef struct cli_jsonl cli_jsonl; /* workspace, reused from line to line */

typedef struct cli_jsonl_fields {
  const char *text; /* path of the wanted string: "text", or "doc.text" inside an object.
                       A member whose name is the whole path comes first. */
  const char *id;   /* path of a string or number to pass on; NULL: none */
  bool replace;     /* an unpaired surrogate becomes U+FFFD; else it is an error */
} cli_jsonl_fields;

cli_status cli_jsonl_new(cli_jsonl **out, cli_error *err);
void cli_jsonl_free(cli_jsonl *reader);

/* Read line[0..size). *text points into the line, or into scratch[0..size] when escapes had
 * to be decoded (*used then says how much of it); *id is the value's JSON source inside the
 * line, quotes included. CLI_E_INPUT says what is wrong, without saying where. */
cli_status cli_jsonl_read(cli_jsonl *reader, const cli_jsonl_fields *fields, const char *line,
                          size_t size, char *scratch, size_t *used, lode_text *text, lode_text *id,
                          cli_error *err);

#endif
