/* Where results go: standard output, or a file that appears under its name only when it is
 * complete. Writing never fails at once: the first error is kept and reported by
 * cli_output_flush and cli_output_close. */
#ifndef LODE_CLI_OUTPUT_H
#define LODE_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

typedef struct cli_output cli_output;

/* NULL or "-": standard output. A regular file, or one that is not there yet, is written
 * beside its place as NAME.tmp-… and renamed by cli_output_close; anything else (a device,
 * a named pipe) is written directly. */
cli_status cli_output_open(const char *path, cli_output **out, cli_error *err);
/* Flush and put the file into its place, or, when something has gone wrong, remove it.
 * Frees *out also on failure. */
cli_status cli_output_close(cli_output *out, cli_error *err);
/* Give up: close, leave no file, free. NULL is fine. */
void cli_output_discard(cli_output *out);

void cli_output_write(cli_output *out, const void *data, size_t size);
void cli_output_text(cli_output *out, const char *text);
void cli_output_format(cli_output *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
cli_status cli_output_flush(cli_output *out, cli_error *err);

/* Can bytes that were written be changed later? Not in a pipe, nor in a file opened for
 * appending. */
bool cli_output_can_patch(const cli_output *out);
/* Replace `size` bytes that begin `offset` bytes behind where this output began. */
void cli_output_patch(cli_output *out, int64_t offset, const void *data, size_t size);
bool cli_output_is_terminal(const cli_output *out);

/* A text as a JSON string with its quotes; ill-formed UTF-8 becomes U+FFFD. */
void cli_output_json_string(cli_output *out, const char *text, size_t size);
/* A text for people: on one line, without control characters that a terminal would obey. */
void cli_output_plain(cli_output *out, const char *text, size_t size);
/* The shortest number that reads back as `x`; `x` is finite. */
void cli_output_float(cli_output *out, float x);

#endif
