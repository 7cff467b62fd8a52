/* A sealed index on the disk, searched as a page would: file by file. */
#ifndef LODE_CLI_SITE_READ_H
#define LODE_CLI_SITE_READ_H

#include <stdbool.h>

#include "error.h"
#include "options.h"

/* What the last query took, besides the boot file and what was there from earlier ones. */
typedef struct cli_site_cost {
  int64_t rounds;
  int64_t files;
  int64_t bytes;
  int64_t zipped; /* of each file by gzip; -1: this program has no zlib */
} cli_site_cost;

typedef struct cli_site {
  lode_site *site;
  char *folder;
  lode_site_info info;
  lode_model *model; /* NULL: by words alone */
  lode_context *ctx;
  bool measured; /* cost.zipped is wanted, which takes time */
  int64_t boot_bytes;
  cli_site_cost cost;
} cli_site;

/* Is there such an index? */
bool cli_site_is(const char *folder);
/* The folder's name is copied. Close it also after a failure. */
cli_status cli_site_open(const char *folder, cli_site *out, cli_error *err);
void cli_site_close(cli_site *site);
/* The model that it names, from its folder; else --model. None, and no failure, if neither is
 * there. */
cli_status cli_site_open_model(const cli_options *options, cli_site *site, cli_error *err);
cli_status cli_site_search(cli_site *site, const char *query,
                           const lode_index_search_options *options, lode_results **out,
                           cli_error *err);

/* Bytes that gzip makes of these; -1: not known. */
int64_t cli_gzip_size(const void *data, size_t size);

#endif
