/* How many threads a command uses. */
#ifndef LODE_CLI_THREADS_H
#define LODE_CLI_THREADS_H

#include "options.h"

/* --threads, else as many as this process may run on. */
int64_t cli_thread_count(const cli_options *options);

#endif
