/* Models by name, as far as the cache goes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub_cache.h"
#include "hub_pull.h"

void cli_hub_pulled_free(cli_hub_pulled *pulled) {
  for (size_t i = 0; i < pulled->count; i++) free(pulled->files[i].name);
  free(pulled->files);
  free(pulled->path);
  *pulled = (cli_hub_pulled){0};
}

/* What the cache has of a repository. */
typedef struct lookup {
  char commit[CLI_HUB_COMMIT + 1];
  char *path; /* NULL: not complete */
  char missing[256];
  bool unsure; /* see cli_hub_cache_find */
} lookup;

static cli_status look_up(const cli_hub *hub, const char *repo, const char *revision, lookup *out,
                          cli_error *err) {
  *out = (lookup){.missing = "every file"};
  cli_hub_cache cache;
  cli_status status = cli_hub_cache_open(hub->cache, repo, &cache, err);
  if (status == CLI_OK && cli_hub_cache_commit(&cache, revision, out->commit)) {
    status = cli_hub_cache_find(&cache, out->commit, &out->path, out->missing, &out->unsure, err);
  }
  cli_hub_cache_close(&cache);
  return status;
}

cli_status cli_hub_pull_offline(const cli_hub *hub, const char *repo, const char *revision,
                                bool quiet, cli_hub_pulled *out, cli_error *err) {
  lookup found;
  cli_status status = look_up(hub, repo, revision, &found, err);
  if (status != CLI_OK) return status;
  if (found.path == NULL) {
    return cli_fail(err, CLI_E_MODEL,
                    "%s at \"%s\" is not in the cache %s (%s is missing), and HF_HUB_OFFLINE is "
                    "set",
                    repo, revision, hub->cache, found.missing);
  }
  if (found.unsure && !quiet) {
    fprintf(stderr,
            "lode: %s: there is no modules.json in the cache: taken for a transformer alone, with "
            "mean pooling\n",
            repo);
  }
  memcpy(out->commit, found.commit, sizeof out->commit);
  out->path = found.path;
  return CLI_OK;
}

static cli_status pull_model(const cli_hub *hub, const char *repo, const char *revision, bool quiet,
                             char **path, cli_error *err) {
  if (!quiet) {
    fprintf(stderr, "lode: %s is not in the cache: getting it from %s\n", repo, hub->endpoint);
  }
  cli_hub_pulled pulled = {0};
  cli_status status = cli_hub_pull(hub, repo, revision, quiet, &pulled, err);
  if (status == CLI_OK) {
    *path = pulled.path;
    pulled.path = NULL;
  }
  cli_hub_pulled_free(&pulled);
  return status;
}

static cli_status find_model(const cli_hub *hub, const char *repo, const char *revision, bool quiet,
                             char **path, cli_error *err) {
  if (hub->offline) {
    cli_hub_pulled pulled = {0};
    cli_status status = cli_hub_pull_offline(hub, repo, revision, quiet, &pulled, err);
    *path = pulled.path;
    return status;
  }
  lookup found;
  cli_status status = look_up(hub, repo, revision, &found, err);
  if (status != CLI_OK) return status;
  if (found.path != NULL && !found.unsure) {
    *path = found.path;
    return CLI_OK;
  }
  free(found.path);
  return pull_model(hub, repo, revision, quiet, path, err);
}

cli_status cli_hub_model(const char *repo, const char *revision, bool quiet, char **path,
                         cli_error *err) {
  if (revision == NULL) revision = "main";
  if (!cli_hub_revision_ok(revision)) {
    return cli_fail(err, CLI_E_USAGE, "--revision: \"%s\" is no branch, tag or commit", revision);
  }
  cli_hub hub;
  cli_status status = cli_hub_open(&hub, err);
  if (status == CLI_OK) status = find_model(&hub, repo, revision, quiet, path, err);
  cli_hub_close(&hub);
  return status;
}
