#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strptime, timegm */
#endif
#include "http_head.h"

#include <string.h>
#include <strings.h>

/* A piece of the line. */
typedef struct span {
  const char *data;
  size_t size;
} span;

static span trimmed(span s) {
  while (s.size > 0 && strchr(" \t\r\n", s.data[s.size - 1]) != NULL) s.size--;
  while (s.size > 0 && (s.data[0] == ' ' || s.data[0] == '\t')) {
    s.data++;
    s.size--;
  }
  return s;
}

/* A decimal number that takes all of `s`; -1: not one, or beyond int64_t. */
static int64_t number(span s) {
  int64_t value = 0;
  if (s.size == 0 || s.size > 18) return -1;
  for (size_t i = 0; i < s.size; i++) {
    if (s.data[i] < '0' || s.data[i] > '9') return -1;
    value = 10 * value + (s.data[i] - '0');
  }
  return value;
}

static void keep(char *place, size_t room, span s) {
  place[0] = '\0';
  if (s.size >= room || memchr(s.data, '\0', s.size) != NULL) return;
  memcpy(place, s.data, s.size);
  place[s.size] = '\0';
}

/* W/"abc" and "abc" are abc. */
static void keep_etag(char *place, size_t room, span s) {
  if (s.size >= 2 && memcmp(s.data, "W/", 2) == 0) s = (span){s.data + 2, s.size - 2};
  if (s.size >= 2 && s.data[0] == '"' && s.data[s.size - 1] == '"') {
    s = (span){s.data + 1, s.size - 2};
  }
  keep(place, room, s);
}

/* "bytes 100-199/200"; the size may be "*", and in an answer 416 the first part. */
static void keep_range(cli_http_head *head, span s) {
  head->range_start = head->range_total = -1;
  if (s.size < 6 || strncasecmp(s.data, "bytes ", 6) != 0) return;
  s = trimmed((span){s.data + 6, s.size - 6});
  const char *slash = memchr(s.data, '/', s.size);
  if (slash == NULL) return;
  size_t before = (size_t)(slash - s.data);
  const char *dash = memchr(s.data, '-', before);
  if (dash != NULL) head->range_start = number((span){s.data, (size_t)(dash - s.data)});
  head->range_total = number((span){slash + 1, s.size - before - 1});
}

/* Seconds, or a date: "Wed, 21 Oct 2015 07:28:00 GMT". */
static int64_t retry_after(span s, time_t now) {
  int64_t seconds = number(s);
  if (seconds >= 0) return seconds;
  char date[40];
  keep(date, sizeof date, s);
  struct tm tm = {0};
  const char *end = strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
  if (end == NULL || *end != '\0') return -1;
  time_t then = timegm(&tm);
  return then > now ? (int64_t)(then - now) : 0;
}

void cli_http_head_clear(cli_http_head *head) {
  *head = (cli_http_head){
      .content_length = -1,
      .range_start = -1,
      .range_total = -1,
      .linked_size = -1,
      .retry_after = -1,
  };
}

/* "HTTP/1.1 200 OK", "HTTP/2 200". */
static bool take_status(cli_http_head *head, span line) {
  if (line.size < 5 || memcmp(line.data, "HTTP/", 5) != 0) return false;
  cli_http_head_clear(head);
  const char *blank = memchr(line.data, ' ', line.size);
  if (blank == NULL) return true;
  span rest = trimmed((span){blank, line.size - (size_t)(blank - line.data)});
  int64_t status = rest.size >= 3 ? number((span){rest.data, 3}) : -1;
  if (status >= 100) head->status = (int)status;
  return true;
}

void cli_http_head_line(cli_http_head *head, const char *line, size_t size, time_t now) {
  if (take_status(head, (span){line, size})) return;
  const char *colon = memchr(line, ':', size);
  if (colon == NULL) return;
  size_t name = (size_t)(colon - line);
  span value = trimmed((span){colon + 1, size - name - 1});
  const struct {
    const char *name;
    char *place;
    size_t room;
  } texts[] = {
      {"x-repo-commit", head->commit, sizeof head->commit},
      {"content-type", head->content_type, sizeof head->content_type},
      {"x-error-code", head->error_code, sizeof head->error_code},
      {"x-error-message", head->error_message, sizeof head->error_message},
      {"location", head->location, sizeof head->location},
  };
  const struct {
    const char *name;
    char *place;
  } etags[] = {{"etag", head->etag}, {"x-linked-etag", head->linked_etag}};
#define IS(text) (name == strlen(text) && strncasecmp(line, text, name) == 0)
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (IS(texts[i].name)) keep(texts[i].place, texts[i].room, value);
  }
  for (size_t i = 0; i < sizeof etags / sizeof etags[0]; i++) {
    if (IS(etags[i].name)) keep_etag(etags[i].place, sizeof head->etag, value);
  }
  if (IS("content-length")) head->content_length = number(value);
  if (IS("x-linked-size")) head->linked_size = number(value);
  if (IS("content-range")) keep_range(head, value);
  if (IS("retry-after")) head->retry_after = retry_after(value, now);
#undef IS
}

bool cli_http_head_is_html(const cli_http_head *head) {
  return strncasecmp(head->content_type, "text/html", 9) == 0 ||
         strncasecmp(head->content_type, "application/xhtml", 17) == 0;
}
