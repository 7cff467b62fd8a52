/* The head of an HTTP answer: what a model hub says there, checked and kept. No network here. */
#ifndef LODE_CLI_HTTP_HEAD_H
#define LODE_CLI_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* A value that is malformed, or longer than its place, counts as absent: "" or -1. */
typedef struct cli_http_head {
  int status;             /* 200 */
  int64_t content_length; /* bytes of this body */
  int64_t range_start;    /* Content-Range: first byte of this body in the file … */
  int64_t range_total;    /* … and the file's size; "*": -1 */
  int64_t linked_size;    /* X-Linked-Size: the file's, where this is a redirection to it */
  int64_t retry_after;    /* seconds */
  char etag[160];         /* without W/ and quotes */
  char linked_etag[160];  /* X-Linked-Etag: the same of the file redirected to */
  char commit[48];        /* X-Repo-Commit */
  char content_type[64];
  char error_code[64]; /* X-Error-Code: "RepoNotFound", "GatedRepo" … */
  char error_message[256];
  char location[8192];
} cli_http_head;

void cli_http_head_clear(cli_http_head *head);
/* Take one line, with or without its CR LF. A status line begins a new head, as after
 * "100 Continue"; lines that mean nothing here, or nothing at all, are passed over. `now` is what
 * a date in Retry-After is compared with. */
void cli_http_head_line(cli_http_head *head, const char *line, size_t size, time_t now);
/* Is the body a page for people? */
bool cli_http_head_is_html(const cli_http_head *head);

#endif
