/* Files of a repository into the cache: several at once, begun ones continued, each compared with
 * the hash that the hub gives before anything refers to it. */
#ifndef LODE_CLI_HUB_FETCH_H
#define LODE_CLI_HUB_FETCH_H

#include "exchange.h"
#include "hub_blob.h"
#include "hub_cache.h"

/* One commit of a repository, and what comes of it. */
typedef struct cli_hub_fetch {
  const cli_wire *wire;
  const cli_hub_cache *cache;
  const char *repo;
  const char *revision; /* as it was asked for */
  const char *commit;
  int64_t came; /* bytes over the network */
} cli_hub_fetch;

/* How far a file has come. */
typedef enum cli_hub_stage {
  CLI_HUB_ASKING = 0, /* HEAD: size and hash */
  CLI_HUB_KNOWN,      /* … are there */
  CLI_HUB_GETTING,    /* under its lock */
  CLI_HUB_CHECKING,   /* complete; being read back for its hash */
  CLI_HUB_THERE,      /* in the snapshot */
} cli_hub_stage;

typedef struct cli_hub_file {
  const char *name; /* borrowed */
  int64_t size;     /* bytes; -1: not known yet */
  bool cached;      /* it was here already */
  cli_hub_stage stage;

  cli_hub_fetch *fetch;
  char etag[CLI_HUB_ETAG_MAX + 1];
  char *url;
  cli_exchange exchange;
  cli_hub_blob blob;
  bool began;        /* the body of this try has begun to come */
  bool anew;         /* what was continued had a wrong hash */
  double lock_since; /* when the lock was first tried; 0: not yet */
  double lock_retry; /* and will be again */
  bool waited;       /* for the lock: said so */
  cli_error error;   /* why taking the body broke off */
} cli_hub_file;

void cli_hub_file_begin(cli_hub_file *file, const char *name);
void cli_hub_file_close(cli_hub_file *file);

/* Put files[0..count) into the snapshot; those that are there already cost nothing. After a
 * failure what has come stays for the next time. */
cli_status cli_hub_fetch_files(cli_hub_fetch *fetch, cli_hub_file *files, size_t count,
                               cli_error *err);

#endif
