#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

cli_status cli_fail(cli_error *err, cli_status status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  err->status = status;
  int length = vsnprintf(err->text, sizeof err->text, format, args);
  va_end(args);
  if (length < 0) err->text[0] = '\0';
  /* The message may quote a file's name or an argument: it stays one line, and it sends
   * nothing to a terminal but text. */
  for (char *c = err->text; *c != '\0'; c++) {
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
  }
  return status;
}

cli_status cli_fail_errno(cli_error *err, int number, const char *what) {
  return cli_fail(err, CLI_E_RUN, "%s: %s", what, strerror(number));
}

cli_status cli_fail_memory(cli_error *err) {
  return cli_fail(err, CLI_E_RUN, "out of memory");
}

static cli_status status_of(lode_status code) {
  switch (code) {
    case LODE_OK:
      return CLI_OK;
    case LODE_E_ARG:
      return CLI_E_USAGE;
    case LODE_E_NOT_FOUND:
    case LODE_E_FORMAT:
    case LODE_E_UNSUPPORTED:
      return CLI_E_MODEL;
    case LODE_E_UTF8:
    case LODE_E_TOO_LONG:
      return CLI_E_INPUT;
    case LODE_E_NOMEM:
    case LODE_E_IO:
    case LODE_E_SPACE:
    case LODE_E_CANCELLED:
    case LODE_E_BUSY:
    case LODE_E_DEVICE:
      break;
  }
  return CLI_E_RUN;
}

cli_status cli_fail_lode(cli_error *err, const lode_error *cause) {
  return cli_fail(err, status_of(cause->code), "%s", cause->text);
}
