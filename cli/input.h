/* Texts from the command line, or from a file or pipe of any size, in batches.
 *
 * A line of the file is a text: LF or CR LF ends it, the last needs no end, an empty line is
 * an empty text, every other byte (NUL included) belongs to the text. As JSON Lines, blank
 * lines are skipped. A byte order mark at the beginning of the file is left out. */
#ifndef LODE_CLI_INPUT_H
#define LODE_CLI_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "options.h"

/* A batch ends with whichever comes first; one line may be larger than the bytes. Enough
 * texts to keep many threads busy, few enough bytes that the progress line moves. */
enum { CLI_BATCH_TEXTS = 4096, CLI_BATCH_BYTES = 1024 * 1024 };

typedef struct cli_input cli_input;

typedef struct cli_batch {
  size_t count;           /* 0: the input has ended */
  const lode_text *texts; /* [count] */
  const lode_text *ids;   /* [count] JSON values, ready to be printed; NULL without --id */
  const int64_t *lines;   /* [count] line numbers, or arguments' numbers, from 1 */
  int64_t first;          /* index of texts[0] in the whole input, from 0 */
} cli_batch;

/* By --input, --jsonl, --id, --utf8 and the operands. Operands are the texts if there are
 * any; otherwise --input, by default standard input. */
cli_status cli_input_open(const cli_options *options, cli_input **out, cli_error *err);
void cli_input_free(cli_input *input);

/* The next texts, which stay until the next call. From a pipe: as soon as there is a line
 * and no more bytes are waiting, so that a slow writer sees its results at once. */
cli_status cli_input_next(cli_input *input, cli_batch *out, cli_error *err);

/* How many texts there will be; -1: not known. */
int64_t cli_input_count(const cli_input *input);
/* Bytes read so far and in all; *total -1: not known. */
void cli_input_progress(const cli_input *input, int64_t *done, int64_t *total);

/* "notes.txt:12: " or "text 3: " in front of a failure's text. */
cli_status cli_fail_at(cli_error *err, cli_status status, const cli_input *input, int64_t line,
                       const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
