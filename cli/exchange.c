#include "exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  REDIRECTS_MAX = 10,
  TRIES_MAX = 5,        /* one after another that brought nothing */
  RETRY_AFTER_MAX = 90, /* seconds that a server may have us wait */
  REMARK_FROM = 3,      /* seconds of waiting that are worth a remark */
};
static const int64_t worth = 65536; /* bytes that make a try one that brought something */

cli_status cli_exchange_fail(const cli_exchange *x, cli_error *err, cli_status status,
                             const char *format, ...) {
  char text[768];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return cli_fail(err, status, "%s: %s%s%s", x->repo, x->file != NULL ? x->file : "",
                  x->file != NULL ? ": " : "", text);
}

static const char *address(const cli_exchange *x) {
  return x->at != NULL ? x->at : x->url;
}

cli_status cli_exchange_begin(cli_exchange *x, const cli_wire *wire, cli_error *err) {
  const char *url = address(x);
  const cli_http_request request = {
      .url = url,
      .head = x->head_only,
      .bearer = cli_http_same_origin(url, wire->hub->endpoint) ? wire->hub->token : NULL,
      .from = x->from,
      .body = x->body,
      .user = x->user,
  };
  if (x->from > x->best) x->best = x->from;
  cli_status status = cli_http_start(wire->http, &request, &x->call, err);
  if (status == CLI_OK) x->state = CLI_EXCHANGE_GOING;
  return status;
}

void cli_exchange_clear(cli_exchange *x, const cli_wire *wire) {
  cli_http_free(wire->http, x->call);
  free(x->at);
  *x = (cli_exchange){0};
}

/* ------------------------------------------------------------------ trying again */

static void remark(const cli_exchange *x, const cli_wire *wire, const char *why, double seconds) {
  if (wire->quiet || seconds < REMARK_FROM) return;
  cli_progress_clear(wire->progress);
  fprintf(stderr, "lode: %s: %s; next try in %.0f s\n", x->repo, why, seconds);
}

/* Wait `seconds`, then begin at the first address again: what it redirected to may have been
 * good for a while only. */
static void schedule(cli_exchange *x, double seconds) {
  free(x->at);
  x->at = NULL;
  x->redirects = 0;
  x->state = CLI_EXCHANGE_WAITING;
  x->not_before = cli_now() + seconds;
}

/* Is there another try? It counts `cost` of TRIES_MAX; `seconds` to wait, less than 0: as usual. */
static bool try_again(cli_exchange *x, const cli_wire *wire, const char *why, int cost,
                      double seconds) {
  if (x->from >= x->best + worth) x->tries = 0;
  x->tries += cost;
  if (x->tries >= TRIES_MAX) return false;
  if (seconds < 0) seconds = 0.25 * (double)(1 << x->tries);
  remark(x, wire, why, seconds);
  schedule(x, seconds);
  return true;
}

cli_status cli_exchange_again(cli_exchange *x, const cli_wire *wire, const char *why,
                              cli_error *err) {
  if (try_again(x, wire, why, 1, -1)) return CLI_OK;
  return cli_exchange_fail(x, err, CLI_E_RUN, "%s", why);
}

/* ------------------------------------------------------------------ answers */

static cli_status follow(cli_exchange *x, const cli_wire *wire, cli_error *err) {
  char *next = cli_http_join(address(x), x->head.location);
  if (next == NULL || !cli_http_may_redirect(address(x), next)) {
    free(next);
    return cli_exchange_fail(x, err, CLI_E_RUN, "redirected to an address that is not followed");
  }
  if (x->head_only && !cli_http_same_origin(next, wire->hub->endpoint)) {
    free(next);
    x->state = CLI_EXCHANGE_DONE; /* the hub has said what there is to know */
    return CLI_OK;
  }
  if (++x->redirects > REDIRECTS_MAX) {
    free(next);
    return cli_exchange_fail(x, err, CLI_E_RUN, "redirected more than %d times", REDIRECTS_MAX);
  }
  free(x->at);
  x->at = next;
  x->state = CLI_EXCHANGE_WAITING;
  x->not_before = 0;
  return CLI_OK;
}

/* ": what the hub says about it", or nothing. */
static const char *hub_words(const cli_http_head *head, char out[300]) {
  snprintf(out, 300, "%s%s", head->error_message[0] != '\0' ? ": " : "", head->error_message);
  return out;
}

static cli_status denied(const cli_exchange *x, const cli_wire *wire, cli_error *err) {
  char words[300];
  hub_words(&x->head, words);
  const char *endpoint = wire->hub->endpoint;
  if (strcmp(x->head.error_code, "GatedRepo") == 0) {
    return cli_exchange_fail(x, err, CLI_E_MODEL,
                             "access is restricted (%d%s): accept the conditions at %s/%s and %s",
                             x->head.status, words, endpoint, x->repo,
                             wire->hub->token != NULL ? "use a token of that account in HF_TOKEN"
                                                      : "set HF_TOKEN to a token of that account");
  }
  if (wire->hub->token != NULL) {
    return cli_exchange_fail(x, err, CLI_E_MODEL,
                             "the token in use gives no access to it at %s (%d%s)", endpoint,
                             x->head.status, words);
  }
  return cli_exchange_fail(x, err, CLI_E_MODEL,
                           "%s has no such repository, or it is private or gated (%d%s): for one "
                           "of those set HF_TOKEN",
                           endpoint, x->head.status, words);
}

static cli_status not_found(const cli_exchange *x, const cli_wire *wire, cli_error *err) {
  const char *code = x->head.error_code, *endpoint = wire->hub->endpoint;
  if (strcmp(code, "RevisionNotFound") == 0) {
    return cli_exchange_fail(x, err, CLI_E_MODEL, "there is no revision \"%s\" at %s (404)",
                             x->revision, endpoint);
  }
  if (x->file != NULL && (*code == '\0' || strcmp(code, "EntryNotFound") == 0)) {
    return cli_exchange_fail(x, err, CLI_E_MODEL, "there is no such file at %s (404)", endpoint);
  }
  return cli_exchange_fail(x, err, CLI_E_MODEL, "%s has no such repository%s (404)", endpoint,
                           *code == '\0' ? " or revision" : "");
}

static bool is_passing(int status) {
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501);
}

static cli_status passing(cli_exchange *x, const cli_wire *wire, cli_error *err) {
  char why[360], words[300];
  const char *what = x->head.status == 429 ? "too many requests" : "the server has a problem";
  snprintf(why, sizeof why, "%s (%d%s)", what, x->head.status, hub_words(&x->head, words));
  if (x->head.retry_after > RETRY_AFTER_MAX) {
    return cli_exchange_fail(x, err, CLI_E_RUN, "%s; it asks to wait %lld s", why,
                             (long long)x->head.retry_after);
  }
  if (try_again(x, wire, why, 1, (double)x->head.retry_after)) return CLI_OK;
  return cli_exchange_fail(x, err, CLI_E_RUN, "%s, after %d tries", why, TRIES_MAX);
}

static cli_status answered(cli_exchange *x, const cli_wire *wire, cli_error *err) {
  int status = x->head.status;
  bool redirected =
      status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  if (redirected && x->head.location[0] != '\0') return follow(x, wire, err);
  if ((status >= 200 && status < 300) || (status == 416 && x->from > 0)) {
    x->state = CLI_EXCHANGE_DONE;
    return CLI_OK;
  }
  if (status == 401 || status == 403) return denied(x, wire, err);
  if (status == 404 || status == 410) return not_found(x, wire, err);
  if (is_passing(status)) return passing(x, wire, err);
  char words[300];
  return cli_exchange_fail(x, err, CLI_E_RUN, "the server answers %d%s", status,
                           hub_words(&x->head, words));
}

/* What the hub said of the file before it redirected within itself goes for what it redirects
 * to. */
static void take_head(cli_exchange *x, const cli_http_head *head) {
  const cli_http_head before = x->head;
  x->head = *head;
  if (x->redirects == 0) return;
  if (x->head.commit[0] == '\0') memcpy(x->head.commit, before.commit, sizeof before.commit);
  if (x->head.linked_size < 0) x->head.linked_size = before.linked_size;
  if (x->head.linked_etag[0] == '\0') {
    memcpy(x->head.linked_etag, before.linked_etag, sizeof before.linked_etag);
  }
}

cli_status cli_exchange_ended(cli_exchange *x, const cli_wire *wire, bool *stopped,
                              cli_error *err) {
  const char *words;
  char why[512];
  cli_http_end end = cli_http_end_of(x->call, &words);
  char *host = cli_http_host(address(x));
  snprintf(why, sizeof why, "%s: %s", host != NULL ? host : "?", words);
  free(host);
  take_head(x, cli_http_head_of(x->call));
  cli_http_free(wire->http, x->call);
  x->call = NULL;
  *stopped = end == CLI_HTTP_STOPPED;
  switch (end) {
    case CLI_HTTP_ANSWERED:
      return answered(x, wire, err);
    case CLI_HTTP_STOPPED:
      return CLI_OK;
    case CLI_HTTP_NO_HOST: /* mostly it is for us to do something about it: not as long */
      if (try_again(x, wire, why, 3, -1)) return CLI_OK;
      break;
    case CLI_HTTP_DROPPED:
      if (try_again(x, wire, why, 1, -1)) return CLI_OK;
      break;
    case CLI_HTTP_REFUSED:
      break;
  }
  return cli_exchange_fail(x, err, CLI_E_RUN, "%s", why);
}
