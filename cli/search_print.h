/* Results of a search, for people and for programs. */
#ifndef LODE_CLI_SEARCH_PRINT_H
#define LODE_CLI_SEARCH_PRINT_H

#include "error.h"
#include "output.h"

typedef struct cli_found {
  const char *query;
  const char *mode;
  const lode_results *results;
  int64_t offset;
  double seconds;
} cli_found;

/* One object: query, correction, mode, relevant, total, seconds, results. */
void cli_search_print_json(cli_output *out, const cli_found *found);
/* A few lines a result; `color`: escape sequences for titles and marked words; `width`: columns. */
void cli_search_print_text(cli_output *out, const cli_found *found, bool color, size_t width);

/* Columns of the terminal behind `fd`, else 100; and whether it wants colors (NO_COLOR, TERM). */
size_t cli_terminal_width(int fd);
bool cli_terminal_has_color(int fd);

#endif
