/* A file as one piece of memory. */
#ifndef LODE_CLI_WHOLE_FILE_H
#define LODE_CLI_WHOLE_FILE_H

#include <stddef.h>

#include "error.h"

/* *bytes [*size] is the caller's to free, also after a failure. */
cli_status cli_whole_file_read(const char *path, char **bytes, size_t *size, cli_error *err);

#endif
