/* The best K of a stream, in memory for K. */
#ifndef LODE_CLI_RANK_H
#define LODE_CLI_RANK_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

typedef struct cli_match {
  float score;
  int64_t index; /* in the input, from 0; of equal scores the earlier is the better */
  int64_t line;
  char *text; /* owned */
  size_t text_size;
  char *id; /* owned; NULL: none */
  size_t id_size;
} cli_match;

typedef struct cli_rank {
  size_t limit; /* K; 0: all */
  size_t count;
  size_t capacity;
  cli_match *heap; /* the worst first, until cli_rank_sort */
} cli_rank;

/* Offer a text; it is copied if it is among the best so far. `id` may be NULL. */
cli_status cli_rank_offer(cli_rank *rank, float score, int64_t index, int64_t line, lode_text text,
                          const lode_text *id, cli_error *err);
/* Best first. No offers after that. */
void cli_rank_sort(cli_rank *rank);
void cli_rank_free(cli_rank *rank);

#endif
