/* How a command fails: an exit status for scripts and one line for people.
 *
 * Functions that can fail return a cli_status and fill a cli_error; nothing below main()
 * prints a failure, so that a progress line can be cleared first and every message has the
 * same form. */
#ifndef LODE_CLI_ERROR_H
#define LODE_CLI_ERROR_H

#include <lode.h>

/* Exit statuses of the program: documented in docs/cli.md, never renumbered. */
typedef enum cli_status {
  CLI_OK = 0,
  CLI_E_RUN = 1,   /* reading, writing or memory */
  CLI_E_USAGE = 2, /* the command line */
  CLI_E_MODEL = 3, /* the model is missing, malformed or of a kind not supported */
  CLI_E_INPUT = 4, /* a text: ill-formed UTF-8, malformed JSON, too long under --long error */
} cli_status;

typedef struct cli_error {
  cli_status status;
  char text[1024]; /* one line, without the "lode: command: " in front */
} cli_error;

/* Fill *err and return `status`, so that callers can write `return cli_fail(…)`. */
cli_status cli_fail(cli_error *err, cli_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* CLI_E_RUN with strerror(number) behind `what`. */
cli_status cli_fail_errno(cli_error *err, int number, const char *what);
cli_status cli_fail_memory(cli_error *err);
/* A library call's failure, in the library's words. */
cli_status cli_fail_lode(cli_error *err, const lode_error *cause);

#endif
