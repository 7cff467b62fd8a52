/* A request to the hub until it has an answer: redirections are followed, the token goes to the
 * hub alone, and what may pass (a dropped connection, 429, 5xx) is tried again, later. */
#ifndef LODE_CLI_EXCHANGE_H
#define LODE_CLI_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "http.h"
#include "hub.h"
#include "progress.h"

/* What all exchanges of a command share. */
typedef struct cli_wire {
  const cli_hub *hub;
  cli_http *http;
  cli_progress *progress; /* cleared before a remark is printed */
  bool quiet;             /* no remarks */
} cli_wire;

typedef enum cli_exchange_state {
  CLI_EXCHANGE_WAITING = 0, /* to be begun at `not_before` */
  CLI_EXCHANGE_GOING,
  CLI_EXCHANGE_DONE, /* answered: `head`, with 2xx, or 416 where a part was asked for */
} cli_exchange_state;

typedef struct cli_exchange {
  /* Set by the caller; borrowed. */
  const char *repo;
  const char *revision; /* as it was asked for, for messages */
  const char *file;     /* NULL: the list of files */
  const char *url;      /* where every try begins */
  bool head_only;       /* HEAD; a redirection to another host is an answer then */
  int64_t from;         /* first byte wanted; `body` moves it along, and every try begins there */
  bool (*body)(void *user, const cli_http_head *head, const char *data, size_t size);
  void *user;

  cli_exchange_state state;
  double not_before; /* seconds of cli_now */
  cli_http_head head;

  cli_http_call *call;
  char *at; /* redirected to; NULL: url */
  int redirects;
  int tries;    /* in vain, one after another */
  int64_t best; /* the farthest that `from` has come */
} cli_exchange;

/* Begin, or begin again, an exchange that waits and whose time has come. */
cli_status cli_exchange_begin(cli_exchange *x, const cli_wire *wire, cli_error *err);
/* Its call has ended: it is done, or waits for another try, or has failed for good (`err` names
 * repository, file and reason). *stopped: `body` broke off, and knows why. */
cli_status cli_exchange_ended(cli_exchange *x, const cli_wire *wire, bool *stopped, cli_error *err);
/* The answer was complete by itself and yet wanting, such as too short: try again. */
cli_status cli_exchange_again(cli_exchange *x, const cli_wire *wire, const char *why,
                              cli_error *err);
/* Break off, free; the struct can be used anew. */
void cli_exchange_clear(cli_exchange *x, const cli_wire *wire);

/* "OWNER/NAME: FILE: …" of a failure. */
cli_status cli_exchange_fail(const cli_exchange *x, cli_error *err, cli_status status,
                             const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
