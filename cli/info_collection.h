/* lode info FILE: what a collection is. */
#ifndef LODE_CLI_INFO_COLLECTION_H
#define LODE_CLI_INFO_COLLECTION_H

#include "error.h"
#include "options.h"

cli_status cli_info_collection(const cli_options *options, const char *path, cli_error *err);

#endif
