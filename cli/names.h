/* A list of names, each in it once. */
#ifndef LODE_CLI_NAMES_H
#define LODE_CLI_NAMES_H

#include <stdbool.h>

#include "error.h"

/* Zero-initialised: empty. */
typedef struct cli_names {
  char **items; /* [count] NUL-terminated */
  size_t count;
  size_t capacity;
} cli_names;

bool cli_names_has(const cli_names *names, const char *name);
/* Append a copy of name[0..size). The first also checks that it is new, in linear time. */
cli_status cli_names_add(cli_names *names, const char *name, size_t size, cli_error *err);
cli_status cli_names_append(cli_names *names, const char *name, size_t size, cli_error *err);
void cli_names_free(cli_names *names);

#endif
