#include "hub.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "options.h"
#include "text.h"

enum { TOKEN_MAX = 4096, NAME_MAX_ = 128 };

/* A variable that is set to something. */
static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value != NULL && *value != '\0' ? value : NULL;
}

static bool is_true(const char *name) {
  static const char *const words[] = {"1", "on", "yes", "true"};
  const char *value = variable(name);
  for (size_t i = 0; value != NULL && i < sizeof words / sizeof words[0]; i++) {
    if (strcasecmp(value, words[i]) == 0) return true;
  }
  return false;
}

/* ------------------------------------------------------------------ ~ and $NAME */

static size_t name_length(const char *s) {
  return strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
}

/* The value of what is named at s[0] = '$'; *size: bytes of the name with its signs. NULL: it
 * names nothing. */
static const char *named_value(const char *s, size_t *size) {
  bool braces = s[1] == '{';
  const char *start = s + 1 + braces;
  size_t length = braces ? strcspn(start, "}") : name_length(start);
  char name[NAME_MAX_];
  if (length == 0 || length >= sizeof name || (braces && start[length] != '}')) return NULL;
  memcpy(name, start, length);
  name[length] = '\0';
  *size = length + 1 + 2 * (size_t)braces;
  return getenv(name);
}

char *cli_hub_expand(const char *text) {
  const char *home = getenv("HOME");
  bool tilde = text[0] == '~' && (text[1] == '/' || text[1] == '\0') && home != NULL;
  char *out = tilde ? cli_text_format("%s%s", home, text + 1) : strdup(text);
  for (size_t at = 0; out != NULL && out[at] != '\0';) {
    size_t size = 0;
    const char *value = out[at] == '$' ? named_value(out + at, &size) : NULL;
    if (value == NULL) {
      at++;
      continue;
    }
    char *longer = cli_text_format("%.*s%s%s", (int)at, out, value, out + at + size);
    free(out);
    out = longer;
    at += strlen(value); /* what a variable says is not expanded again */
  }
  return out;
}

/* ------------------------------------------------------------------ parts */

static cli_status read_endpoint(cli_hub *hub, cli_error *err) {
  const char *given = variable("HF_ENDPOINT");
  hub->endpoint = strdup(given != NULL ? given : "https://huggingface.co");
  if (hub->endpoint == NULL) return cli_fail_memory(err);
  size_t size = strlen(hub->endpoint);
  while (size > 0 && hub->endpoint[size - 1] == '/') hub->endpoint[--size] = '\0';
  bool http = strncasecmp(hub->endpoint, "http://", 7) == 0;
  bool https = strncasecmp(hub->endpoint, "https://", 8) == 0;
  if ((!http && !https) || hub->endpoint[http ? 7 : 8] == '\0') {
    return cli_fail(err, CLI_E_USAGE, "HF_ENDPOINT: \"%s\" is not an address http(s)://…", given);
  }
  return CLI_OK;
}

/* HF_HOME, to be freed: where the token is, and by default the cache. */
static char *hub_home(void) {
  const char *given = variable("HF_HOME");
  const char *cache = variable("XDG_CACHE_HOME");
  if (given != NULL) return cli_hub_expand(given);
  char *path =
      cache != NULL ? cli_text_format("%s/huggingface", cache) : strdup("~/.cache/huggingface");
  if (path == NULL) return NULL;
  char *expanded = cli_hub_expand(path);
  free(path);
  return expanded;
}

static cli_status read_cache(cli_hub *hub, const char *home, cli_error *err) {
  const char *given = variable("HF_HUB_CACHE");
  if (given == NULL) given = variable("HUGGINGFACE_HUB_CACHE");
  hub->cache = given != NULL ? cli_hub_expand(given) : cli_text_format("%s/hub", home);
  return hub->cache != NULL ? CLI_OK : cli_fail_memory(err);
}

/* Blanks around it taken off; it must be fit for a header. */
static cli_status take_token(cli_hub *hub, const char *text, const char *from, cli_error *err) {
  text += strspn(text, " \t\r\n");
  size_t size = strlen(text);
  while (size > 0 && strchr(" \t\r\n", text[size - 1]) != NULL) size--;
  if (size == 0) return CLI_OK;
  for (size_t i = 0; i < size; i++) {
    if (text[i] <= ' ' || text[i] > '~') {
      return cli_fail(err, CLI_E_USAGE, "%s: a token has no blanks and no special characters",
                      from);
    }
  }
  hub->token = strndup(text, size);
  return hub->token != NULL ? CLI_OK : cli_fail_memory(err);
}

static cli_status read_token_file(cli_hub *hub, const char *path, cli_error *err) {
  char text[TOKEN_MAX + 1];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return errno == ENOENT || errno == ENOTDIR ? CLI_OK : cli_fail_errno(err, errno, path);
  }
  ssize_t size = read(fd, text, sizeof text);
  int number = errno;
  close(fd);
  if (size < 0) return cli_fail_errno(err, number, path);
  if ((size_t)size == sizeof text) {
    return cli_fail(err, CLI_E_USAGE, "%s: too long for a token", path);
  }
  text[size] = '\0';
  return take_token(hub, text, path, err);
}

static cli_status read_token(cli_hub *hub, const char *home, cli_error *err) {
  const char *token = variable("HF_TOKEN");
  if (is_true("HF_HUB_DISABLE_IMPLICIT_TOKEN")) return CLI_OK;
  if (token != NULL) return take_token(hub, token, "HF_TOKEN", err);
  token = variable("HUGGING_FACE_HUB_TOKEN");
  if (token != NULL) return take_token(hub, token, "HUGGING_FACE_HUB_TOKEN", err);
  const char *given = variable("HF_TOKEN_PATH");
  char *path = given != NULL ? cli_hub_expand(given) : cli_text_format("%s/token", home);
  if (path == NULL) return cli_fail_memory(err);
  cli_status status = read_token_file(hub, path, err);
  free(path);
  return status;
}

static cli_status read_stall(cli_hub *hub, cli_error *err) {
  const char *given = variable("HF_HUB_DOWNLOAD_TIMEOUT");
  hub->stall_seconds = 30;
  if (given == NULL || cli_int_read(given, 1, 86400, &hub->stall_seconds)) return CLI_OK;
  return cli_fail(err, CLI_E_USAGE,
                  "HF_HUB_DOWNLOAD_TIMEOUT: \"%s\" is not a whole number of seconds", given);
}

cli_status cli_hub_open(cli_hub *out, cli_error *err) {
  *out = (cli_hub){.offline = is_true("HF_HUB_OFFLINE") || is_true("TRANSFORMERS_OFFLINE")};
  char *home = hub_home();
  if (home == NULL) return cli_fail_memory(err);
  cli_status status = read_endpoint(out, err);
  if (status == CLI_OK) status = read_cache(out, home, err);
  if (status == CLI_OK && !out->offline) status = read_token(out, home, err);
  if (status == CLI_OK) status = read_stall(out, err);
  free(home);
  return status;
}

void cli_hub_close(cli_hub *hub) {
  free(hub->endpoint);
  free(hub->cache);
  free(hub->token);
  *hub = (cli_hub){0};
}
