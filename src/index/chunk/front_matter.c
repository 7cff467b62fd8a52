#include "index/chunk/front_matter.h"

#include <string.h>

#include "index/chunk/lines.h"

enum { MAX_VALUE = 1024 };

static bool is_space(char c) {
  return c == ' ' || c == '\t';
}

static void trim(const char *s, size_t *begin, size_t *end) {
  while (*begin < *end && is_space(s[*begin])) ++*begin;
  while (*end > *begin && is_space(s[*end - 1])) --*end;
}

static bool line_is(const char *s, const lode_line *line, const char *mark) {
  const size_t n = strlen(mark);
  size_t end = line->end;
  while (end > line->begin && is_space(s[end - 1])) end--;
  return end - line->begin == n && memcmp(s + line->begin, mark, n) == 0;
}

/* A scalar as written, s[begin..end): quotes and the usual escapes taken off. */
static size_t unquote(const char *s, size_t begin, size_t end, char out[MAX_VALUE]) {
  trim(s, &begin, &end);
  const char quote = begin < end && (s[begin] == '"' || s[begin] == '\'') ? s[begin] : '\0';
  if (quote != '\0') begin++;
  size_t used = 0;
  for (size_t i = begin; i < end && used < MAX_VALUE; i++) {
    const bool more = i + 1 < end;
    if (quote == '\0' && s[i] == '#' && i > begin && is_space(s[i - 1])) break; /* a comment */
    if (quote == '"' && s[i] == '\\' && more) {
      i++;
      out[used++] = s[i] == 'n' || s[i] == 't' ? ' ' : s[i];
    } else if (quote == '\'' && s[i] == '\'' && more && s[i + 1] == '\'') {
      i++;
      out[used++] = '\'';
    } else if (quote != '\0' && s[i] == quote) {
      break;
    } else {
      out[used++] = s[i];
    }
  }
  /* What did not fit may have been cut within a character. */
  if (used == MAX_VALUE) {
    size_t start = used;
    while (start > 0 && ((unsigned char)out[start - 1] & 0xc0) == 0x80) start--;
    used = start > 0 && ((unsigned char)out[start - 1] & 0x80) != 0 ? start - 1 : start;
  }
  while (used > 0 && is_space(out[used - 1])) used--;
  return used;
}

static bool key_is(const char *s, size_t n, const char *key) {
  return strlen(key) == n && memcmp(s, key, n) == 0;
}

static void take_value(lode_builder *b, const char *key, size_t key_size, const char *value,
                       size_t n) {
  lode_document *doc = b->doc;
  if (n == 0) return;
  if (key_is(key, key_size, "title")) {
    if (doc->title == NULL) doc->title = lode_builder_string(b, value, n);
  } else if (key_is(key, key_size, "description") || key_is(key, key_size, "summary")) {
    if (doc->description == NULL) doc->description = lode_builder_string(b, value, n);
  } else if (key_is(key, key_size, "lang") || key_is(key, key_size, "language")) {
    if (doc->language == NULL) doc->language = lode_builder_string(b, value, n);
  } else {
    if (key_is(key, key_size, "noindex") && key_is(value, n, "true")) doc->noindex = true;
    lode_builder_meta(b, key, key_size, value, n);
  }
}

static void take_scalar(lode_builder *b, const char *key, size_t key_size, size_t begin,
                        size_t end) {
  char value[MAX_VALUE];
  take_value(b, key, key_size, value, unquote(b->source, begin, end, value));
}

/* "[a, 'b, c', d]" */
static void take_list(lode_builder *b, const char *key, size_t key_size, size_t begin, size_t end) {
  const char *s = b->source;
  char quote = '\0';
  size_t from = begin + 1;
  for (size_t i = from; i < end; i++) {
    if (quote != '\0') {
      if (s[i] == quote) quote = '\0';
    } else if ((s[i] == '"' || s[i] == '\'') && (i == from || is_space(s[i - 1]))) {
      quote = s[i];
    } else if (s[i] == ',' || s[i] == ']') {
      take_scalar(b, key, key_size, from, i);
      from = i + 1;
      if (s[i] == ']') return;
    }
  }
}

/* Lines that are indented below a key: items of a list, or a folded text. */
typedef struct pending {
  size_t key;
  size_t key_size; /* 0: none */
  bool text;       /* "key: >" or "key: |" */
  size_t used;
  char value[MAX_VALUE];
} pending;

static void end_pending(lode_builder *b, pending *p) {
  if (p->key_size > 0 && p->text) take_value(b, b->source + p->key, p->key_size, p->value, p->used);
  *p = (pending){0};
}

static void add_text(lode_builder *b, pending *p, size_t begin, size_t end) {
  const size_t n = end - begin;
  if (n == 0 || p->used + n + 1 > MAX_VALUE) return;
  if (p->used > 0) p->value[p->used++] = ' ';
  memcpy(p->value + p->used, b->source + begin, n);
  p->used += n;
}

static void read_line(lode_builder *b, const lode_line *line, bool toml, pending *p) {
  const char *s = b->source;
  size_t begin = line->begin;
  size_t end = line->end;
  const bool indented = begin < end && (is_space(s[begin]) || s[begin] == '-');
  trim(s, &begin, &end);
  if (begin == end || s[begin] == '#') return;
  if (indented && p->key_size > 0 && !toml) {
    const bool item = !p->text && s[begin] == '-' && begin + 1 < end && is_space(s[begin + 1]);
    if (item) take_scalar(b, s + p->key, p->key_size, begin + 2, end);
    if (p->text) add_text(b, p, begin, end);
    return;
  }
  end_pending(b, p);
  if (indented) return;
  size_t at = begin;
  const char separator = toml ? '=' : ':';
  while (at < end && s[at] != separator) at++;
  if (at == end) return;
  size_t key_begin = begin;
  size_t key_end = at;
  trim(s, &key_begin, &key_end);
  if (key_end - key_begin > 2 && (s[key_begin] == '"' || s[key_begin] == '\'')) {
    key_begin++;
    key_end--;
  }
  at++;
  while (at < end && is_space(s[at])) at++;
  const size_t key_size = key_end - key_begin;
  if (at < end && s[at] == '[') {
    take_list(b, s + key_begin, key_size, at, end);
  } else if (!toml && (at == end || s[at] == '>' || s[at] == '|')) {
    p->key = key_begin;
    p->key_size = key_size;
    p->text = at < end;
  } else {
    take_scalar(b, s + key_begin, key_size, at, end);
  }
}

size_t lode_read_front_matter(lode_builder *b) {
  const char *s = b->source;
  lode_line line;
  if (!lode_line_at(s, b->source_size, 0, &line)) return 0;
  const bool toml = line_is(s, &line, "+++");
  if (!toml && !line_is(s, &line, "---")) return 0;
  const size_t first = line.next;
  /* Without its end it is none: "---" is also a line across the page. */
  size_t end = 0;
  for (size_t at = first; lode_line_at(s, b->source_size, at, &line); at = line.next) {
    if (line_is(s, &line, toml ? "+++" : "---") || (!toml && line_is(s, &line, "..."))) {
      end = line.begin;
      break;
    }
  }
  if (end == 0) return 0;
  const size_t behind = line.next;
  pending p = {0};
  bool table = false; /* TOML's [section]: not the top level any more */
  for (size_t at = first; at < end && lode_line_at(s, b->source_size, at, &line); at = line.next) {
    table = table || (toml && line.begin < line.end && s[line.begin] == '[');
    if (!table) read_line(b, &line, toml, &p);
  }
  end_pending(b, &p);
  return behind;
}
