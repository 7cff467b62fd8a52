/* The leg that ranks passages by the cosine of their vectors with the question's; a document is as
 * good as its best passage. */
#include <math.h>
#include <string.h>

#include "index/search/run.h"

enum { ROWS_PER_DOCUMENT = 4 }; /* that are asked for, to have enough documents */

void lode_search_add_vectors(lode_search *search, uint32_t features, lode_pool *pool) {
  search->legs[LODE_LEG_SEMANTIC] = &lode_leg_semantic;
  search->features = features;
  search->pool = pool;
}

lode_status lode_search_new(uint32_t features, lode_pool *pool, lode_search **out,
                            lode_error *err) {
  const lode_status status = lode_search_new_words(out, err);
  if (status == LODE_OK) lode_search_add_vectors(*out, features, pool);
  return status;
}

/* Kernels for vectors of this kind. */
static lode_status ready(lode_run *run, lode_error *err) {
  lode_search *s = run->search;
  const lode_store_vectors *v = run->vectors;
  if (s->vectors != NULL && s->dim == v->dim && s->dtype == v->dtype) return LODE_OK;
  lode_vectors *made;
  const lode_status status = lode_vectors_new(v->dim, v->dtype, s->features, s->pool, &made, err);
  if (status != LODE_OK) return status;
  lode_vectors_free(s->vectors);
  s->vectors = made;
  s->dim = v->dim;
  s->dtype = v->dtype;
  return LODE_OK;
}

/* ---------------------------------------------------------------- rows that may be found */

typedef bool row_choice(const lode_run *run, const lode_ids *documents, int64_t document);

static bool is_allowed(const lode_run *run, const lode_ids *documents, int64_t document) {
  (void)documents;
  return lode_run_allows(run, document);
}

static bool is_among(const lode_run *run, const lode_ids *documents, int64_t document) {
  (void)run;
  return lode_ids_has(documents, document);
}

/* A bitmap for each segment; NULL: out of memory. Rows of one document lie together. */
static const uint8_t *const *choose_rows(lode_run *run, row_choice *choose,
                                         const lode_ids *documents, size_t *rows) {
  const lode_store_vectors *v = run->vectors;
  uint8_t **maps = lode_arena_array(&run->arena, v->count, sizeof *maps);
  *rows = 0;
  for (size_t s = 0; maps != NULL && s < v->count; s++) {
    const size_t n = v->segments[s].count;
    maps[s] = lode_arena_alloc(&run->arena, n / 8 + 1);
    if (maps[s] == NULL) return NULL;
    int64_t last = 0;
    bool yes = false;
    for (size_t r = 0; r < n; r++) {
      if (r == 0 || v->documents[s][r] != last) {
        last = v->documents[s][r];
        yes = choose(run, documents, last);
      }
      if (!yes) continue;
      maps[s][r / 8] |= (uint8_t)(1u << r % 8);
      ++*rows;
    }
  }
  return (const uint8_t *const *)maps;
}

/* ---------------------------------------------------------------- finding */

/* Is the document that of one of hits[0..n)? Its first hit is its best. */
static bool seen_before(lode_ids *seen, int64_t document) {
  size_t at = seen->count;
  if (lode_ids_has(seen, document)) return true;
  for (; at > 0 && seen->list[at - 1] > document; at--) seen->list[at] = seen->list[at - 1];
  seen->list[at] = document;
  seen->count++;
  return false;
}

static lode_status nearest(lode_run *run, size_t k, const lode_vectors_options *options,
                           lode_vectors_hit **hits, size_t *n, lode_error *err) {
  *hits = lode_arena_array(&run->arena, k, sizeof **hits);
  if (*hits == NULL) return lode_error_nomem(err);
  return lode_vectors_search(run->search->vectors, run->vectors->segments, run->vectors->count,
                             run->vector, k, options, *hits, n, err);
}

/* The vectors that are worth a look, where not all are there. */
static lode_status choose(lode_run *run, lode_error *err) {
  if (run->vectors->choose == NULL) return LODE_OK;
  lode_vectors_hint *hints = lode_arena_array(&run->arena, run->found_count, sizeof *hints);
  if (hints == NULL) return lode_error_nomem(err);
  for (size_t i = 0; i < run->found_count; i++) {
    hints[i] = (lode_vectors_hint){run->found[i].document,
                                   run->weights[LODE_LEG_KEYWORD] * run->found[i].score};
  }
  const lode_vectors_wish wish = {.vectors = run->search->vectors,
                                  .vector = run->vector,
                                  .weight = run->weights[LODE_LEG_SEMANTIC],
                                  .hints = hints,
                                  .hint_count = run->found_count,
                                  .only = run->only,
                                  .allowed = run->allowed.list,
                                  .allowed_count = run->allowed.count};
  return run->vectors->choose(run->vectors->self, &wish, &run->vectors, err);
}

static lode_status find(lode_run *run, lode_leg_hit **hits, size_t *count, bool *more,
                        lode_error *err) {
  *count = 0;
  lode_vectors_options options = {0};
  lode_status status = ready(run, err);
  if (status == LODE_OK) status = choose(run, err);
  if (status != LODE_OK) return status;
  size_t rows = run->vectors->rows;
  if (!lode_run_unrestricted(run)) {
    options.allowed = choose_rows(run, is_allowed, NULL, &rows);
    if (options.allowed == NULL) return lode_error_nomem(err);
  }
  const size_t wanted = ROWS_PER_DOCUMENT * run->depth;
  const size_t k = rows < wanted ? rows : wanted;
  lode_vectors_hit *found = NULL;
  size_t n = 0;
  if (k > 0) status = nearest(run, k, &options, &found, &n, err);
  if (status != LODE_OK) return status;
  lode_ids seen = {.list = lode_arena_array(&run->arena, n + 1, sizeof *seen.list)};
  *hits = lode_arena_array(&run->arena, n, sizeof **hits);
  if (*hits == NULL || seen.list == NULL) return lode_error_nomem(err);
  *more = k < rows || run->vectors->partial;
  for (size_t i = 0; i < n; i++) {
    const int64_t document = run->vectors->documents[found[i].segment][found[i].row];
    if (seen_before(&seen, document)) continue;
    if (*count == run->depth) {
      *more = true;
      break;
    }
    (*hits)[(*count)++] = (lode_leg_hit){.document = document, .score = found[i].score};
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- scoring */

static size_t index_of(const lode_ids *ids, int64_t id) {
  size_t low = 0;
  size_t high = ids->count;
  while (low + 1 < high) {
    const size_t middle = low + (high - low) / 2;
    if (ids->list[middle] <= id) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

/* All rows of these documents, exactly. */
static lode_status score(lode_run *run, const lode_ids *documents, float *scores, lode_error *err) {
  lode_status status = ready(run, err);
  if (status != LODE_OK || documents->count == 0) return status;
  size_t rows;
  lode_vectors_options options = {.prefilter = LODE_VECTORS_PREFILTER_NEVER};
  options.allowed = choose_rows(run, is_among, documents, &rows);
  if (options.allowed == NULL) return lode_error_nomem(err);
  if (rows == 0) return LODE_OK;
  lode_vectors_hit *found = NULL;
  size_t n = 0;
  status = nearest(run, rows, &options, &found, &n, err);
  for (size_t i = 0; status == LODE_OK && i < n; i++) {
    const int64_t document = run->vectors->documents[found[i].segment][found[i].row];
    float *best = &scores[index_of(documents, document)];
    if (isnan(*best)) *best = found[i].score;
  }
  return status;
}

static float row_score(const lode_run *run, int64_t segment, uint32_t row) {
  const lode_store_vectors *v = run->vectors;
  size_t s = 0;
  if (v == NULL || run->vector == NULL || segment == 0) return NAN;
  while (s < v->count && v->ids[s] != segment) s++;
  if (s == v->count || row >= v->segments[s].count) return NAN;
  const lode_vectors_segment *in = &v->segments[s];
  double sum = 0;
  for (size_t i = 0; i < v->dim; i++) {
    const size_t at = (size_t)row * v->dim + i;
    float value;
    if (v->dtype == LODE_DTYPE_F32) {
      memcpy(&value, (const char *)in->rows + at * sizeof value, sizeof value);
    } else {
      value = (float)((const int8_t *)in->rows)[at];
    }
    sum += (double)run->vector[i] * (double)value;
  }
  if (v->dtype == LODE_DTYPE_F32) return (float)sum;
  float scale;
  memcpy(&scale, in->scales + row, sizeof scale);
  return (float)(sum * (double)scale);
}

static void end(lode_search *search) {
  lode_vectors_free(search->vectors);
}

const lode_leg lode_leg_semantic = {
    .name = "semantic", .find = find, .score = score, .row = row_score, .end = end};
