#include "index/chunk/markdown_inline.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "index/chunk/html_entity.h"
#include "text/unicode.h"

/* What becomes of a byte. */
enum { KEEP = 0, DROP, LITERAL, BREAK, CELL, ENTITY };

enum {
  MAX_LABEL = 999,  /* CommonMark's */
  MAX_TARGET = 4096 /* destination and title of a link */
};

typedef struct run {
  uint32_t at; /* of its first byte that is left */
  uint32_t left;
  uint32_t size; /* as it was written */
  char c;
  bool opens;
  bool closes;
} run;

typedef struct state {
  lode_builder *b;
  lode_md_inline *md;
  const char *s;
  size_t size;
  uint8_t *act;
  size_t run_count;
  size_t bracket_count;
  bool table;
  /* What is known not to come any more, so that nothing is looked for twice. */
  bool no_comment;
  bool no_instruction;
  bool no_cdata;
  uint64_t no_ticks; /* bit n: no run of n backticks */
} state;

void lode_md_inline_free(lode_md_inline *md) {
  lode_buffer_free(&md->text);
  lode_buffer_free(&md->actions);
  lode_buffer_free(&md->brackets);
  lode_buffer_free(&md->runs);
  lode_buffer_free(&md->labels);
  *md = (lode_md_inline){0};
}

/* ---------------------------------------------------------------- labels */

/* Labels are compared without regard to case and white space. */
static uint64_t hash_label(const char *label, size_t size) {
  uint64_t hash = 0xcbf29ce484222325u;
  const char *p = label;
  bool space = false;
  bool any = false;
  while (p < label + size) {
    const uint32_t c = lode_utf8_next(&p);
    if (c == ' ' || c == '\t' || c == '\n') {
      space = any;
      continue;
    }
    if (space) hash = (hash ^ ' ') * 0x100000001b3u;
    space = false;
    any = true;
    uint32_t lower[LODE_UNICODE_LOWER_MAX];
    const size_t n = lode_unicode_lower(c, lower);
    for (size_t i = 0; i < n; i++) hash = (hash ^ lower[i]) * 0x100000001b3u;
  }
  return any ? hash : 0;
}

void lode_md_label_add(lode_builder *b, lode_md_inline *md, const char *label, size_t size) {
  const uint64_t hash = hash_label(label, size);
  if (hash == 0) return;
  if (!lode_buffer_reserve(&md->labels, md->label_count + 1, sizeof hash,
                           md->label_count * sizeof hash)) {
    b->failed = true;
    return;
  }
  ((uint64_t *)md->labels.data)[md->label_count++] = hash;
}

static int compare_hashes(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a;
  const uint64_t y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

void lode_md_labels_sort(lode_md_inline *md) {
  if (md->label_count > 1) {
    qsort(md->labels.data, md->label_count, sizeof(uint64_t), compare_hashes);
  }
}

static bool is_label(const state *st, size_t begin, size_t end) {
  if (st->md->label_count == 0 || end - begin > MAX_LABEL) return false;
  const uint64_t hash = hash_label(st->s + begin, end - begin);
  return bsearch(&hash, st->md->labels.data, st->md->label_count, sizeof hash, compare_hashes) !=
         NULL;
}

/* ---------------------------------------------------------------- characters */

static bool is_punct(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static void mark(state *st, size_t begin, size_t end, uint8_t action) {
  memset(st->act + begin, action, end - begin);
}

/* Where `needle` begins in s[at..size); size: nowhere. */
static size_t find(const state *st, size_t at, const char *needle) {
  const size_t n = strlen(needle);
  while (at + n <= st->size) {
    const char *p = memchr(st->s + at, needle[0], st->size - at - n + 1);
    if (p == NULL) break;
    at = (size_t)(p - st->s);
    if (memcmp(p, needle, n) == 0) return at;
    at++;
  }
  return st->size;
}

/* ---------------------------------------------------------------- code, HTML, autolinks */

static size_t read_code(state *st, size_t at) {
  size_t end = at;
  while (end < st->size && st->s[end] == '`') end++;
  const size_t n = end - at;
  const bool known = n < 64 && (st->no_ticks >> n & 1) != 0;
  size_t close = end;
  while (!known && n < 64 && close < st->size) {
    const char *p = memchr(st->s + close, '`', st->size - close);
    if (p == NULL) break;
    close = (size_t)(p - st->s);
    size_t stop = close;
    while (stop < st->size && st->s[stop] == '`') stop++;
    if (stop - close == n) {
      mark(st, at, end, DROP);
      mark(st, end, close, LITERAL);
      mark(st, close, stop, DROP);
      return stop;
    }
    close = stop;
  }
  if (n < 64) st->no_ticks |= (uint64_t)1 << n;
  mark(st, at, end, LITERAL);
  return end;
}

/* <https://…> or <a@b>; 0: it is none. */
static size_t read_autolink(state *st, size_t at) {
  size_t end = at + 1;
  bool colon = false;
  bool sign = false;
  while (end < st->size && !is_space(st->s[end]) && st->s[end] != '<' && st->s[end] != '>') {
    colon = colon || (st->s[end] == ':' && end > at + 2);
    sign = sign || (st->s[end] == '@' && end > at + 1);
    if (!colon && !sign && !is_alnum(st->s[end]) && strchr("+.-_", st->s[end]) == NULL) return 0;
    end++;
  }
  if (end == st->size || st->s[end] != '>' || (!colon && !sign)) return 0;
  st->act[at] = DROP;
  mark(st, at + 1, end, LITERAL);
  st->act[end] = DROP;
  return end + 1;
}

static size_t read_until(state *st, size_t at, const char *needle, bool *none) {
  if (*none) return 0;
  const size_t end = find(st, at, needle);
  if (end == st->size) {
    *none = true;
    return 0;
  }
  return end + strlen(needle);
}

/* A tag: its end, or 0. */
static size_t tag_end(const state *st, size_t at) {
  const char *s = st->s;
  size_t i = at + 1;
  if (i < st->size && s[i] == '/') i++;
  if (i >= st->size || !((s[i] | 0x20) >= 'a' && (s[i] | 0x20) <= 'z')) return 0;
  for (; i < st->size; i++) {
    if (s[i] == '>') return i + 1;
    if (s[i] == '<') return 0;
    const bool value = (s[i] == '"' || s[i] == '\'') && s[i - 1] == '=';
    if (value) {
      const char *quote = memchr(s + i + 1, s[i], st->size - i - 1);
      if (quote == NULL) return 0;
      i = (size_t)(quote - s);
    }
  }
  return 0;
}

static size_t read_angle(state *st, size_t at) {
  const char *s = st->s;
  const size_t link = read_autolink(st, at);
  if (link > 0) return link;
  size_t end = 0;
  if (at + 1 < st->size && s[at + 1] == '!') {
    if (st->size - at > 3 && memcmp(s + at, "<!--", 4) == 0) {
      end = read_until(st, at + 4, "-->", &st->no_comment);
    } else if (st->size - at > 8 && memcmp(s + at, "<![CDATA[", 9) == 0) {
      end = read_until(st, at, "]]>", &st->no_cdata);
    }
  } else if (at + 1 < st->size && s[at + 1] == '?') {
    end = read_until(st, at, "?>", &st->no_instruction);
  } else {
    end = tag_end(st, at);
  }
  if (end == 0) return at + 1;
  const bool is_break = end - at >= 4 && (s[at + 1] | 0x20) == 'b' && (s[at + 2] | 0x20) == 'r' &&
                        !is_alnum(s[at + 3]);
  mark(st, at, end, DROP);
  if (is_break) st->act[at] = BREAK;
  return end;
}

/* ---------------------------------------------------------------- links */

/* "(destination "title")" at `at`: its end, or 0. */
static size_t target_end(const state *st, size_t at) {
  const char *s = st->s;
  const size_t limit = st->size - at > MAX_TARGET ? at + MAX_TARGET : st->size;
  size_t i = at + 1;
  while (i < limit && is_space(s[i])) i++;
  if (i < limit && s[i] == '<') {
    while (i < limit && s[i] != '>' && s[i] != '\n') i += s[i] == '\\' ? 2 : 1;
    if (i >= limit || s[i] != '>') return 0;
    i++;
  } else {
    size_t depth = 0;
    while (i < limit && !is_space(s[i]) && !(s[i] == ')' && depth == 0)) {
      depth += s[i] == '(';
      depth -= s[i] == ')';
      i += s[i] == '\\' && i + 1 < limit && is_punct(s[i + 1]) ? 2 : 1;
    }
    if (depth > 0) return 0;
  }
  while (i < limit && is_space(s[i])) i++;
  if (i < limit && (s[i] == '"' || s[i] == '\'' || s[i] == '(')) {
    const char quote = s[i] == '(' ? ')' : s[i];
    i++;
    while (i < limit && s[i] != quote) i += s[i] == '\\' ? 2 : 1;
    i++;
    while (i < limit && is_space(s[i])) i++;
  }
  return i < limit && s[i] == ')' ? i + 1 : 0;
}

/* What follows the ']' at `at` of a link whose text begins behind `open`: its end, or 0. */
static size_t link_end(const state *st, size_t open, size_t at) {
  const char *s = st->s;
  if (at + 1 < st->size && s[at + 1] == '(') {
    const size_t end = target_end(st, at + 1);
    if (end > 0) return end;
  }
  if (at + 1 < st->size && s[at + 1] == '[') {
    const size_t limit = st->size - at > MAX_LABEL + 3 ? at + MAX_LABEL + 3 : st->size;
    size_t i = at + 2;
    while (i < limit && s[i] != ']' && s[i] != '[') i += s[i] == '\\' ? 2 : 1;
    if (i < limit && s[i] == ']') {
      const bool collapsed = i == at + 2;
      if (collapsed ? is_label(st, open + 1, at) : is_label(st, at + 2, i)) return i + 1;
    }
  }
  return is_label(st, open + 1, at) ? at + 1 : 0;
}

static size_t close_bracket(state *st, size_t at) {
  if (st->bracket_count == 0) return at + 1;
  const uint32_t *open_brackets = st->md->brackets.data;
  const size_t open = open_brackets[--st->bracket_count];
  const char *s = st->s;
  const bool image = open > 0 && s[open - 1] == '!' && st->act[open - 1] == KEEP;
  if (open + 1 < at && s[open + 1] == '^') { /* a footnote's mark */
    mark(st, open, at + 1, DROP);
    return at + 1;
  }
  const bool wiki = open > 0 && s[open - 1] == '[' && at + 1 < st->size && s[at + 1] == ']';
  if (wiki && st->bracket_count > 0 && open_brackets[st->bracket_count - 1] == open - 1) {
    st->bracket_count--;
    const char *bar = memchr(s + open, '|', at - open);
    mark(st, open - 1, bar != NULL ? (size_t)(bar - s) + 1 : open + 1, DROP);
    mark(st, at, at + 2, DROP);
    return at + 2;
  }
  const size_t end = link_end(st, open, at);
  if (end == 0) return at + 1;
  st->act[open] = DROP;
  if (image) st->act[open - 1] = DROP;
  mark(st, at, end, DROP);
  return end;
}

/* ---------------------------------------------------------------- emphasis */

static uint32_t char_before(const state *st, size_t at) {
  if (at == 0) return '\n';
  size_t begin = at - 1;
  while (begin > 0 && ((unsigned char)st->s[begin] & 0xc0) == 0x80) begin--;
  const char *p = st->s + begin;
  return lode_utf8_next(&p);
}

static bool is_white_char(uint32_t c) {
  return (lode_unicode_class_of(c).flags & LODE_UNICODE_SPACE) != 0;
}

static bool is_punct_char(uint32_t c) {
  return (lode_unicode_class_of(c).flags & LODE_UNICODE_PUNCT) != 0;
}

static size_t read_run(state *st, size_t at) {
  const char c = st->s[at];
  size_t end = at;
  while (end < st->size && st->s[end] == c) end++;
  if (c == '~' && end - at > 2) return end;
  const uint32_t before = char_before(st, at);
  uint32_t after = '\n';
  if (end < st->size) {
    const char *p = st->s + end;
    after = lode_utf8_next(&p);
  }
  const bool left = !is_white_char(after) &&
                    (!is_punct_char(after) || is_white_char(before) || is_punct_char(before));
  const bool right = !is_white_char(before) &&
                     (!is_punct_char(before) || is_white_char(after) || is_punct_char(after));
  run r = {
      .at = (uint32_t)at, .left = (uint32_t)(end - at), .c = c, .opens = left, .closes = right};
  r.size = r.left;
  if (c == '_') {
    r.opens = left && (!right || is_punct_char(before));
    r.closes = right && (!left || is_punct_char(after));
  }
  if (!r.opens && !r.closes) return end;
  if (!lode_buffer_reserve(&st->md->runs, st->run_count + 1, sizeof r, st->run_count * sizeof r)) {
    st->b->failed = true;
    return end;
  }
  ((run *)st->md->runs.data)[st->run_count++] = r;
  return end;
}

static bool matches(const run *open, const run *close) {
  if (open->c != close->c) return false;
  if (close->c == '~') return open->size == close->size;
  const bool both = open->closes || close->opens; /* "multiples of 3" */
  return !(both && (open->size + close->size) % 3 == 0 &&
           (open->size % 3 != 0 || close->size % 3 != 0));
}

/* The standard's procedure, but that only the marks have to go. Runs that may still be opened with
 * are a stack at the beginning of the same array; where no opener was found for a kind of closer,
 * none is looked for again. */
static void resolve_runs(state *st) {
  run *runs = st->md->runs.data;
  uint32_t bottom[3][3][2] = {{{0}}}; /* places in the text */
  size_t top = 0;
  for (size_t i = 0; i < st->run_count; i++) {
    run close = runs[i];
    const size_t kind = close.c == '*' ? 0 : (close.c == '_' ? 1 : 2);
    while (close.closes && close.left > 0) {
      uint32_t *floor = &bottom[kind][close.size % 3][close.opens];
      size_t k = top;
      while (k > 0 && runs[k - 1].at >= *floor && !matches(&runs[k - 1], &close)) k--;
      if (k == 0 || runs[k - 1].at < *floor) {
        *floor = close.at;
        break;
      }
      run *open = &runs[k - 1];
      uint32_t n = open->left >= 2 && close.left >= 2 ? 2 : 1;
      if (close.c == '~') n = close.left;
      open->left -= n;
      mark(st, open->at + open->left, open->at + open->left + n, DROP);
      mark(st, close.at, close.at + n, DROP);
      close.at += n;
      close.left -= n;
      top = open->left > 0 ? k : k - 1; /* what lies between stays as it is */
    }
    if (close.opens && close.left > 0) runs[top++] = close;
  }
}

/* ---------------------------------------------------------------- reading */

static size_t open_bracket(state *st, size_t at) {
  if (!lode_buffer_reserve(&st->md->brackets, st->bracket_count + 1, sizeof(uint32_t),
                           st->bracket_count * sizeof(uint32_t))) {
    st->b->failed = true;
    return at + 1;
  }
  ((uint32_t *)st->md->brackets.data)[st->bracket_count++] = (uint32_t)at;
  return at + 1;
}

static size_t read_escape(state *st, size_t at) {
  if (at + 1 >= st->size) return at + 1;
  const char next = st->s[at + 1];
  if (next == '\n') st->act[at] = BREAK;
  if (!is_punct(next)) return at + 1;
  st->act[at] = DROP;
  st->act[at + 1] = LITERAL;
  return at + 2;
}

static size_t read_entity(state *st, size_t at) {
  char value[LODE_HTML_ENTITY_MAX];
  size_t n;
  const size_t size = lode_html_entity(st->s + at, st->size - at, false, value, &n);
  if (size == 0 || st->s[at + size - 1] != ';') return at + 1; /* here the semicolon is needed */
  mark(st, at, at + size, ENTITY);
  return at + size;
}

/* Two spaces at the end of a line break it. */
static size_t read_newline(state *st, size_t at) {
  if (at >= 2 && st->s[at - 1] == ' ' && st->s[at - 2] == ' ') st->act[at] = BREAK;
  return at + 1;
}

static size_t read_one(state *st, size_t at) {
  switch (st->s[at]) {
    case '\\':
      return read_escape(st, at);
    case '`':
      return read_code(st, at);
    case '<':
      return read_angle(st, at);
    case '[':
      return open_bracket(st, at);
    case ']':
      return close_bracket(st, at);
    case '*':
    case '_':
    case '~':
      return read_run(st, at);
    case '&':
      return read_entity(st, at);
    case '\n':
      return read_newline(st, at);
    case '|':
      if (st->table) st->act[at] = CELL;
      return at + 1;
    default:
      return at + 1;
  }
}

/* ---------------------------------------------------------------- writing */

/* text[begin..end) is to be copied from the lines that it is on. */
typedef struct place {
  const lode_md_line *lines;
  size_t line;
  size_t line_begin; /* in the text */
} place;

static size_t source_of(place *p, size_t at) {
  for (;;) {
    const size_t length = (size_t)(p->lines[p->line].end - p->lines[p->line].begin);
    if (at <= p->line_begin + length) return p->lines[p->line].begin + (at - p->line_begin);
    p->line_begin += length + 1;
    p->line++;
  }
}

static void write_kept(state *st, place *p, size_t begin, size_t end) {
  while (begin < end) {
    const char *newline = memchr(st->s + begin, '\n', end - begin);
    const size_t stop = newline != NULL ? (size_t)(newline - st->s) : end;
    if (stop > begin) {
      const size_t from = source_of(p, begin);
      lode_builder_copy_collapsed(st->b, from, from + (stop - begin));
    }
    if (newline != NULL) lode_builder_space(st->b);
    begin = stop + 1;
  }
}

static size_t write_entity(state *st, place *p, size_t at) {
  char value[LODE_HTML_ENTITY_MAX];
  size_t n;
  const size_t size = lode_html_entity(st->s + at, st->size - at, false, value, &n);
  const size_t from = source_of(p, at);
  const bool space = n == 2 && memcmp(value, "\xc2\xa0", 2) == 0;
  if (space || (n == 1 && is_space(*value))) {
    lode_builder_space(st->b);
  } else {
    lode_builder_put(st->b, value, n, from, from + size);
  }
  return at + size;
}

static void write_out(state *st, const lode_md_line *lines) {
  place p = {.lines = lines};
  bool cell = false;
  size_t at = 0;
  while (at < st->size) {
    const uint8_t action = st->act[at];
    size_t end = at + 1;
    const bool kept = action == KEEP || action == LITERAL;
    while (kept && end < st->size && (st->act[end] == KEEP || st->act[end] == LITERAL)) end++;
    if (kept || action == ENTITY) {
      bool blank = true;
      for (size_t i = at; i < end && blank; i++) blank = is_space(st->s[i]);
      if (cell && !blank) {
        lode_builder_cell(st->b, source_of(&p, at));
        cell = false;
      }
    }
    if (kept) write_kept(st, &p, at, end);
    if (action == ENTITY) end = write_entity(st, &p, at);
    if (action == BREAK) lode_builder_newline(st->b);
    if (action == CELL) cell = true;
    at = end;
  }
}

void lode_md_inline_read(lode_builder *b, lode_md_inline *md, const lode_md_line *lines, size_t n,
                         bool table) {
  size_t size = 0;
  for (size_t i = 0; i < n; i++) size += (size_t)(lines[i].end - lines[i].begin) + (i + 1 < n);
  if (size == 0) return;
  if (!lode_buffer_reserve(&md->text, size, 1, 0) ||
      !lode_buffer_reserve(&md->actions, size, 1, 0)) {
    b->failed = true;
    return;
  }
  char *text = md->text.data;
  size_t used = 0;
  for (size_t i = 0; i < n; i++) {
    const size_t length = (size_t)(lines[i].end - lines[i].begin);
    memcpy(text + used, b->source + lines[i].begin, length);
    used += length;
    if (i + 1 < n) text[used++] = '\n';
  }
  state st = {.b = b, .md = md, .s = text, .size = size, .act = md->actions.data, .table = table};
  memset(st.act, KEEP, size);
  for (size_t at = 0; at < size && !b->failed;) at = read_one(&st, at);
  if (b->failed) return;
  if (st.run_count > 0) resolve_runs(&st);
  write_out(&st, lines);
}
