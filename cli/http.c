#include "http.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define CURL_DISABLE_TYPECHECK /* its macros are for functions that are linked */
#include <curl/curl.h>

#include "load.h"
#include "text.h"

/* The functions of libcurl that are used: declared, named and loaded by this list. */
#define CURL_FUNCTIONS(X)     \
  X(curl_global_init)         \
  X(curl_global_cleanup)      \
  X(curl_free)                \
  X(curl_slist_append)        \
  X(curl_slist_free_all)      \
  X(curl_easy_init)           \
  X(curl_easy_setopt)         \
  X(curl_easy_getinfo)        \
  X(curl_easy_strerror)       \
  X(curl_easy_cleanup)        \
  X(curl_multi_init)          \
  X(curl_multi_add_handle)    \
  X(curl_multi_remove_handle) \
  X(curl_multi_poll)          \
  X(curl_multi_perform)       \
  X(curl_multi_info_read)     \
  X(curl_multi_strerror)      \
  X(curl_multi_cleanup)       \
  X(curl_url)                 \
  X(curl_url_set)             \
  X(curl_url_get)             \
  X(curl_url_cleanup)

/* Filled by the first cli_http_open, and the same ever after. */
static struct {
#define X(name) __typeof__(name) *name;
  CURL_FUNCTIONS(X)
#undef X
} lib;

static cli_status load_curl(cli_error *err) {
  static const char *const names[] = {
#define X(name) #name,
      CURL_FUNCTIONS(X)
#undef X
  };
  static_assert(sizeof lib == sizeof names, "one pointer a name");
  if (lib.curl_global_init != NULL) return CLI_OK;
  return cli_load("libcurl.so.4", names, sizeof names / sizeof names[0], &lib, err);
}

struct cli_http {
  CURLM *multi;
  int64_t stall_seconds;
};

struct cli_http_call {
  CURL *easy;
  struct curl_slist *headers;
  cli_http_head head;
  bool (*body)(void *user, const cli_http_head *head, const char *data, size_t size);
  void *user;
  bool stopped;
  CURLcode code;
  char why[CURL_ERROR_SIZE];
};

cli_status cli_http_open(int64_t stall_seconds, cli_http **out, cli_error *err) {
  cli_status status = load_curl(err);
  if (status != CLI_OK) return status;
  cli_http *http = calloc(1, sizeof *http);
  if (http == NULL) return cli_fail_memory(err);
  http->stall_seconds = stall_seconds;
  if (lib.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    free(http);
    return cli_fail(err, CLI_E_RUN, "libcurl could not be started");
  }
  http->multi = lib.curl_multi_init();
  if (http->multi == NULL) {
    cli_http_close(http);
    return cli_fail_memory(err);
  }
  *out = http;
  return CLI_OK;
}

void cli_http_close(cli_http *http) {
  if (http == NULL) return;
  lib.curl_multi_cleanup(http->multi);
  lib.curl_global_cleanup();
  free(http);
}

/* ------------------------------------------------------------------ a call */

static size_t on_header(char *line, size_t one, size_t size, void *user) {
  cli_http_call *call = user;
  cli_http_head_line(&call->head, line, one * size, time(NULL));
  return one * size;
}

static size_t on_body(char *data, size_t one, size_t size, void *user) {
  cli_http_call *call = user;
  bool wanted = call->head.status >= 200 && call->head.status < 300;
  if (!wanted || call->body == NULL) return one * size; /* an error's page is of no use */
  if (call->body(call->user, &call->head, data, one * size)) return one * size;
  call->stopped = true;
  return 0;
}

static const char *certificates(void) {
  static const char *const names[] = {"CURL_CA_BUNDLE", "SSL_CERT_FILE"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const char *path = getenv(names[i]);
    if (path != NULL && *path != '\0') return path;
  }
  return NULL;
}

static bool add_header(cli_http_call *call, char *line) {
  struct curl_slist *longer = line != NULL ? lib.curl_slist_append(call->headers, line) : NULL;
  free(line);
  if (longer != NULL) call->headers = longer;
  return longer != NULL;
}

static CURLcode set_request(cli_http_call *call, const cli_http_request *request) {
  CURL *easy = call->easy;
  CURLcode code = lib.curl_easy_setopt(easy, CURLOPT_URL, request->url);
  if (code != CURLE_OK) return code;
  if (request->head) lib.curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (request->from > 0) { /* not RESUME_FROM, which takes the whole file (200) for a failure */
    char range[32];
    snprintf(range, sizeof range, "%lld-", (long long)request->from);
    code = lib.curl_easy_setopt(easy, CURLOPT_RANGE, range);
    if (code != CURLE_OK) return code;
  }
  /* Bytes as they are: lengths and ranges are those of the file. */
  if (!add_header(call, strdup("Accept-Encoding: identity"))) return CURLE_OUT_OF_MEMORY;
  if (request->bearer != NULL &&
      !add_header(call, cli_text_format("Authorization: Bearer %s", request->bearer))) {
    return CURLE_OUT_OF_MEMORY;
  }
  return lib.curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
}

static void set_manners(const cli_http *http, cli_http_call *call) {
  CURL *easy = call->easy;
  const char *bundle = certificates();
  char agent[64];
  snprintf(agent, sizeof agent, "lode/%s", lode_version());
  lib.curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  lib.curl_easy_setopt(easy, CURLOPT_USERAGENT, agent);
  lib.curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)http->stall_seconds);
  lib.curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  lib.curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)http->stall_seconds);
  lib.curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->why);
  lib.curl_easy_setopt(easy, CURLOPT_PRIVATE, (void *)call);
  lib.curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  lib.curl_easy_setopt(easy, CURLOPT_HEADERDATA, (void *)call);
  lib.curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  lib.curl_easy_setopt(easy, CURLOPT_WRITEDATA, (void *)call);
  if (bundle != NULL) lib.curl_easy_setopt(easy, CURLOPT_CAINFO, bundle);
}

cli_status cli_http_start(cli_http *http, const cli_http_request *request, cli_http_call **out,
                          cli_error *err) {
  cli_http_call *call = calloc(1, sizeof *call);
  if (call == NULL) return cli_fail_memory(err);
  cli_http_head_clear(&call->head);
  call->body = request->body;
  call->user = request->user;
  call->easy = lib.curl_easy_init();
  if (call->easy == NULL || set_request(call, request) != CURLE_OK) {
    cli_http_free(http, call);
    return cli_fail_memory(err);
  }
  set_manners(http, call);
  if (lib.curl_multi_add_handle(http->multi, call->easy) != CURLM_OK) {
    cli_http_free(http, call);
    return cli_fail_memory(err);
  }
  *out = call;
  return CLI_OK;
}

void cli_http_free(cli_http *http, cli_http_call *call) {
  if (call == NULL) return;
  if (call->easy != NULL) lib.curl_multi_remove_handle(http->multi, call->easy);
  lib.curl_easy_cleanup(call->easy);
  lib.curl_slist_free_all(call->headers);
  free(call);
}

static cli_http_call *next_ended(cli_http *http) {
  int left;
  for (CURLMsg *m = lib.curl_multi_info_read(http->multi, &left); m != NULL;
       m = lib.curl_multi_info_read(http->multi, &left)) {
    if (m->msg != CURLMSG_DONE) continue;
    cli_http_call *ended = NULL;
    CURLcode code = m->data.result; /* the message goes with the handle */
    CURL *easy = m->easy_handle;
    if (lib.curl_easy_getinfo(easy, CURLINFO_PRIVATE, &ended) != CURLE_OK || ended == NULL) {
      continue;
    }
    ended->code = code;
    return ended;
  }
  return NULL;
}

cli_status cli_http_wait(cli_http *http, int milliseconds, cli_http_call **ended, cli_error *err) {
  *ended = next_ended(http);
  if (*ended != NULL) return CLI_OK;
  int running;
  CURLMcode code = lib.curl_multi_poll(http->multi, NULL, 0, milliseconds, NULL);
  if (code == CURLM_OK) code = lib.curl_multi_perform(http->multi, &running);
  if (code != CURLM_OK)
    return cli_fail(err, CLI_E_RUN, "libcurl: %s", lib.curl_multi_strerror(code));
  *ended = next_ended(http);
  return CLI_OK;
}

void *cli_http_user(const cli_http_call *call) {
  return call->user;
}

const cli_http_head *cli_http_head_of(const cli_http_call *call) {
  return &call->head;
}

cli_http_end cli_http_end_of(const cli_http_call *call, const char **why) {
  *why = call->why[0] != '\0' ? call->why : lib.curl_easy_strerror(call->code);
  if (call->stopped) return CLI_HTTP_STOPPED;
  switch (call->code) {
    case CURLE_OK:
      return call->head.status > 0 ? CLI_HTTP_ANSWERED : CLI_HTTP_DROPPED;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
      return CLI_HTTP_NO_HOST;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_OUT_OF_MEMORY:
      return CLI_HTTP_REFUSED;
    default:
      return CLI_HTTP_DROPPED;
  }
}

/* ------------------------------------------------------------------ addresses */

/* One part of an address; to be freed. NULL: none. */
static char *url_part(const char *url, CURLUPart part, unsigned flags) {
  CURLU *parsed = lib.curl_url();
  char *text = NULL, *copy = NULL;
  if (parsed != NULL && lib.curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
      lib.curl_url_get(parsed, part, &text, flags) == CURLUE_OK) {
    copy = strdup(text);
  }
  lib.curl_free(text);
  lib.curl_url_cleanup(parsed);
  return copy;
}

char *cli_http_join(const char *base, const char *location) {
  CURLU *parsed = lib.curl_url();
  char *text = NULL, *copy = NULL;
  /* Setting an address that is relative means: relative to the one before. */
  if (parsed != NULL && *location != '\0' &&
      lib.curl_url_set(parsed, CURLUPART_URL, base, 0) == CURLUE_OK &&
      lib.curl_url_set(parsed, CURLUPART_URL, location, CURLU_URLENCODE) == CURLUE_OK &&
      lib.curl_url_set(parsed, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK &&
      lib.curl_url_get(parsed, CURLUPART_URL, &text, 0) == CURLUE_OK) {
    copy = strdup(text);
  }
  lib.curl_free(text);
  lib.curl_url_cleanup(parsed);
  return copy;
}

static bool same_part(const char *a, const char *b, CURLUPart part, unsigned flags) {
  char *of_a = url_part(a, part, flags), *of_b = url_part(b, part, flags);
  bool same = of_a != NULL && of_b != NULL && strcasecmp(of_a, of_b) == 0;
  free(of_a);
  free(of_b);
  return same;
}

bool cli_http_same_origin(const char *a, const char *b) {
  return same_part(a, b, CURLUPART_SCHEME, 0) && same_part(a, b, CURLUPART_HOST, 0) &&
         same_part(a, b, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

bool cli_http_may_redirect(const char *from, const char *to) {
  char *before = url_part(from, CURLUPART_SCHEME, 0), *after = url_part(to, CURLUPART_SCHEME, 0);
  bool https = after != NULL && strcasecmp(after, "https") == 0;
  bool http = after != NULL && strcasecmp(after, "http") == 0;
  bool was_https = before == NULL || strcasecmp(before, "https") == 0;
  free(before);
  free(after);
  return https || (http && !was_https);
}

char *cli_http_host(const char *url) {
  return url_part(url, CURLUPART_HOST, 0);
}
