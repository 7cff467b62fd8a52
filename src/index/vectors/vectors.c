#include "index/vectors/vectors.h"

#include <math.h>
#include <stdlib.h>

#include "index/vectors/parts.h"

/* ---------------------------------------------------------------- life */

lode_status lode_vectors_new(size_t dim, lode_dtype dtype, uint32_t features, lode_pool *pool,
                             lode_vectors **out, lode_error *err) {
  *out = NULL;
  if (dim == 0 || dim > LODE_VECTORS_DIM_MAX) {
    return lode_error_set(err, LODE_E_ARG, -1, -1,
                          "vectors of %zu dimensions: 1 to %d are possible", dim,
                          (int)LODE_VECTORS_DIM_MAX);
  }
  if (dtype != LODE_DTYPE_I8 && dtype != LODE_DTYPE_F32) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "vectors are kept in int8 or f32 only");
  }
  lode_vectors *v = calloc(1, sizeof *v);
  if (v == NULL) return lode_error_nomem(err);
  v->dim = dim;
  v->code_size = lode_vectors_code_size(dim);
  v->dtype = dtype;
  v->pool = pool;
  v->scan_i8 = lode_scan_i8_select(features);
  v->hamming = lode_hamming_select(features);
  v->dot_f32 = lode_dot_f32_select(features);
  v->dot_f32_i8 = lode_dot_f32_i8_select(features);
  v->worker_count = lode_pool_size(pool);
  v->workers = calloc((size_t)v->worker_count, sizeof *v->workers);
  if (v->workers == NULL || !lode_buffer_reserve(&v->query_row, dim, 1, 0) ||
      !lode_buffer_reserve(&v->query_code, v->code_size, 1, 0)) {
    lode_vectors_free(v);
    return lode_error_nomem(err);
  }
  *out = v;
  return LODE_OK;
}

void lode_vectors_free(lode_vectors *v) {
  if (v == NULL) return;
  for (int i = 0; v->workers != NULL && i < v->worker_count; i++) {
    lode_buffer_free(&v->workers[i].hits);
    lode_buffer_free(&v->workers[i].candidates);
    lode_buffer_free(&v->workers[i].levels);
  }
  free(v->workers);
  lode_buffer_free(&v->query_row);
  lode_buffer_free(&v->query_code);
  lode_buffer_free(&v->merged);
  free(v);
}

/* ---------------------------------------------------------------- parts.h */

void lode_vectors_share(const lode_vectors_job *job, const lode_team *team, size_t *begin,
                        size_t *end) {
  const size_t size = (size_t)team->size;
  const size_t rank = (size_t)team->rank;
  const size_t each = job->rows / size + 1;
  size_t s = 0;
  size_t start = 0; /* of segment s, in rows */
  while (s < job->n && start < each * rank) start += job->segments[s++].count;
  *begin = s;
  while (s < job->n && start < each * (rank + 1)) start += job->segments[s++].count;
  *end = s;
}

float lode_vectors_score(const lode_vectors_job *job, size_t segment, size_t row) {
  const lode_vectors *v = job->vectors;
  const lode_vectors_segment *s = &job->segments[segment];
  if (v->dtype == LODE_DTYPE_F32) {
    return v->dot_f32->run(v->dim, job->query, (const float *)s->rows + row * v->dim);
  }
  const int8_t *values = (const int8_t *)s->rows + row * v->dim;
  return s->scales[row] * v->dot_f32_i8->run(v->dim, job->query, values);
}

/* ---------------------------------------------------------------- search */

/* How many rows may be found. */
static size_t count_rows(const lode_vectors_job *job) {
  size_t count = 0;
  for (size_t s = 0; s < job->n; s++) {
    const lode_vectors_segment *segment = &job->segments[s];
    if (segment->dead == NULL && (job->allowed == NULL || job->allowed[s] == NULL)) {
      count += segment->count;
      continue;
    }
    for (size_t first = 0; first < segment->count; first += LODE_VECTORS_BLOCK) {
      count += (size_t)__builtin_popcountll(lode_vectors_mask(job, s, first));
    }
  }
  return count;
}

static bool has_codes(const lode_vectors_job *job) {
  for (size_t s = 0; s < job->n; s++) {
    if (job->segments[s].codes == NULL && job->segments[s].count > 0) return false;
  }
  return true;
}

/* docs/search.md has the measurements behind these. */
enum { PREFILTER_ROWS = 1 << 17, SHARE = 100, EACH = 100 };

size_t lode_vectors_candidates(size_t rows, size_t k) {
  return k < (SIZE_MAX - rows) / EACH ? rows / SHARE + EACH * k : rows;
}

/* job->candidates: 0 for exact search. */
static void choose_way(lode_vectors_job *job, size_t rows, size_t k,
                       const lode_vectors_options *options) {
  const lode_vectors_prefilter way = options != NULL ? options->prefilter : 0;
  if (way == LODE_VECTORS_PREFILTER_NEVER || !has_codes(job)) return;
  size_t candidates = options != NULL ? options->candidates : 0;
  if (candidates == 0) candidates = lode_vectors_candidates(rows, k);
  if (candidates < k) candidates = k;
  if (way == LODE_VECTORS_PREFILTER_AUTO && (rows < PREFILTER_ROWS || candidates > rows / 10)) {
    return;
  }
  job->candidates = candidates < rows ? candidates : rows;
}

/* The integers' order differs a little from that of the query in f32: so many rows are looked at
 * again for the best k. */
static size_t looked_at_again(const lode_vectors *v, size_t k, size_t rows) {
  if (v->dtype == LODE_DTYPE_F32) return k;
  const size_t more = k + k / 4 + 16;
  return more < rows ? more : rows;
}

/* All workers' hits in one, with room for `wanted` of them. */
static lode_top merge(const lode_vectors_job *job, lode_vectors_hit *memory, size_t wanted) {
  lode_top all = lode_top_make(memory, wanted);
  for (int i = 0; i < job->vectors->worker_count; i++) {
    const lode_top *top = &job->vectors->workers[i].top;
    for (size_t j = 0; j < top->count; j++) lode_top_push(&all, top->hits[j]);
  }
  return all;
}

static void search(lode_vectors_job *job, size_t k, lode_vectors_hit *hits, size_t *count) {
  lode_vectors *v = job->vectors;
  lode_top best;
  if (job->candidates > 0) {
    lode_pool_together(v->pool, lode_vectors_scan_codes, job);
    lode_pool_together(v->pool, lode_vectors_rescore, job);
    best = merge(job, hits, k);
  } else {
    lode_pool_together(v->pool, lode_vectors_scan_rows, job);
    if (v->dtype == LODE_DTYPE_F32) {
      best = merge(job, hits, k);
    } else {
      const lode_top again = merge(job, v->merged.data, job->wanted);
      best = lode_top_make(hits, k);
      for (size_t i = 0; i < again.count; i++) {
        lode_vectors_hit hit = again.hits[i];
        hit.score = lode_vectors_score(job, hit.segment, hit.row);
        lode_top_push(&best, hit);
      }
    }
  }
  lode_top_sort(&best);
  *count = best.count;
}

static bool reserve(lode_vectors_job *job) {
  lode_vectors *v = job->vectors;
  const size_t size = sizeof(lode_vectors_hit);
  for (int i = 0; i < v->worker_count; i++) {
    if (!lode_buffer_reserve(&v->workers[i].hits, job->wanted, size, 0)) return false;
  }
  if (job->candidates > 0) return lode_vectors_prefilter_reserve(job);
  return lode_buffer_reserve(&v->merged, job->wanted, size, 0);
}

lode_status lode_vectors_search(lode_vectors *v, const lode_vectors_segment *segments, size_t n,
                                const float *query, size_t k, const lode_vectors_options *options,
                                lode_vectors_hit *hits, size_t *count, lode_error *err) {
  float query_scale;
  lode_vectors_job job = {.vectors = v,
                          .segments = segments,
                          .n = n,
                          .allowed = options != NULL ? options->allowed : NULL,
                          .query = query};
  if (n > UINT32_MAX) return lode_error_set(err, LODE_E_ARG, -1, -1, "2^32 segments or more");
  for (size_t s = 0; s < n; s++) {
    if (segments[s].count > UINT32_MAX || job.rows > SIZE_MAX - segments[s].count) {
      return lode_error_set(err, LODE_E_ARG, (int64_t)s, -1, "a segment of 2^32 rows or more");
    }
    job.rows += segments[s].count;
  }
  if (!lode_vectors_encode(v->dim, query, v->query_row.data, &query_scale, v->query_code.data)) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "the query's vector has NaN or infinities");
  }
  const size_t rows = count_rows(&job);
  if (k > rows) k = rows;
  if (k == 0) {
    *count = 0;
    return LODE_OK;
  }
  choose_way(&job, rows, k, options);
  job.wanted = job.candidates > 0 ? k : looked_at_again(v, k, rows);
  if (!reserve(&job)) return lode_error_nomem(err);
  search(&job, k, hits, count);
  return LODE_OK;
}
