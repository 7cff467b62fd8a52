/* The vectors that are worth a look, where there are too many to fetch them all.
 *
 * Lists whose centre is near to the question have what is like it. What words have found needs its
 * vectors as well, or it would be ranked as if it meant nothing; of those documents the lists that
 * are nearest are taken, those of the best first. docs/sealed.md says how both were weighed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "index/sealed/reader.h"

enum {
  TOTAL = 400 << 10,   /* bytes of lists for a question */
  NEAREST = 160 << 10, /* of which so many are for those that are nearest, whatever words say */
  HINTS = 100,         /* documents that words have found */
  LISTS_OF_ONE = 6,    /* lists of such a document */
};

/* What the next list of a document is worth less than the one before. */
static const float next_list = 0.02F;
/* Vectors that were not looked at are less than the last centre that was, by about so much. */
static const float unseen_part = 0.75F;

typedef struct choosing {
  lode_sealed *sealed;
  const lode_vectors_wish *wish;
  const lode_sealed_places *places;
  lode_arena arena;
  float *scores;   /* [lists]: of their centres */
  uint32_t *order; /* [lists] the nearest first; only those that may have something */
  size_t order_count;
  bool *chosen; /* [lists] */
  size_t bytes; /* of those */
  size_t count;
  float last; /* score of the last that was chosen because it is near */
} choosing;

/* ---------------------------------------------------------------- centres */

static lode_status read_centres(lode_sealed *s, lode_error *err) {
  if (s->centres != NULL) return LODE_OK;
  const lode_sealed_entries *entries = &s->boot.lists[LODE_SEALED_CENTRES];
  if (entries->count == 0) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1, "boot: lists without centres");
  }
  lode_cursor c;
  const lode_status status = lode_sealed_get(s, &entries->list[0], "LSC1", &c, err);
  if (status != LODE_OK) return status;
  lode_sealed_centres *centres = lode_arena_alloc(&s->centres_arena, sizeof *centres);
  const bool read =
      centres != NULL && lode_sealed_centres_read(&c, s->boot.dim, &s->centres_arena, centres);
  if (read && !c.bad) {
    s->centres = centres;
    return LODE_OK;
  }
  lode_arena_free(&s->centres_arena);
  return read ? lode_sealed_damaged(err, &entries->list[0], "damaged centres")
              : lode_error_nomem(err);
}

/* scores: of each list's centre with the question. */
static lode_status compare_centres(choosing *g, lode_error *err) {
  const lode_sealed_centres *centres = g->sealed->centres;
  const lode_sealed_places *p = g->places;
  const lode_vectors_segment segment = {
      .count = centres->count, .rows = centres->rows, .scales = centres->scales};
  lode_vectors_hit *hits = lode_arena_array(&g->arena, centres->count, sizeof *hits);
  float *scores = lode_arena_array(&g->arena, centres->count, sizeof *scores);
  g->scores = lode_arena_array(&g->arena, p->count, sizeof *g->scores);
  if (hits == NULL || scores == NULL || g->scores == NULL) return lode_error_nomem(err);
  const lode_vectors_options exact = {.prefilter = LODE_VECTORS_PREFILTER_NEVER};
  size_t n = 0;
  const lode_status status =
      centres->count == 0 ? LODE_OK
                          : lode_vectors_search(g->wish->vectors, &segment, 1, g->wish->vector,
                                                centres->count, &exact, hits, &n, err);
  if (status != LODE_OK) return status;
  for (size_t i = 0; i < centres->count; i++) scores[i] = -1; /* NaN is among no hits */
  for (size_t i = 0; i < n; i++) scores[hits[i].row] = hits[i].score;
  for (size_t i = 0; i < p->count; i++) {
    g->scores[i] = p->centres[i] < centres->count ? scores[p->centres[i]] : -1;
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- order */

typedef struct ranked {
  float score;
  uint32_t list;
} ranked;

static int best_first(const void *a, const void *b) {
  const ranked *x = a;
  const ranked *y = b;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  return (x->list > y->list) - (x->list < y->list);
}

/* Lists that have a document which may be found. */
static void mark_allowed(const choosing *g, bool *may) {
  const lode_sealed_places *p = g->places;
  for (size_t i = 0; i < g->wish->allowed_count; i++) {
    const size_t at = lode_sealed_place_of(p, g->wish->allowed[i]);
    if (at == SIZE_MAX) continue;
    for (size_t k = p->first[at]; k < p->first[at + 1]; k++) may[p->listed[k]] = true;
  }
}

static lode_status order_lists(choosing *g, lode_error *err) {
  const size_t n = g->places->count;
  bool *may = lode_arena_array(&g->arena, n, sizeof *may);
  ranked *list = lode_arena_array(&g->arena, n, sizeof *list);
  g->order = lode_arena_array(&g->arena, n, sizeof *g->order);
  g->chosen = lode_arena_array(&g->arena, n, sizeof *g->chosen);
  if (may == NULL || list == NULL || g->order == NULL || g->chosen == NULL) {
    return lode_error_nomem(err);
  }
  if (g->wish->only) mark_allowed(g, may);
  for (size_t i = 0; i < n; i++) {
    if (g->wish->only && !may[i]) continue;
    list[g->order_count++] = (ranked){g->scores[i], (uint32_t)i};
  }
  if (g->order_count > 0) qsort(list, g->order_count, sizeof *list, best_first);
  for (size_t i = 0; i < g->order_count; i++) g->order[i] = list[i].list;
  return LODE_OK;
}

/* ---------------------------------------------------------------- choosing */

/* The first is always taken. */
static void choose(choosing *g, uint32_t list) {
  if (g->chosen[list]) return;
  g->chosen[list] = true;
  g->bytes += g->places->lists[list].size;
  g->count++;
}

static void choose_nearest(choosing *g, size_t bytes) {
  for (size_t i = 0; i < g->order_count && (g->bytes < bytes || i == 0); i++) {
    choose(g, g->order[i]);
    g->last = g->scores[g->order[i]];
  }
}

/* The nearest lists of a document, at most LISTS_OF_ONE, with what they are worth. */
static size_t rank_lists(const choosing *g, const lode_vectors_hint *hint, ranked *out) {
  const lode_sealed_places *p = g->places;
  const size_t at = lode_sealed_place_of(p, hint->document);
  size_t n = 0;
  if (at == SIZE_MAX) return 0;
  for (size_t k = p->first[at]; k < p->first[at + 1]; k++) {
    const ranked one = {g->scores[p->listed[k]], p->listed[k]};
    if (n == LISTS_OF_ONE && best_first(&one, &out[n - 1]) > 0) continue;
    size_t to = n < LISTS_OF_ONE ? n++ : n - 1;
    for (; to > 0 && best_first(&one, &out[to - 1]) < 0; to--) out[to] = out[to - 1];
    out[to] = one;
  }
  for (size_t i = 0; i < n; i++) {
    out[i].score = hint->score + g->wish->weight * out[i].score - next_list * (float)i;
  }
  return n;
}

static lode_status choose_hinted(choosing *g, lode_error *err) {
  const size_t hints = g->wish->hint_count < HINTS ? g->wish->hint_count : HINTS;
  ranked *list = lode_arena_array(&g->arena, hints * LISTS_OF_ONE, sizeof *list);
  size_t n = 0;
  if (list == NULL) return lode_error_nomem(err);
  for (size_t i = 0; i < hints; i++) n += rank_lists(g, &g->wish->hints[i], list + n);
  if (n > 0) qsort(list, n, sizeof *list, best_first);
  for (size_t i = 0; i < n && g->bytes < TOTAL; i++) choose(g, list[i].list);
  return LODE_OK;
}

/* ---------------------------------------------------------------- rows */

static lode_status fetch(const choosing *g, lode_error *err) {
  bool missing = false;
  lode_status status = LODE_OK;
  for (size_t i = 0; i < g->places->count && status == LODE_OK; i++) {
    if (g->chosen[i]) status = lode_sealed_ask(g->sealed, &g->places->lists[i], &missing, err);
  }
  return status == LODE_OK && missing ? LODE_E_BUSY : status;
}

static lode_status read_lists(const choosing *g, lode_error *err) {
  lode_sealed_rows *rows = &g->sealed->near_rows;
  if (!lode_sealed_begin_rows(g->sealed, g->count, true, rows)) return lode_error_nomem(err);
  size_t at = 0;
  lode_status status = LODE_OK;
  for (size_t i = 0; i < g->places->count && status == LODE_OK; i++) {
    if (!g->chosen[i]) continue;
    ((int64_t *)rows->vectors.ids)[at] = (int64_t)i + 1;
    status = lode_sealed_read_rows(g->sealed, &g->places->lists[i], rows, at++, err);
  }
  rows->vectors.partial = true;
  rows->vectors.unseen = g->last > 0 ? unseen_part * g->last : 0;
  return status;
}

static lode_status choose_all(choosing *g, lode_error *err) {
  lode_status status = compare_centres(g, err);
  if (status == LODE_OK) status = order_lists(g, err);
  if (status != LODE_OK) return status;
  choose_nearest(g, g->wish->hint_count > 0 ? NEAREST : TOTAL);
  const float last = g->last;
  status = choose_hinted(g, err);
  if (status != LODE_OK) return status;
  choose_nearest(g, TOTAL);
  g->last = last;
  status = fetch(g, err);
  return status == LODE_OK ? read_lists(g, err) : status;
}

/* lode_store_vectors.choose */
static lode_status choose_vectors(void *self, const lode_vectors_wish *wish,
                                  const lode_store_vectors **out, lode_error *err) {
  lode_sealed *s = self;
  choosing g = {.sealed = s, .wish = wish};
  s->rows = NULL;
  lode_status status = lode_sealed_read_places(s, &g.places, err);
  if (status == LODE_OK) status = read_centres(s, err);
  if (status == LODE_OK) status = choose_all(&g, err);
  lode_arena_free(&g.arena);
  if (status != LODE_OK) return status;
  s->rows = &s->near_rows;
  *out = &s->near_rows.vectors;
  return LODE_OK;
}

lode_status lode_sealed_near(lode_sealed *s, const lode_store_vectors **out, lode_error *err) {
  if (!lode_sealed_has_lists(s) || s->all_there) return lode_sealed_vectors(s, out, err);
  s->later = (lode_store_vectors){
      .dim = s->boot.dim, .dtype = LODE_DTYPE_I8, .choose = choose_vectors, .self = s};
  *out = &s->later;
  return LODE_OK;
}
