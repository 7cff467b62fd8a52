/* Is a text one JSON value, exactly as RFC 8259 has it? jsmn, which finds the values, lets
 * missing commas, bad numbers and the like pass; this runs before it. */
#ifndef LODE_CLI_JSON_CHECK_H
#define LODE_CLI_JSON_CHECK_H

#include <stddef.h>

enum { CLI_JSON_DEPTH_MAX = 512 };

/* NULL when text[0..size) is one JSON value with nothing but white space around it; else
 * what is wrong, with *at the byte where. Does not look at UTF-8 inside strings. */
const char *cli_json_check(const char *text, size_t size, size_t *at);

#endif
