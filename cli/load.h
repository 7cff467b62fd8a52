/* Libraries that are loaded when they are first needed. Linked, libcurl and what is behind it would
 * cost every command 3 ms and 6 MB at its start; and without them nothing but pulling would work
 * any worse. */
#ifndef LODE_CLI_LOAD_H
#define LODE_CLI_LOAD_H

#include "error.h"

/* Fill `functions` with the addresses of names[0..count) in `library` ("libcurl.so.4"), which
 * stays loaded. `count` pointers to functions have the layout of pointers to void, as POSIX has
 * it. */
cli_status cli_load(const char *library, const char *const *names, size_t count, void *functions,
                    cli_error *err);

#endif
