/* Small things with files. */
#ifndef LODE_CLI_FILES_H
#define LODE_CLI_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/* Is there something behind the path, links followed? */
bool cli_file_exists(const char *path);
/* Its size; -1: it is not there, or no regular file. */
int64_t cli_file_size(const char *path);
/* Read a whole file, of at most `max` bytes, into *data [size], with a NUL behind it; to be
 * freed. *data is NULL, and no failure, when there is no such file. */
cli_status cli_file_read(const char *path, size_t max, char **data, size_t *size, cli_error *err);
/* Make a folder and those above it. */
cli_status cli_folder_make(const char *path, cli_error *err);
/* Make the folders above `path`. */
cli_status cli_folder_make_above(const char *path, cli_error *err);

#endif
