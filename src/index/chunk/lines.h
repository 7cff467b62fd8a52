/* Lines of a text, for the readers that go by lines. */
#ifndef LODE_INDEX_CHUNK_LINES_H
#define LODE_INDEX_CHUNK_LINES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct lode_line {
  size_t begin;
  size_t end;  /* without the line's end */
  size_t next; /* where the next line begins */
} lode_line;

/* The line at `at`; lines end with \n, \r\n or \r. False: at == size. */
static inline bool lode_line_at(const char *text, size_t size, size_t at, lode_line *line) {
  if (at >= size) return false;
  line->begin = at;
  while (at < size && text[at] != '\n' && text[at] != '\r') at++;
  line->end = at;
  if (at + 1 < size && text[at] == '\r' && text[at + 1] == '\n') at++;
  line->next = at < size ? at + 1 : at;
  return true;
}

/* Columns of white space that the line begins with (tabs to the next multiple of 4), *first: where
 * the rest begins; line->end for a blank line. */
static inline size_t lode_line_indent(const char *text, const lode_line *line, size_t *first) {
  size_t column = 0;
  size_t at = line->begin;
  while (at < line->end && (text[at] == ' ' || text[at] == '\t' || text[at] == '\f')) {
    column += text[at] == '\t' ? 4 - column % 4 : 1;
    at++;
  }
  *first = at;
  return column;
}

static inline bool lode_line_blank(const char *text, const lode_line *line) {
  size_t first;
  (void)lode_line_indent(text, line, &first);
  return first == line->end;
}

#endif
