/* What lies beside an index in its folder: the scripts that search it, and the model. */
#ifndef LODE_CLI_SITE_ASSETS_H
#define LODE_CLI_SITE_ASSETS_H

#include "collection.h"

/* Where the scripts are: $LODE_SITE_ASSETS, else share/lode/site beside the program (a build
 * folder) or its folder (PREFIX/bin). *out is NULL, and no failure, where there are none; to be
 * freed. */
cli_status cli_site_assets_find(char **out, cli_error *err);
/* Every file of the folder to `to`; those that are the same already are left alone. *bytes grows by
 * their sizes. */
cli_status cli_site_assets_copy(const char *from, const char *to, int64_t *bytes, cli_error *err);

/* The collection's model as one file in `to`. *name, to be freed, is what it is called there, which
 * changes with its bytes. *bytes: its size. */
cli_status cli_site_model_copy(const cli_collection *collection, const char *to, char **name,
                               int64_t *bytes, cli_error *err);

#endif
