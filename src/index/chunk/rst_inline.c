#include "index/chunk/rst_inline.h"

#include <string.h>

static bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
         ((unsigned char)c & 0x80) != 0;
}

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

typedef struct reader {
  lode_builder *b;
  const char *s;
  size_t begin;
  size_t end;
  bool no_code; /* no closing `` is to come any more; and so on */
  bool no_tick;
  bool no_star;
  bool no_strong;
} reader;

/* Where `mark` closes what begins at `at`: not after white space. r->end: nowhere. */
static size_t closing(const reader *r, size_t at, const char *mark, bool *none) {
  const size_t n = strlen(mark);
  if (*none) return r->end;
  for (size_t i = at; i + n <= r->end; i++) {
    const char *p = memchr(r->s + i, mark[0], r->end - i - n + 1);
    if (p == NULL) break;
    i = (size_t)(p - r->s);
    if (memcmp(p, mark, n) == 0 && i > at && !is_space(r->s[i - 1])) return i;
  }
  *none = true;
  return r->end;
}

/* Inline marks begin at the beginning of a word only. */
static bool may_begin(const reader *r, size_t at) {
  return at == r->begin || !is_alnum(r->s[at - 1]);
}

/* `text <target>`: the target is no text; ~ and ! in front are instructions. */
static void take_reference(reader *r, size_t begin, size_t end) {
  if (begin < end && (r->s[begin] == '~' || r->s[begin] == '!')) begin++;
  if (end > begin && r->s[end - 1] == '>') {
    size_t open = end - 1;
    while (open > begin && r->s[open] != '<') open--;
    if (r->s[open] == '<' && open > begin) end = open;
  }
  while (end > begin && is_space(r->s[end - 1])) end--;
  lode_builder_copy_collapsed(r->b, begin, end);
}

/* At a backtick: code, a role's text, a reference. Returns where it ends; `at` if it is none. */
static size_t read_tick(reader *r, size_t at) {
  if (at + 1 < r->end && r->s[at + 1] == '`') {
    const size_t close = closing(r, at + 2, "``", &r->no_code);
    if (close == r->end) return at;
    lode_builder_copy_collapsed(r->b, at + 2, close);
    return close + 2;
  }
  const size_t close = closing(r, at + 1, "`", &r->no_tick);
  if (close == r->end) return at;
  take_reference(r, at + 1, close);
  size_t end = close + 1;
  while (end < r->end && r->s[end] == '_') end++;
  return end;
}

/* ":role:" right before a backtick: its end, or 0. */
static size_t role_end(const reader *r, size_t at) {
  size_t i = at + 1;
  while (i < r->end && (is_alnum(r->s[i]) || strchr("-_.+:", r->s[i]) != NULL)) i++;
  return i < r->end && i > at + 1 && r->s[i] == '`' && r->s[i - 1] == ':' ? i : 0;
}

static size_t read_star(reader *r, size_t at) {
  const bool strong = at + 1 < r->end && r->s[at + 1] == '*';
  const size_t n = strong ? 2 : 1;
  if (at + n >= r->end || is_space(r->s[at + n])) return at;
  const size_t close =
      strong ? closing(r, at + 2, "**", &r->no_strong) : closing(r, at + 1, "*", &r->no_star);
  if (close == r->end) return at;
  lode_builder_copy_collapsed(r->b, at + n, close);
  return close + n;
}

/* "[1]_" and "[#name]_": marks of footnotes. */
static size_t read_footnote(const reader *r, size_t at) {
  size_t i = at + 1;
  while (i < r->end && i - at < 64 && r->s[i] != ']' && !is_space(r->s[i])) i++;
  return i + 1 < r->end && r->s[i] == ']' && r->s[i + 1] == '_' ? i + 2 : at;
}

/* Where the mark at `at` ends, its text taken; `at`: it is none. */
static size_t read_mark(reader *r, size_t at) {
  const char c = r->s[at];
  if (c == '_' && at + 1 < r->end && r->s[at + 1] == '`' && may_begin(r, at)) return at + 1;
  if (c == '_') { /* "word_" is a reference */
    const bool ends = at > r->begin && is_alnum(r->s[at - 1]) &&
                      (at + 1 == r->end || (!is_alnum(r->s[at + 1]) && r->s[at + 1] != '_'));
    return ends ? at + 1 : at;
  }
  if (!may_begin(r, at)) return at;
  if (c == '`') return read_tick(r, at);
  if (c == '*') return read_star(r, at);
  if (c == '[') return read_footnote(r, at);
  if (c == ':') {
    const size_t tick = role_end(r, at);
    if (tick == 0) return at;
    const size_t end = read_tick(r, tick);
    return end > tick ? end : at;
  }
  return at;
}

void lode_rst_inline_read(lode_builder *b, size_t begin, size_t end) {
  reader r = {.b = b, .s = b->source, .begin = begin, .end = end};
  size_t from = begin;
  size_t at = begin;
  while (at < end) {
    const char c = r.s[at];
    if (c == '\\' && at + 1 < end) {
      lode_builder_copy_collapsed(b, from, at);
      from = at + 1;
      at += 2;
      continue;
    }
    const bool mark = c == '`' || c == '*' || c == '[' || c == ':' || c == '_';
    if (!mark) {
      at++;
      continue;
    }
    /* What comes before goes first, whether this is a mark or not. */
    lode_builder_copy_collapsed(b, from, at);
    from = at;
    const size_t behind = read_mark(&r, at);
    at = behind > at ? behind : at + 1;
    if (behind > from) from = behind;
  }
  lode_builder_copy_collapsed(b, from, end);
}
