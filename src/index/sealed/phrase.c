/* Words one after the other. A place is a document, a column and a position in one number, so that
 * the place behind it is that number plus 1. */
#include <stdlib.h>
#include <string.h>

#include "index/sealed/reader.h"

enum { COLUMN_BITS = 2, POSITION_BITS = 30, COLUMNS = 3 };

typedef struct places {
  lode_buffer buffer; /* uint64_t */
  size_t count;
} places;

static uint64_t *list_of(const places *p) {
  return p->buffer.data;
}

static lode_status read_places(lode_cursor *c, places *out, lode_error *err) {
  uint64_t document = 0;
  while (lode_cursor_more(c)) {
    const uint64_t head = lode_cursor_number(c);
    if (head >> COLUMNS == 0 || head >> COLUMNS > UINT32_MAX) c->bad = true;
    document += head >> COLUMNS;
    if (document > UINT32_MAX) c->bad = true;
    for (unsigned column = 0; column < COLUMNS && !c->bad; column++) {
      if ((head >> column & 1) == 0) continue;
      const uint64_t n = lode_cursor_upto(c, (uint64_t)(c->end - c->at));
      const size_t used = out->count * sizeof(uint64_t);
      if (!lode_buffer_reserve(&out->buffer, out->count + (size_t)n, sizeof(uint64_t), used)) {
        return lode_error_nomem(err);
      }
      uint64_t position = 0;
      for (uint64_t i = 0; i < n && !c->bad; i++) {
        position += lode_cursor_upto(c, UINT32_MAX);
        if (position >= (UINT64_C(1) << POSITION_BITS) - 1) c->bad = true;
        list_of(out)[out->count++] = document << (COLUMN_BITS + POSITION_BITS) |
                                     (uint64_t)column << POSITION_BITS | position;
      }
    }
    if (c->bad) return lode_error_set(err, LODE_E_FORMAT, -1, -1, "positions: damaged");
  }
  return LODE_OK;
}

static lode_status collect(void *user, lode_text key, lode_cursor content, lode_error *err) {
  (void)key;
  return read_places(&content, user, err);
}

static int rising(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a;
  const uint64_t y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

/* The places of a token, each once. */
static lode_status places_of(lode_sealed *sealed, const lode_sealed_token *token, places *out,
                             lode_error *err) {
  lode_status status = LODE_OK;
  out->count = 0;
  for (size_t i = 0; i < token->count && status == LODE_OK; i++) {
    const lode_sealed_spelling *s = &token->spellings[i];
    char end[LODE_TERM_MAX + 1];
    const lode_text to = s->prefix ? lode_sealed_end_of(s->term, s->size, end) : (lode_text){0};
    status = lode_sealed_scan(sealed, LODE_SEALED_POSITIONS, "LSP1", (lode_text){s->term, s->size},
                              to, collect, out, err);
  }
  if (status != LODE_OK || out->count == 0) return status;
  uint64_t *list = list_of(out);
  bool sorted = true;
  for (size_t i = 1; i < out->count; i++) sorted = sorted && list[i - 1] < list[i];
  if (sorted) return LODE_OK;
  qsort(list, out->count, sizeof *list, rising);
  size_t kept = 1;
  for (size_t i = 1; i < out->count; i++) {
    if (list[i] != list[kept - 1]) list[kept++] = list[i];
  }
  out->count = kept;
  return LODE_OK;
}

lode_status lode_sealed_ask_positions(lode_sealed *sealed, const lode_sealed_token *token,
                                      bool *missing, lode_error *err) {
  lode_status status = LODE_OK;
  for (size_t i = 0; i < token->count && status == LODE_OK; i++) {
    const lode_sealed_spelling *s = &token->spellings[i];
    const lode_text term = {s->term, s->size};
    char end[LODE_TERM_MAX + 1];
    const lode_text to = s->prefix ? lode_sealed_end_of(s->term, s->size, end) : term;
    status = lode_sealed_ask_range(sealed, LODE_SEALED_POSITIONS, term, to,
                                   s->prefix ? SIZE_MAX : 1, missing, err);
  }
  return status;
}

/* The places in `phrase` that have one of `next` so many places behind them. */
static void follow(places *phrase, const places *next, uint64_t behind) {
  uint64_t *list = list_of(phrase);
  const uint64_t *with = list_of(next);
  size_t kept = 0;
  size_t at = 0;
  for (size_t i = 0; i < phrase->count; i++) {
    const uint64_t wanted = list[i] + behind;
    while (at < next->count && with[at] < wanted) at++;
    if (at < next->count && with[at] == wanted) list[kept++] = list[i];
  }
  phrase->count = kept;
}

static bool count_places(const places *p, lode_postings *out) {
  static const uint32_t weights[1 << COLUMN_BITS] = {LODE_WEIGHT_TITLE, LODE_WEIGHT_HEADINGS,
                                                     LODE_WEIGHT_BODY, 0};
  out->count = 0;
  if (!lode_buffer_reserve(&out->buffer, p->count, sizeof(lode_posting), 0)) return false;
  lode_posting *list = lode_postings_list(out);
  for (size_t i = 0; i < p->count; i++) {
    const uint64_t place = list_of(p)[i];
    const uint32_t document = (uint32_t)(place >> (COLUMN_BITS + POSITION_BITS));
    if (out->count == 0 || list[out->count - 1].document != document) {
      list[out->count++] = (lode_posting){document, 0};
    }
    list[out->count - 1].often += weights[place >> POSITION_BITS & ((1u << COLUMN_BITS) - 1)];
  }
  return true;
}

lode_status lode_sealed_phrase(lode_sealed *sealed, const lode_sealed_token *tokens, size_t count,
                               lode_postings *out, lode_error *err) {
  places phrase = {0};
  places next = {0};
  lode_status status = places_of(sealed, &tokens[0], &phrase, err);
  for (size_t i = 1; i < count && status == LODE_OK; i++) {
    status = places_of(sealed, &tokens[i], &next, err);
    if (status == LODE_OK) follow(&phrase, &next, i);
  }
  if (status == LODE_OK && !count_places(&phrase, out)) status = lode_error_nomem(err);
  lode_buffer_free(&phrase.buffer);
  lode_buffer_free(&next.buffer);
  return status;
}
