/* A model by its name at the hub: OWNER/NAME. */
#ifndef LODE_CLI_HUB_PULL_H
#define LODE_CLI_HUB_PULL_H

#include <stdbool.h>
#include <stdint.h>

#include "hub.h"
#include "hub_name.h"

typedef struct cli_hub_pulled_file {
  char *name;
  int64_t size;
  bool cached; /* nothing of it came over the network */
} cli_hub_pulled_file;

/* Zero-initialised: nothing. */
typedef struct cli_hub_pulled {
  char commit[CLI_HUB_COMMIT + 1];
  char *path; /* what to open: the snapshot's folder, or the bundle in it */
  cli_hub_pulled_file *files;
  size_t count;
} cli_hub_pulled;

void cli_hub_pulled_free(cli_hub_pulled *pulled);

/* Get what the cache lacks of a repository (cli_hub_repo_ok) at a revision (cli_hub_revision_ok).
 * A line of progress is drawn on a terminal unless `quiet`. The revision's name means the new
 * commit only when all files are there. Without libcurl this fails, and says so. */
cli_status cli_hub_pull(const cli_hub *hub, const char *repo, const char *revision, bool quiet,
                        cli_hub_pulled *out, cli_error *err);

/* The same from the cache alone: CLI_E_MODEL names what is missing. out->count stays 0. */
cli_status cli_hub_pull_offline(const cli_hub *hub, const char *repo, const char *revision,
                                bool quiet, cli_hub_pulled *out, cli_error *err);

/* Where the model is: in the cache, and otherwise pulled, with a remark. *path is the caller's.
 * `revision` may be NULL. */
cli_status cli_hub_model(const char *repo, const char *revision, bool quiet, char **path,
                         cli_error *err);

#endif
