/* HTTP by libcurl, which is known to http.c alone: several requests at once in one thread. No
 * redirection is followed and nothing is tried again here; exchange.h does that. libcurl is loaded
 * by the first cli_http_open, which comes before everything else here. */
#ifndef LODE_CLI_HTTP_H
#define LODE_CLI_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "http_head.h"

typedef struct cli_http cli_http;
typedef struct cli_http_call cli_http_call;

/* Certificates are checked against the system's, or those of $CURL_CA_BUNDLE or $SSL_CERT_FILE;
 * $http_proxy, $https_proxy, $all_proxy and $no_proxy are followed. */
cli_status cli_http_open(int64_t stall_seconds, cli_http **out, cli_error *err);
/* Breaks off what is going on; every call must have been freed. */
void cli_http_close(cli_http *http);

typedef struct cli_http_request {
  const char *url;
  bool head;          /* HEAD rather than GET */
  const char *bearer; /* token for this host; NULL: none */
  int64_t from;       /* first byte wanted; more than 0 asks for a range */
  /* Takes the body of an answer 2xx, piece by piece; false breaks off. */
  bool (*body)(void *user, const cli_http_head *head, const char *data, size_t size);
  void *user;
} cli_http_request;

/* How a call ended. */
typedef enum cli_http_end {
  CLI_HTTP_ANSWERED, /* head and body are complete; of a body that is not 2xx, the head */
  CLI_HTTP_STOPPED,  /* `body` broke off */
  CLI_HTTP_NO_HOST,  /* no connection: name not known, refused, unreachable */
  CLI_HTTP_DROPPED,  /* the connection broke, or was silent for too long */
  CLI_HTTP_REFUSED,  /* it makes no sense to try again: certificates, a malformed address */
} cli_http_end;

/* The request's strings are copied. */
cli_status cli_http_start(cli_http *http, const cli_http_request *request, cli_http_call **out,
                          cli_error *err);
/* Let calls go on, for at most `milliseconds`, until one ends: *ended, or NULL. */
cli_status cli_http_wait(cli_http *http, int milliseconds, cli_http_call **ended, cli_error *err);
/* Frees also a call that is going on, which is broken off. NULL is fine. */
void cli_http_free(cli_http *http, cli_http_call *call);

void *cli_http_user(const cli_http_call *call);
const cli_http_head *cli_http_head_of(const cli_http_call *call);
/* Of a call that has ended; *why: one line about an end other than ANSWERED and STOPPED. */
cli_http_end cli_http_end_of(const cli_http_call *call, const char **why);

/* The address that `location`, absolute or relative, means at `base`; to be freed. NULL: none, or
 * out of memory. */
char *cli_http_join(const char *base, const char *location);
/* Have two addresses the same scheme, host and port? */
bool cli_http_same_origin(const char *a, const char *b);
/* May `from` redirect to `to`? Only to http and https, and not from https to http. */
bool cli_http_may_redirect(const char *from, const char *to);
/* The host of an address, for messages; to be freed. NULL: none, or out of memory. */
char *cli_http_host(const char *url);

#endif
