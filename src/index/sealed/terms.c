/* Keys in files, and the postings behind them. */
#include <stdlib.h>
#include <string.h>

#include "index/sealed/reader.h"

lode_text lode_sealed_end_of(const char *term, size_t size, char *out) {
  memcpy(out, term, size);
  out[size] = (char)0xff; /* no UTF-8 has it */
  return (lode_text){out, size + 1};
}

lode_text lode_sealed_begin_key(const char *term, size_t size, char *out) {
  memcpy(out, term, size);
  out[size] = LODE_SEALED_BEGIN;
  return (lode_text){out, size + 1};
}

/* ---------------------------------------------------------------- scanning */

typedef struct scan {
  lode_text from;
  lode_text to;
  bool words; /* the content is a number, not a text: lexicon and suffixes */
  lode_sealed_visit *visit;
  void *user;
  lode_key key;
  bool done;
} scan;

static lode_status scan_file(scan *s, const lode_sealed_entry *entry, lode_cursor c,
                             lode_error *err) {
  s->key.size = 0;
  bool first = true;
  while (lode_cursor_more(&c) && !s->done) {
    /* Rising: the first byte that differs from the key before is above the one there. */
    lode_cursor ahead = c;
    const size_t shared = (size_t)lode_cursor_number(&ahead);
    const int replaced = shared < s->key.size ? (unsigned char)s->key.bytes[shared] : -1;
    if (!lode_cursor_rest(&c, &s->key)) break;
    const bool rises = shared < s->key.size && (unsigned char)s->key.bytes[shared] > replaced;
    if (!first && !rises) c.bad = true;
    first = false;
    lode_cursor content = c;
    if (s->words) {
      (void)lode_cursor_number(&c);
      content.end = c.at;
    } else {
      const lode_text text = lode_cursor_text(&c);
      content = lode_cursor_of(text.data, text.size);
    }
    if (c.bad) break;
    const lode_text key = lode_key_text(&s->key);
    if (lode_key_compare(key, s->from) < 0) continue;
    const int order = lode_key_compare(key, s->to.size > 0 ? s->to : s->from);
    s->done = s->to.size > 0 ? order >= 0 : order > 0;
    if (s->done) break;
    const lode_status status = s->visit(s->user, key, content, err);
    if (status == LODE_E_CANCELLED) s->done = true;
    if (status != LODE_OK && status != LODE_E_CANCELLED) return status;
  }
  return c.bad ? lode_sealed_damaged(err, entry, "damaged") : LODE_OK;
}

lode_status lode_sealed_scan(lode_sealed *sealed, lode_sealed_list list, const char *kind,
                             lode_text from, lode_text to, lode_sealed_visit *visit, void *user,
                             lode_error *err) {
  const lode_sealed_entries *entries = &sealed->boot.lists[list];
  const lode_sealed_entry *entry = lode_sealed_find(entries, from);
  scan s = {.from = from,
            .to = to,
            .words = list == LODE_SEALED_LEXICON || list == LODE_SEALED_SUFFIXES,
            .visit = visit,
            .user = user};
  size_t i = entry != NULL ? (size_t)(entry - entries->list) : 0;
  for (; i < entries->count && !s.done; i++) {
    const lode_text first = entries->list[i].key;
    if (&entries->list[i] != entry && lode_key_compare(first, to.size > 0 ? to : from) >= 0) break;
    lode_cursor c;
    lode_status status = lode_sealed_get(sealed, &entries->list[i], kind, &c, err);
    if (status == LODE_OK) status = scan_file(&s, &entries->list[i], c, err);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- postings */

void lode_postings_free(lode_postings *postings) {
  lode_buffer_free(&postings->buffer);
  lode_buffer_free(&postings->spare);
  *postings = (lode_postings){0};
}

static bool push(lode_postings *p, uint32_t document, uint64_t often) {
  const size_t used = p->count * sizeof(lode_posting);
  if (!lode_buffer_reserve(&p->buffer, p->count + 1, sizeof(lode_posting), used)) return false;
  lode_postings_list(p)[p->count++] =
      (lode_posting){document, often < UINT32_MAX ? (uint32_t)often : UINT32_MAX};
  return true;
}

bool lode_postings_read(lode_cursor *c, lode_postings *out) {
  uint64_t document = 0;
  while (lode_cursor_more(c)) {
    const uint64_t value = lode_cursor_number(c);
    uint64_t often = 1;
    if ((value & 1) != 0) often = lode_cursor_upto(c, UINT32_MAX) + 2;
    document += lode_cursor_more(c) || !c->bad ? value >> 1 : 0;
    if (value >> 1 == 0 || value >> 1 > UINT32_MAX || document > UINT32_MAX) c->bad = true;
    if (c->bad) return true;
    if (!push(out, (uint32_t)document, often)) return false;
  }
  return true;
}

/* Two runs become one, a document that is in both once. */
static size_t merge(const lode_posting *a, size_t na, const lode_posting *b, size_t nb,
                    lode_posting *out) {
  size_t i = 0;
  size_t k = 0;
  size_t n = 0;
  while (i < na || k < nb) {
    if (k == nb || (i < na && a[i].document < b[k].document)) {
      out[n++] = a[i++];
    } else if (i == na || b[k].document < a[i].document) {
      out[n++] = b[k++];
    } else {
      const uint64_t sum = (uint64_t)a[i].often + b[k].often;
      out[n++] = (lode_posting){a[i].document, sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX};
      i++;
      k++;
    }
  }
  return n;
}

/* All runs in one: natural merge sort. */
static bool join_runs(lode_postings *p) {
  if (!lode_buffer_reserve(&p->spare, p->count, sizeof(lode_posting), 0)) return false;
  for (;;) {
    lode_posting *in = lode_postings_list(p);
    lode_posting *out = p->spare.data;
    size_t n = 0;
    size_t runs = 0;
    size_t at = 0;
    while (at < p->count) {
      size_t middle = at + 1;
      while (middle < p->count && in[middle].document > in[middle - 1].document) middle++;
      size_t end = middle < p->count ? middle + 1 : middle;
      while (end < p->count && in[end].document > in[end - 1].document) end++;
      n += merge(in + at, middle - at, in + middle, end - middle, out + n);
      at = end;
      runs++;
    }
    const lode_buffer other = p->buffer;
    p->buffer = p->spare;
    p->spare = other;
    p->count = n;
    if (runs <= 1) return true;
  }
}

/* ---------------------------------------------------------------- forms */

typedef struct collecting {
  const lode_sealed_token *token;
  lode_postings *out;
  lode_key other;
} collecting;

static bool is_of(const lode_sealed_token *token, lode_text term) {
  for (size_t i = 0; i < token->count; i++) {
    const lode_sealed_spelling *s = &token->spellings[i];
    const bool fits = s->prefix ? term.size >= s->size : term.size == s->size;
    if (fits && memcmp(term.data, s->term, s->size) == 0) return true;
  }
  return false;
}

/* A form, unless a lesser term of the token has it. */
static lode_status read_form(collecting *g, lode_text key, lode_cursor *c, lode_error *err) {
  const uint64_t others = lode_cursor_upto(c, 64);
  bool counted = true;
  memcpy(g->other.bytes, key.data, key.size);
  g->other.size = key.size;
  for (uint64_t i = 0; i < others && lode_cursor_rest(c, &g->other); i++) {
    const lode_text other = lode_key_text(&g->other);
    if (lode_key_compare(other, key) < 0 && is_of(g->token, other)) counted = false;
  }
  const lode_text list = lode_cursor_text(c);
  if (c->bad || !counted) return LODE_OK;
  lode_cursor postings = lode_cursor_of(list.data, list.size);
  if (!lode_postings_read(&postings, g->out)) return lode_error_nomem(err);
  c->bad = postings.bad;
  return LODE_OK;
}

static lode_status collect(void *user, lode_text key, lode_cursor c, lode_error *err) {
  collecting *g = user;
  if (key.size == 0 || key.data[key.size - 1] == LODE_SEALED_BEGIN) return LODE_OK;
  if (key.size > LODE_TERM_MAX) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1, "terms: a word is too long");
  }
  (void)lode_cursor_number(&c);
  const uint64_t forms = lode_cursor_number(&c);
  for (uint64_t i = 0; i < forms && !c.bad; i++) {
    const lode_status status = read_form(g, key, &c, err);
    if (status != LODE_OK) return status;
  }
  if (!c.bad && !lode_cursor_more(&c)) return LODE_OK;
  return lode_error_set(err, LODE_E_FORMAT, -1, -1, "terms: \"%.*s\" is damaged", (int)key.size,
                        key.data);
}

typedef struct listing {
  lode_text key;
  lode_postings *out;
  bool counted; /* a number comes before the postings */
  bool found;
} listing;

static lode_status collect_list(void *user, lode_text key, lode_cursor c, lode_error *err) {
  listing *l = user;
  if (lode_key_compare(key, l->key) != 0) return LODE_OK;
  if (l->counted) (void)lode_cursor_number(&c);
  if (!lode_postings_read(&c, l->out)) return lode_error_nomem(err);
  if (c.bad) return lode_error_set(err, LODE_E_FORMAT, -1, -1, "terms: a list is damaged");
  l->found = true;
  return LODE_OK;
}

lode_status lode_sealed_listed(lode_sealed *sealed, lode_text key, lode_postings *out,
                               lode_error *err) {
  listing l = {.key = key, .out = out};
  out->count = 0;
  return lode_sealed_scan(sealed, LODE_SEALED_TERMS, "LSD1", key, (lode_text){0}, collect_list, &l,
                          err);
}

/* Everything that begins with the spelling: one list, where there are many. */
static lode_status collect_prefix(lode_sealed *sealed, const lode_sealed_spelling *s, bool alone,
                                  collecting *g, lode_error *err) {
  char begin[LODE_TERM_MAX + 1];
  char end[LODE_TERM_MAX + 1];
  lode_status status = LODE_OK;
  if (alone) {
    listing l = {
        .key = lode_sealed_begin_key(s->term, s->size, begin), .out = g->out, .counted = true};
    status = lode_sealed_scan(sealed, LODE_SEALED_TERMS, "LSD1", l.key, (lode_text){0},
                              collect_list, &l, err);
    if (status != LODE_OK || l.found) return status;
  }
  return lode_sealed_scan(sealed, LODE_SEALED_TERMS, "LSD1", (lode_text){s->term, s->size},
                          lode_sealed_end_of(s->term, s->size, end), collect, g, err);
}

lode_status lode_sealed_postings_of(lode_sealed *sealed, const lode_sealed_token *token,
                                    lode_postings *out, lode_error *err) {
  collecting *g = malloc(sizeof *g);
  if (g == NULL) return lode_error_nomem(err);
  g->token = token;
  g->out = out;
  out->count = 0;
  lode_status status = LODE_OK;
  for (size_t i = 0; i < token->count && status == LODE_OK; i++) {
    const lode_sealed_spelling *s = &token->spellings[i];
    status = s->prefix
                 ? collect_prefix(sealed, s, token->count == 1, g, err)
                 : lode_sealed_scan(sealed, LODE_SEALED_TERMS, "LSD1",
                                    (lode_text){s->term, s->size}, (lode_text){0}, collect, g, err);
  }
  free(g);
  if (status == LODE_OK && out->count > 0 && !join_runs(out)) return lode_error_nomem(err);
  return status;
}
