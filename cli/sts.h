/* The STS-B benchmark's files: pairs of sentences with people's scores. */
#ifndef LODE_CLI_STS_H
#define LODE_CLI_STS_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* Lines of seven or more columns parted by tabs, without quoting: the score is the fifth,
 * the sentences are the sixth and seventh. */
typedef struct cli_sts {
  char *bytes;       /* the file, which the sentences point into */
  lode_text *unique; /* [unique_count] every sentence once */
  int64_t *lines;    /* [unique_count] where it first stands */
  size_t unique_count;
  size_t *a; /* [pairs] index into `unique` */
  size_t *b;
  double *scores;
  size_t pairs;
} cli_sts;

/* Read all of `path`. Zero-initialise *out; free it also after a failure. */
cli_status cli_sts_read(const char *path, cli_sts *out, cli_error *err);
void cli_sts_free(cli_sts *sts);

#endif
