/* The contents of one file on their way into the cache: blobs/ETAG.incomplete, which becomes
 * blobs/ETAG when it is complete and its hash is right. Whoever has the lock may write it; it is
 * left as it is when they stop, and the next one continues it. */
#ifndef LODE_CLI_HUB_BLOB_H
#define LODE_CLI_HUB_BLOB_H

#include <stdint.h>

#include "digest.h"
#include "hub_cache.h"

typedef struct cli_hub_blob {
  const char *etag; /* borrowed */
  int64_t size;     /* of the whole; -1: not known */
  int64_t have;     /* bytes from the beginning that are there */
  bool continued;   /* some of them since an earlier time */
  int lock;         /* -1: not held */
  int fd;           /* -1: not open */
  char *path;
  char *partial;
  cli_digest *digest; /* while it is checked: */
  int64_t checked;    /* bytes that the digest has seen */
} cli_hub_blob;

void cli_hub_blob_init(cli_hub_blob *blob, const char *etag, int64_t size);
/* Let go of lock and files; what is on disk stays. */
void cli_hub_blob_close(cli_hub_blob *blob);

/* Take the lock: blob->lock >= 0, or another process has it. */
cli_status cli_hub_blob_lock(cli_hub_blob *blob, const cli_hub_cache *cache, cli_error *err);
/* Open what is on its way, under the lock. A disk that has no room for the rest is an error. */
cli_status cli_hub_blob_open(cli_hub_blob *blob, const cli_hub_cache *cache, cli_error *err);
/* The next bytes are the file's first: they are written over what is there. */
void cli_hub_blob_rewind(cli_hub_blob *blob);
/* Write behind what is there. */
cli_status cli_hub_blob_write(cli_hub_blob *blob, const void *data, size_t size, cli_error *err);
/* Take what has been written as the whole, and read some of it back; call until *done. Then the
 * file has its name; or it did not have the hash that its ETag is: *wrong, and it was removed
 * (the reason is in `err`, the status CLI_E_MODEL). */
cli_status cli_hub_blob_check(cli_hub_blob *blob, bool *done, bool *wrong, cli_error *err);

#endif
