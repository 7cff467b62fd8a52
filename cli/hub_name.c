#include "hub_name.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { PART_MAX = 96, REVISION_MAX = 200, FILE_MAX = 1000, COMPONENT_MAX = 255 };

static bool is_alnum(char c) { /* of ASCII, in every locale */
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* One half of OWNER/NAME. */
static bool part_ok(const char *part, size_t size) {
  if (size == 0 || size > PART_MAX) return false;
  for (size_t i = 0; i < size; i++) {
    char c = part[i];
    if (!is_alnum(c) && strchr("-_.", c) == NULL) return false;
    if (i > 0 && c == part[i - 1] && (c == '-' || c == '.')) return false;
  }
  return strchr("-.", part[0]) == NULL && strchr("-.", part[size - 1]) == NULL;
}

bool cli_hub_repo_ok(const char *repo) {
  size_t owner = strcspn(repo, "/");
  if (repo[owner] != '/' || !part_ok(repo, owner)) return false;
  const char *name = repo + owner + 1;
  size_t size = strlen(name);
  if (!part_ok(name, size)) return false;
  return size < 4 || strcmp(name + size - 4, ".git") != 0;
}

static bool component_ok(const char *s, size_t size) {
  if (size == 0 || size > COMPONENT_MAX) return false;
  return !(s[0] == '.' && (size == 1 || (size == 2 && s[1] == '.')));
}

bool cli_hub_file_ok(const char *name, size_t size) {
  if (size == 0 || size > FILE_MAX) return false;
  size_t start = 0;
  for (size_t i = 0; i <= size; i++) {
    if (i == size || name[i] == '/') {
      if (!component_ok(name + start, i - start)) return false;
      start = i + 1;
      continue;
    }
    unsigned char c = (unsigned char)name[i];
    if (c < 0x20 || c == 0x7F || c == '\\') return false;
    if (c == ':' && i < 2) return false; /* a drive's letter elsewhere */
  }
  return true;
}

bool cli_hub_revision_ok(const char *revision) {
  size_t size = strlen(revision);
  return size <= REVISION_MAX && cli_hub_file_ok(revision, size);
}

bool cli_hub_commit_ok(const char *commit) {
  return strspn(commit, "0123456789abcdef") == CLI_HUB_COMMIT && commit[CLI_HUB_COMMIT] == '\0';
}

bool cli_hub_etag_ok(const char *etag) {
  size_t size = strlen(etag);
  if (size == 0 || size > CLI_HUB_ETAG_MAX || etag[0] == '.' || etag[size - 1] == '.') return false;
  for (size_t i = 0; i < size; i++) {
    if (!is_alnum(etag[i]) && strchr("-_+=.", etag[i]) == NULL) return false;
  }
  return true;
}

/* ------------------------------------------------------------------ addresses */

/* `text` with everything encoded but unreserved characters (RFC 3986) and those of `keep`. */
static char *percent_encode(const char *text, const char *keep) {
  static const char hex[] = "0123456789ABCDEF";
  char *out = malloc(3 * strlen(text) + 1);
  if (out == NULL) return NULL;
  char *o = out;
  for (const char *c = text; *c != '\0'; c++) {
    if (is_alnum(*c) || strchr("-._~", *c) != NULL || strchr(keep, *c) != NULL) {
      *o++ = *c;
      continue;
    }
    *o++ = '%';
    *o++ = hex[(unsigned char)*c >> 4];
    *o++ = hex[(unsigned char)*c & 15];
  }
  *o = '\0';
  return out;
}

char *cli_hub_api_url(const char *endpoint, const char *repo, const char *revision) {
  char *encoded = percent_encode(revision, "");
  if (encoded == NULL) return NULL;
  char *url = cli_text_format("%s/api/models/%s/revision/%s", endpoint, repo, encoded);
  free(encoded);
  return url;
}

char *cli_hub_file_url(const char *endpoint, const char *repo, const char *revision,
                       const char *file) {
  char *at = percent_encode(revision, "");
  char *name = percent_encode(file, "/");
  char *url = NULL;
  if (at != NULL && name != NULL) {
    url = cli_text_format("%s/%s/resolve/%s/%s", endpoint, repo, at, name);
  }
  free(at);
  free(name);
  return url;
}
