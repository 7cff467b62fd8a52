/* One line on standard error while long work goes on, if a person is looking. */
#ifndef LODE_CLI_PROGRESS_H
#define LODE_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct cli_progress {
  bool enabled; /* standard error is a terminal, and not --quiet */
  bool drawn;   /* a line stands there and must be cleared */
  double start;
  double last;
} cli_progress;

/* Seconds of a clock that only goes forward. */
double cli_now(void);
/* "1234567" with commas: "1,234,567"; returns `out`. */
char *cli_grouped(char out[32], int64_t number);

void cli_progress_start(cli_progress *progress, bool quiet);
/* Draw, at most five times a second and not in the first: done and total measure how far
 * the input has been read; total -1: not known. */
void cli_progress_update(cli_progress *progress, int64_t texts, int64_t tokens, int64_t done,
                         int64_t total);
/* The same for bytes that are got: `done` of `total` are there, `came` of them over the network
 * since the start. */
void cli_progress_bytes(cli_progress *progress, int64_t done, int64_t total, int64_t came);
/* The same for work whose amount is known: "rounding, 43%". */
void cli_progress_share(cli_progress *progress, const char *what, int64_t done, int64_t total);
/* Clear the line. Before anything else is printed on standard error. */
void cli_progress_clear(cli_progress *progress);

#endif
