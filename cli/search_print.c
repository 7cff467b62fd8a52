#include "search_print.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ------------------------------------------------------------------ JSON */

static void member(cli_output *out, const char *key, const char *value) {
  cli_output_format(out, ",\"%s\":", key);
  if (value != NULL) {
    cli_output_json_string(out, value, strlen(value));
  } else {
    cli_output_text(out, "null");
  }
}

static void print_result_json(cli_output *out, const lode_result *r) {
  cli_output_text(out, "\n{\"path\":");
  cli_output_json_string(out, r->id, strlen(r->id));
  member(out, "title", r->title);
  if (*r->url != '\0') member(out, "url", r->url);
  member(out, "heading", r->heading);
  member(out, "anchor", *r->anchor != '\0' ? r->anchor : NULL);
  cli_output_format(out, ",\"score\":%.6f,\"cosine\":%.6f,\"keyword\":%.6f", r->score, r->cosine,
                    r->keyword);
  cli_output_format(out, ",\"begin\":%llu,\"end\":%llu", (unsigned long long)r->source_begin,
                    (unsigned long long)r->source_end);
  member(out, "text", r->text);
  cli_output_text(out, ",\"snippet\":");
  cli_output_json_string(out, r->text + r->snippet.begin, r->snippet.end - r->snippet.begin);
  cli_output_format(out, ",\"snippet_range\":[%u,%u],\"marks\":[", r->snippet.begin,
                    r->snippet.end);
  for (size_t i = 0; i < r->mark_count; i++) {
    cli_output_format(out, "%s[%u,%u]", i > 0 ? "," : "", r->marks[i].begin, r->marks[i].end);
  }
  cli_output_format(out, "],\"metadata\":%s}", r->metadata); /* JSON already */
}

void cli_search_print_json(cli_output *out, const cli_found *found) {
  const lode_results *results = found->results;
  cli_output_text(out, "{\"query\":");
  cli_output_json_string(out, found->query, strlen(found->query));
  member(out, "correction", results->correction);
  member(out, "mode", found->mode);
  cli_output_format(
      out, ",\"relevant\":%s,\"total\":%lld,\"total_at_least\":%s,\"offset\":%lld,\"seconds\":%.6f",
      results->relevant ? "true" : "false", (long long)results->total,
      results->total_at_least ? "true" : "false", (long long)found->offset, found->seconds);
  cli_output_text(out, ",\"results\":[");
  for (size_t i = 0; i < results->count; i++) {
    if (i > 0) cli_output_text(out, ",");
    print_result_json(out, &results->list[i]);
  }
  cli_output_text(out, results->count > 0 ? "\n]}\n" : "]}\n");
}

/* ------------------------------------------------------------------ text */

static const char bold[] = "\033[1m", dim[] = "\033[2m", mark[] = "\033[1;33m", plain[] = "\033[0m";

static void in_color(cli_output *out, bool color, const char *style, const char *text,
                     size_t size) {
  if (color) cli_output_text(out, style);
  cli_output_plain(out, text, size);
  if (color) cli_output_text(out, plain);
}

static bool is_mark(const lode_result *r, size_t at, size_t *i) {
  while (*i < r->mark_count && r->marks[*i].end <= at) (*i)++;
  return *i < r->mark_count && r->marks[*i].begin <= at;
}

/* Bytes of the character at s[0..n). */
static size_t character(const char *s, size_t n) {
  size_t size = 1;
  while (size < n && ((unsigned char)s[size] & 0xC0) == 0x80) size++;
  return size;
}

/* The snippet, in lines of at most `width` columns, indented. Characters count as one column. */
static void print_snippet(cli_output *out, const lode_result *r, bool color, size_t width) {
  const char *text = r->text;
  size_t column = 0, i = 0;
  bool marked = false;
  cli_output_text(out, "    ");
  if (r->snippet.begin > 0) cli_output_text(out, "… ");
  for (size_t at = r->snippet.begin; at < r->snippet.end;) {
    size_t word = at, columns = 0;
    while (word < r->snippet.end && text[word] != ' ' && text[word] != '\n' && text[word] != '\t') {
      word += character(text + word, r->snippet.end - word);
      columns++;
    }
    if (column > 0 && column + 1 + columns > width - 4) {
      cli_output_text(out, "\n    ");
      column = 0;
    }
    if (column > 0) cli_output_text(out, " ");
    for (size_t c = at; c < word;) {
      const size_t size = character(text + c, word - c);
      const bool now = color && is_mark(r, c, &i);
      if (now != marked) cli_output_text(out, now ? mark : plain);
      marked = now;
      cli_output_plain(out, text + c, size);
      c += size;
    }
    column += columns + (column > 0);
    at = word + 1;
    while (at < r->snippet.end && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t')) at++;
  }
  if (marked) cli_output_text(out, plain);
  if (r->text[r->snippet.end] != '\0') cli_output_text(out, " …");
  cli_output_text(out, "\n");
}

static void print_result(cli_output *out, const lode_result *r, int64_t number, bool color,
                         size_t width) {
  const char *title = *r->title != '\0' ? r->title : r->id;
  cli_output_format(out, "%2lld  ", (long long)number);
  in_color(out, color, bold, title, strlen(title));
  /* "Guide > Install" under the title "Guide" is "Guide > Install". */
  const size_t n = strlen(title);
  const char *heading = r->heading;
  if (strncmp(heading, title, n) == 0 &&
      (heading[n] == '\0' || strncmp(heading + n, " > ", 3) == 0)) {
    heading += heading[n] == '\0' ? n : n + 3;
  }
  if (*heading != '\0') {
    cli_output_text(out, " > ");
    cli_output_plain(out, heading, strlen(heading));
  }
  cli_output_text(out, "\n    ");
  in_color(out, color, dim, r->id, strlen(r->id));
  if (*r->anchor != '\0') {
    cli_output_text(out, "#");
    cli_output_plain(out, r->anchor, strlen(r->anchor));
  }
  cli_output_format(out, "  %.3f\n", r->score);
  print_snippet(out, r, color, width);
}

void cli_search_print_text(cli_output *out, const cli_found *found, bool color, size_t width) {
  const lode_results *results = found->results;
  if (results->correction != NULL) {
    cli_output_text(out, "Results for \"");
    cli_output_plain(out, results->correction, strlen(results->correction));
    cli_output_text(out, "\"\n");
  }
  if (!results->relevant) {
    cli_output_text(out, "Nothing here seems to be about that");
    cli_output_text(out, results->count > 0 ? "; what is nearest:\n" : ".\n");
  }
  for (size_t i = 0; i < results->count; i++) {
    print_result(out, &results->list[i], found->offset + (int64_t)i + 1, color, width);
  }
}

/* ------------------------------------------------------------------ the terminal */

size_t cli_terminal_width(int fd) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) return size.ws_col;
  return 100;
}

bool cli_terminal_has_color(int fd) {
  const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
  if (no != NULL && *no != '\0') return false;
  return isatty(fd) == 1 && term != NULL && strcmp(term, "dumb") != 0;
}
