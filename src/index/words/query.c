#include "index/words/query.h"

#include <string.h>

#include "base/utf8.h"
#include "text/unicode.h"

/* ---------------------------------------------------------------- reading */

/* Copy what fits, so that the rest sees well-formed text without control characters: a NUL
 * would end an expression in the middle of a quoted word. */
static void copy_text(const char *text, size_t size, lode_query *q) {
  size_t at = 0;
  while (at < size) {
    const size_t valid = lode_utf8_valid(text + at, size - at);
    size_t take = valid < LODE_QUERY_BYTES - q->size ? valid : LODE_QUERY_BYTES - q->size;
    while (take < valid && take > 0 && ((unsigned char)text[at + take] & 0xc0) == 0x80) take--;
    memcpy(q->text + q->size, text + at, take);
    q->size += take;
    at += take;
    if (at == size) break;
    if (take < valid || q->size == LODE_QUERY_BYTES) {
      q->left_out = 1;
      break;
    }
    q->text[q->size++] = ' ';
    at++;
  }
  for (size_t i = 0; i < q->size; i++) {
    if ((unsigned char)q->text[i] < 0x20 || q->text[i] == 0x7f) q->text[i] = ' ';
  }
}

static uint32_t char_at(const lode_query *q, size_t at, size_t *next) {
  const char *p = q->text + at;
  const uint32_t c = lode_utf8_next(&p);
  *next = (size_t)(p - q->text);
  return c;
}

static bool is_space(uint32_t c) {
  return c == ' ' || (c > 0x7f && (lode_unicode_class_of(c).flags & LODE_UNICODE_SPACE) != 0);
}

/* The quotation mark that may end what `c` begins, in either of two forms; 0: c begins nothing. */
static uint32_t closing_quote(uint32_t c) {
  switch (c) {
    case '"':
    case 0xff02: /* full width */
      return c;
    case 0x201c: /* “ ” */
    case 0x201d: /* ” ” */
      return 0x201d;
    case 0x201e: /* „ “ */
      return 0x201c;
    case 0xab: /* « » */
      return 0xbb;
    case 0xbb: /* » « */
      return 0xab;
    case 0x300c: /* 「 」 */
      return 0x300d;
    default:
      return 0;
  }
}

static bool is_minus(uint32_t c) {
  return c == '-' || c == 0x2212 || c == 0xff0d;
}

/* Closes a phrase: its own mark, or a typewriter's. */
static bool closes(uint32_t c, uint32_t closing) {
  return c == closing || c == '"' || (closing == 0x201c && c == 0x201d);
}

static void add_term(lode_query *q, lode_query_term term) {
  while (term.begin < term.end && q->text[term.begin] == ' ') term.begin++;
  while (term.begin < term.end && q->text[term.end - 1] == ' ') term.end--;
  if (term.begin == term.end) return;
  if (q->count == LODE_QUERY_TERMS) {
    q->left_out++;
    return;
  }
  q->terms[q->count++] = term;
  q->negated += term.negated;
}

/* One term that begins at `at`, not at a space; returns the end of it. */
static size_t read_term(lode_query *q, size_t at) {
  lode_query_term term = {0};
  size_t next;
  uint32_t c = char_at(q, at, &next);
  if (is_minus(c) && next < q->size) {
    size_t behind;
    if (!is_space(char_at(q, next, &behind))) {
      term.negated = true;
      at = next;
      c = char_at(q, at, &next);
    }
  }
  const uint32_t closing = closing_quote(c);
  term.phrase = closing != 0;
  if (term.phrase) at = next;
  term.begin = (uint16_t)at;
  bool ended = false;
  size_t after = at;
  while (at < q->size && !ended) {
    c = char_at(q, at, &after);
    ended = term.phrase ? closes(c, closing) : is_space(c) || closing_quote(c) != 0;
    if (!ended) at = after;
  }
  term.end = (uint16_t)at;
  term.prefix = !ended && !term.negated;
  add_term(q, term);
  return term.phrase && ended ? after : at;
}

void lode_query_parse(const char *text, size_t size, lode_query *out) {
  out->count = 0;
  out->negated = 0;
  out->left_out = 0;
  out->size = 0;
  copy_text(text, size, out);
  size_t at = 0;
  while (at < out->size) {
    size_t next;
    if (is_space(char_at(out, at, &next))) {
      at = next;
    } else {
      at = read_term(out, at);
    }
  }
}

/* ---------------------------------------------------------------- the expression */

typedef struct writer {
  lode_buffer *out;
  size_t size;
  bool failed;
} writer;

static void put(writer *w, const char *s, size_t n) {
  if (w->failed || !lode_buffer_reserve(w->out, w->size + n + 1, 1, w->size)) {
    w->failed = true;
    return;
  }
  memcpy((char *)w->out->data + w->size, s, n);
  w->size += n;
}

static void put_text(writer *w, const char *s) {
  put(w, s, strlen(s));
}

/* In double quotes, those inside doubled. */
static void put_quoted(writer *w, const char *s, size_t n) {
  put(w, "\"", 1);
  size_t from = 0;
  for (size_t i = 0; i < n; i++) {
    if (s[i] != '"') continue;
    put(w, s + from, i + 1 - from);
    from = i;
  }
  put(w, s + from, n - from);
  put(w, "\"", 1);
}

/* One term: its words as a phrase, or as a prefix; or, for an identifier, its parts in one, which a
 * prefix of them is looked for by: texts have them so. */
static void put_term(writer *w, const lode_query *q, const lode_query_term *t,
                     const lode_words_shape *shape) {
  const char *s = q->text + t->begin;
  const size_t n = (size_t)(t->end - t->begin);
  const bool whole = shape->whole_size > 0 && !t->phrase;
  const bool prefix = (t->prefix || shape->single_ngram) && !whole;
  put_text(w, "(");
  put_quoted(w, s, n);
  if (prefix) {
    put_text(w, " OR ");
    put_quoted(w, s, n);
    put_text(w, " *");
  }
  if (whole) {
    put_text(w, " OR ");
    put_quoted(w, shape->whole, shape->whole_size);
    if (t->prefix) put_text(w, " *");
  }
  put_text(w, ")");
}

/* All terms that are, or are not, minus words; those without a word in them are left out. */
static lode_status put_terms(writer *w, const lode_query *q, lode_words *words, bool negated,
                             const char *operator_, size_t *written, lode_error *err) {
  *written = 0;
  for (size_t i = 0; i < q->count; i++) {
    const lode_query_term *t = &q->terms[i];
    if (t->negated != negated) continue;
    lode_words_shape shape;
    if (!lode_words_shape_of(words, q->text + t->begin, (size_t)(t->end - t->begin), &shape)) {
      return lode_error_nomem(err);
    }
    if (shape.positions == 0) continue;
    put_text(w, *written == 0 ? "(" : operator_);
    put_term(w, q, t, &shape);
    ++*written;
  }
  if (*written > 0) put_text(w, ")");
  return LODE_OK;
}

lode_status lode_query_match(const lode_query *query, lode_words *words, lode_query_require require,
                             lode_buffer *out, bool *matches, lode_error *err) {
  writer w = {.out = out};
  size_t wanted;
  size_t unwanted = 0;
  const char *operator_ = require == LODE_QUERY_ALL ? " AND " : " OR ";
  put(&w, "", 0);
  lode_status status = put_terms(&w, query, words, false, operator_, &wanted, err);
  if (status == LODE_OK && wanted > 0 && query->negated > 0) {
    const size_t before = w.size;
    put_text(&w, " NOT ");
    status = put_terms(&w, query, words, true, " OR ", &unwanted, err);
    if (unwanted == 0) w.size = before;
  }
  if (status != LODE_OK) return status;
  if (w.failed) return lode_error_nomem(err);
  ((char *)out->data)[w.size] = '\0';
  *matches = wanted > 0;
  return LODE_OK;
}
