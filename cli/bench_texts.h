/* Texts of a given number of tokens, for measuring. */
#ifndef LODE_CLI_BENCH_TEXTS_H
#define LODE_CLI_BENCH_TEXTS_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* Zero-initialised: none. */
typedef struct cli_bench_texts {
  lode_text *texts; /* [count], each in memory of its own */
  size_t count;
} cli_bench_texts;

/* `count` texts of `tokens` tokens each, special ones included: a passage of ours, repeated, each
 * text from another word on. A vocabulary that parts words otherwise when they are cut may make
 * that a few more or less. CLI_E_USAGE where an empty text has more. */
cli_status cli_bench_texts_make(const lode_model *model, int64_t tokens, size_t count,
                                cli_bench_texts *out, cli_error *err);
void cli_bench_texts_free(cli_bench_texts *texts);

#endif
