/* A float as the shortest decimal text that reads back as the same float. */
#ifndef LODE_CLI_FLOAT_TEXT_H
#define LODE_CLI_FLOAT_TEXT_H

#include <stddef.h>

enum { CLI_FLOAT_TEXT_MAX = 24 };

/* Write finite `x` as a JSON number, not NUL-terminated; returns its length, at most
 * CLI_FLOAT_TEXT_MAX. The fewest digits whose nearest float is `x`, of those the nearest to
 * `x` (at a power of two sometimes one digit more than the fewest). */
size_t cli_float_text(char out[CLI_FLOAT_TEXT_MAX], float x);

#endif
