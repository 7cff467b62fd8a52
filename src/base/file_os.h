/* What file.c needs of the system: file_posix.c has it from the file system, file_wasm.c has none.
 */
#ifndef LODE_BASE_FILE_OS_H
#define LODE_BASE_FILE_OS_H

#include "base/file.h"

/* lode_file_map for the file `name` in the directory `path`. The error text names `name`, or the
 * directory where that is what is missing. */
lode_status lode_file_map_in(const char *path, const char *name, lode_file *out, lode_error *err);
/* A regular file of that name is there. */
bool lode_file_is_in(const char *path, const char *name);

#endif
