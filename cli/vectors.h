/* Vectors in the four formats of `lode embed`, written as they come.
 *
 *   json    {"model":NAME,"dim":D,"vectors":[[…],…],"count":N}
 *   jsonl   {"index":0,"vector":[…]} a line; with --id {"index":0,"id":ID,"vector":[…]}
 *   npy     NumPy's format version 1.0, '<f4', C order, shape (N, D)
 *   f32     rows of little-endian floats and nothing else */
#ifndef LODE_CLI_VECTORS_H
#define LODE_CLI_VECTORS_H

#include "error.h"
#include "input.h"
#include "options.h"
#include "output.h"

typedef struct cli_vectors {
  cli_output *output;
  cli_format format;
  const char *model; /* name, for json */
  int64_t dim;
  int64_t expected; /* rows, if known before the end; else -1 */
  int64_t count;    /* rows so far */
} cli_vectors;

/* Set the fields above, count 0, then begin; put every batch; end. CLI_E_USAGE when the
 * output cannot take the format: npy's header has the number of rows, so that a pipe takes
 * it only if that is known; and a terminal takes no binary data. */
cli_status cli_vectors_begin(cli_vectors *v, cli_error *err);
/* CLI_E_RUN when a component is not finite, which JSON cannot say. */
cli_status cli_vectors_put(cli_vectors *v, const cli_batch *batch, const float *rows,
                           cli_error *err);
void cli_vectors_end(cli_vectors *v);

#endif
