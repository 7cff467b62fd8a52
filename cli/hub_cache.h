/* The hub's cache on this machine, in the layout that huggingface_hub has, so that what one of
 * them gets the other has:
 *
 *   CACHE/models--OWNER--NAME/blobs/ETAG             contents; ETAG.incomplete on the way
 *                             snapshots/COMMIT/FILE  a relative link to ../../blobs/ETAG
 *                             refs/REVISION          the commit that a branch or tag was at
 *                             .no_exist/COMMIT/FILE  empty: that commit has no such file
 *   CACHE/.locks/models--OWNER--NAME/ETAG.lock       flock(2) is held while ETAG is written
 */
#ifndef LODE_CLI_HUB_CACHE_H
#define LODE_CLI_HUB_CACHE_H

#include <stdbool.h>

#include "error.h"
#include "hub_name.h"

/* One repository's folders. */
typedef struct cli_hub_cache {
  char *root;  /* CACHE */
  char *repo;  /* CACHE/models--OWNER--NAME */
  char *locks; /* CACHE/.locks/models--OWNER--NAME */
} cli_hub_cache;

/* `repo` has passed cli_hub_repo_ok. Makes nothing on disk. Free it also after a failure. */
cli_status cli_hub_cache_open(const char *cache, const char *repo, cli_hub_cache *out,
                              cli_error *err);
void cli_hub_cache_close(cli_hub_cache *cache);

/* Paths, to be freed; NULL: out of memory. */
char *cli_hub_blob_path(const cli_hub_cache *cache, const char *etag);
char *cli_hub_snapshot_path(const cli_hub_cache *cache, const char *commit, const char *file);

/* ---- reading: nothing is written */

/* The commit that `revision` stands for, as the cache knows it; false: it does not. */
bool cli_hub_cache_commit(const cli_hub_cache *cache, const char *revision,
                          char commit[CLI_HUB_COMMIT + 1]);
/* Has the snapshot everything that lode opens? *path becomes what to open: the folder, or the
 * bundle in it. Otherwise *path is NULL and `missing` says what is not there; *unsure: all is
 * there but modules.json, of which is not known whether the repository has one. */
cli_status cli_hub_cache_find(const cli_hub_cache *cache, const char *commit, char **path,
                              char missing[256], bool *unsure, cli_error *err);

/* ---- writing: folders are made as they are needed */

/* Make the folders of a repository; and CACHEDIR.TAG, which tells backups to pass over it. */
cli_status cli_hub_cache_make(const cli_hub_cache *cache, cli_error *err);
/* Try to take the lock of a blob: *fd >= 0 holds it until closed, -1: another process has it.
 * Where the file system has no locks, *fd is there and holds nothing. */
cli_status cli_hub_cache_lock(const cli_hub_cache *cache, const char *etag, int *fd,
                              cli_error *err);
/* snapshots/COMMIT/FILE becomes a link to the blob. */
cli_status cli_hub_cache_link(const cli_hub_cache *cache, const char *commit, const char *file,
                              const char *etag, cli_error *err);
/* refs/REVISION becomes `commit`, unless it is already. */
cli_status cli_hub_cache_set_ref(const cli_hub_cache *cache, const char *revision,
                                 const char *commit, cli_error *err);
/* Remember that the commit has no such file. */
cli_status cli_hub_cache_set_absent(const cli_hub_cache *cache, const char *commit,
                                    const char *file, cli_error *err);

#endif
