/* Searching while typing. */
#ifndef LODE_CLI_SEARCH_LIVE_H
#define LODE_CLI_SEARCH_LIVE_H

#include "collection.h"

/* Until Escape, Ctrl-C, Ctrl-D or Enter; what was found last stays on the screen. Standard input
 * and output are terminals. */
cli_status cli_search_live(const cli_options *options, cli_collection *collection, cli_error *err);

/* The search by the command line's options. */
cli_status cli_search_options(const cli_options *options, lode_index_search_options *out,
                              cli_error *err);

#endif
