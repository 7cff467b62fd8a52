/* Vectors of a collection: encoding against its formula, search against brute force in double
 * over random collections with dead rows, filters, ties and hostile bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/cpu.h"
#include "bits.h"
#include "guarded.h"
#include "index_vectors.h"
#include "kernels/dot/sum64.h"
#include "kernels/quantize/quantize.h"

/* ---------------------------------------------------------------- encoding */

/* No other scale is nearer: the derivative of the squared error is 0, to the rounding of scale. */
static void check_scale(size_t dim, const float *x, const int8_t *row, float scale) {
  double slope = 0.0, squares = 0.0;
  for (size_t i = 0; i < dim; i++) {
    slope += ((double)x[i] - (double)scale * row[i]) * row[i];
    squares += (double)row[i] * row[i];
  }
  assert_true(fabs(slope) <= 0x1p-23 * (double)scale * squares);
}

static void test_encode_follows_its_formula(void **state) {
  (void)state;
  enum { MOST = 200 };
  float x[MOST];
  int8_t row[MOST], want[MOST + LODE_QUANTIZE_STEP];
  uint8_t code[32];
  uint64_t seed = 1;
  for (size_t dim = 1; dim <= MOST; dim++) {
    float scale, want_scale;
    int32_t sum;
    random_fill(&seed, x, dim);
    assert_true(lode_vectors_encode(dim, x, row, &scale, code));
    /* The same rows as kernels/quantize makes of activations. */
    lode_quantize_select(0)->rows(1, dim, x, dim, NULL, want, sizeof want, &want_scale, &sum);
    assert_memory_equal(row, want, dim);
    check_scale(dim, x, row, scale);
    for (size_t i = 0; i < lode_vectors_code_size(dim) * 8; i++) {
      assert_int_equal(code[i / 8] >> i % 8 & 1, i < dim && x[i] > 0.0f);
    }
  }
}

static void test_encode_zeros_and_what_is_not_finite(void **state) {
  (void)state;
  float x[70] = {0};
  int8_t row[70];
  uint8_t code[16];
  float scale = 1.0f;
  x[3] = 1e-38f;
  x[4] = -0.0f;
  assert_true(lode_vectors_encode(70, x, row, &scale, code));
  assert_true(scale == 0.0f);
  for (size_t i = 0; i < 70; i++) assert_int_equal(row[i], 0);
  assert_int_equal(code[0], 1 << 3);
  static const float bad[] = {NAN, INFINITY, -INFINITY};
  for (size_t at = 0; at < 70; at++) {
    x[at] = bad[at % 3];
    x[(at + 7) % 70] = 3.0f;
    memset(row, 77, sizeof row);
    memset(code, 77, sizeof code);
    scale = 77.0f;
    assert_false(lode_vectors_encode(70, x, row, &scale, code));
    assert_true(scale == 77.0f && row[0] == 77 && row[69] == 77 && code[0] == 77);
    x[at] = 0.0f;
  }
  x[0] = 3.402823466e38f;
  assert_true(lode_vectors_encode(70, x, row, &scale, NULL));
  assert_int_equal(row[0], 127);
  assert_true(lode_vectors_encode(70, x, NULL, NULL, code));
}

/* ---------------------------------------------------------------- against brute force */

/* How far the computed score of a row may be from the one in double. */
static double score_error(const collection *c, size_t s, size_t row, const float *query) {
  double sizes = 0.0;
  for (size_t j = 0; j < c->dim; j++) {
    sizes += fabs((double)query[j] * collection_value(c, s, row, j));
  }
  return (double)(lode_sum64_depth(c->dim) + 1) * 0x1p-24 * sizes;
}

/* How far the score by the query in integers may be from that by the query in f32. */
static double integer_error(const collection *c, size_t s, size_t row, const float *query) {
  if (c->dtype == LODE_DTYPE_F32) return 0.0;
  double most = 0.0, sizes = 0.0;
  for (size_t j = 0; j < c->dim; j++) {
    most = fmax(most, fabs((double)query[j]));
    sizes += fabs(collection_value(c, s, row, j));
  }
  return most / 127.0 * (0.5 + 0x1p-15) * sizes;
}

/* The hits are rows that may be found, each once, in order, with their scores; and no other row
 * of `among` (a row's number over all segments; NULL: all) is better than the last of them. */
static void check_hits(const collection *c, const float *query, const bool *among,
                       const lode_vectors_hit *hits, size_t count, bool exact_integers) {
  bool *found = calloc(c->rows + 1, 1);
  assert_non_null(found);
  double worst = INFINITY;
  double slack = 0.0;
  for (size_t i = 0; i < count; i++) {
    const lode_vectors_hit *h = &hits[i];
    assert_true(h->segment < c->n && h->row < c->segments[h->segment].count);
    assert_true(collection_may_find(c, h->segment, h->row));
    const size_t number = collection_number(c, h->segment, h->row);
    assert_false(found[number]);
    found[number] = true;
    if (i > 0) assert_true(hit_before(&hits[i - 1], h));
    const double score = collection_score(c, h->segment, h->row, query);
    const double allowed = score_error(c, h->segment, h->row, query);
    if (!(fabs(score - (double)h->score) <= allowed)) {
      fail_msg("row %u of %u: score %.9g, should be %.9g", h->row, h->segment, (double)h->score,
               score);
    }
    worst = fmin(worst, score);
    slack =
        fmax(slack, allowed + (exact_integers ? 0.0 : integer_error(c, h->segment, h->row, query)));
  }
  for (size_t s = 0; s < c->n; s++) {
    for (size_t row = 0; row < c->segments[s].count; row++) {
      const size_t number = collection_number(c, s, row);
      if (found[number] || !collection_may_find(c, s, row)) continue;
      if (among != NULL && !among[number]) continue;
      const double mine =
          score_error(c, s, row, query) + (exact_integers ? 0.0 : integer_error(c, s, row, query));
      const double score = collection_score(c, s, row, query);
      if (!(score <= worst + slack + mine)) {
        fail_msg("row %zu of %zu with %.9g was not found, the last hit has %.9g", row, s, score,
                 worst);
      }
    }
  }
  free(found);
}

static void check_search(const collection *c, const float *query, size_t k,
                         const lode_vectors_options *options, const bool *among, size_t expected,
                         bool exact_integers, lode_pool *pool) {
  lode_vectors *v;
  assert_int_equal(
      lode_vectors_new(c->dim, c->dtype, lode_cpu_features(NULL, NULL), pool, &v, NULL), LODE_OK);
  lode_vectors_hit *hits = calloc(k + 1, sizeof *hits);
  assert_non_null(hits);
  size_t count = 12345;
  assert_int_equal(lode_vectors_search(v, c->segments, c->n, query, k, options, hits, &count, NULL),
                   LODE_OK);
  assert_int_equal(count, expected);
  check_hits(c, query, among, hits, count, exact_integers);
  free(hits);
  lode_vectors_free(v);
}

static void random_query(uint64_t *seed, const collection *c, float *query, bool integers) {
  random_fill(seed, query, c->dim);
  if (!integers) return;
  for (size_t j = 0; j < c->dim; j++) query[j] = (float)(int)(query[j] * 127.0f);
  query[0] = 127.0f;
}

static void check_random(size_t dim, lode_dtype dtype, uint64_t seed, lode_pool *pool) {
  collection c = collection_random(dim, dtype, &seed);
  float *query = calloc(dim, sizeof *query);
  assert_non_null(query);
  for (int round = 0; round < 4; round++) {
    const bool integers = round % 2 == 0;
    random_query(&seed, &c, query, integers);
    const lode_vectors_options options = {.allowed = round < 2 ? c.allowed : NULL,
                                          .prefilter = LODE_VECTORS_PREFILTER_NEVER};
    c.filtered = options.allowed != NULL;
    const size_t rows = collection_findable(&c);
    const size_t k = round == 3 ? c.rows + 3 : 1 + (size_t)(seed >> 20) % 12;
    check_search(&c, query, k, &options, NULL, k < rows ? k : rows, integers, pool);
  }
  free(query);
  collection_free(&c);
}

static void test_exact_search_finds_the_best(void **state) {
  (void)state;
  lode_pool *pool = lode_pool_new(3);
  assert_non_null(pool);
  for (size_t dim = 1; dim <= 140; dim += dim < 20 ? 1 : 7) {
    check_random(dim, LODE_DTYPE_I8, dim, NULL);
    check_random(dim, LODE_DTYPE_F32, dim, NULL);
    check_random(dim, LODE_DTYPE_I8, dim + 1000, pool);
  }
  check_random(384, LODE_DTYPE_I8, 77, NULL);
  check_random(1000, LODE_DTYPE_F32, 78, pool);
  lode_pool_free(pool);
}

/* Which rows the prefilter has to pass on: the first by (distance, segment, row). */
static bool *nearest_codes(const collection *c, const float *query, size_t candidates) {
  bool *among = calloc(c->rows + 1, 1);
  uint8_t *code = calloc(lode_vectors_code_size(c->dim), 1);
  assert_true(among != NULL && code != NULL);
  assert_true(lode_vectors_encode(c->dim, query, NULL, NULL, code));
  for (size_t taken = 0; taken < candidates; taken++) {
    size_t best = c->rows, best_distance = SIZE_MAX;
    for (size_t s = 0; s < c->n; s++) {
      for (size_t row = 0; row < c->segments[s].count; row++) {
        const size_t number = collection_number(c, s, row);
        if (among[number] || !collection_may_find(c, s, row)) continue;
        const size_t distance = collection_distance(c, s, row, code);
        if (distance < best_distance) {
          best = number;
          best_distance = distance;
        }
      }
    }
    if (best == c->rows) break;
    among[best] = true;
  }
  free(code);
  return among;
}

static void check_prefilter(size_t dim, lode_dtype dtype, uint64_t seed, lode_pool *pool) {
  collection c = collection_random(dim, dtype, &seed);
  float *query = calloc(dim, sizeof *query);
  assert_non_null(query);
  for (size_t candidates = 1; candidates < 2 * c.rows; candidates = candidates * 2 + 3) {
    random_query(&seed, &c, query, false);
    c.filtered = candidates % 2 == 0;
    const lode_vectors_options options = {.allowed = c.filtered ? c.allowed : NULL,
                                          .prefilter = LODE_VECTORS_PREFILTER_ALWAYS,
                                          .candidates = candidates};
    const size_t rows = collection_findable(&c);
    const size_t k = 1 + (size_t)(seed >> 20) % candidates;
    bool *among = nearest_codes(&c, query, candidates);
    /* Candidates are scored by the query in f32 at once: no error of integers. */
    check_search(&c, query, k, &options, among, k < rows ? k : rows, true, pool);
    free(among);
  }
  free(query);
  collection_free(&c);
}

static void test_prefilter_passes_on_the_nearest_codes(void **state) {
  (void)state;
  lode_pool *pool = lode_pool_new(3);
  assert_non_null(pool);
  for (size_t dim = 1; dim <= 140; dim += dim < 10 ? 1 : 13) {
    check_prefilter(dim, LODE_DTYPE_I8, dim, NULL);
    check_prefilter(dim, LODE_DTYPE_F32, dim, pool);
    check_prefilter(dim, LODE_DTYPE_I8, dim + 1000, pool);
  }
  lode_pool_free(pool);
}

/* Many rows, but small ones; all but the first 1,000 may be forbidden. */
static void test_auto_takes_the_prefilter_for_many_rows_only(void **state) {
  (void)state;
  enum { DIM = 8, ROWS = 140000, FEW = 1000, K = 20 };
  int8_t *rows = malloc((size_t)ROWS * DIM);
  float *scales = malloc(ROWS * sizeof *scales);
  uint8_t *codes = malloc((size_t)ROWS * 8), *few = calloc(ROWS / 8 + 1, 1);
  assert_true(rows != NULL && scales != NULL && codes != NULL && few != NULL);
  uint64_t seed = 3;
  float x[DIM];
  for (size_t i = 0; i < ROWS; i++) {
    random_fill(&seed, x, DIM);
    assert_true(lode_vectors_encode(DIM, x, rows + i * DIM, scales + i, codes + i * 8));
  }
  memset(few, 0xFF, FEW / 8);
  collection c = {.dim = DIM, .dtype = LODE_DTYPE_I8, .n = 1, .rows = ROWS};
  c.segments[0] = (lode_vectors_segment){ROWS, rows, scales, codes, NULL};
  c.allowed[0] = few;
  random_fill(&seed, x, DIM);
  lode_vectors_hit hits[3][K];
  for (int filtered = 0; filtered < 2; filtered++) {
    for (int way = 0; way < 3; way++) {
      const lode_vectors_options options = {.allowed = filtered ? c.allowed : NULL,
                                            .prefilter = (lode_vectors_prefilter)way};
      lode_vectors *v;
      size_t count;
      assert_int_equal(lode_vectors_new(DIM, c.dtype, 0, NULL, &v, NULL), LODE_OK);
      assert_int_equal(
          lode_vectors_search(v, c.segments, 1, x, K, &options, hits[way], &count, NULL), LODE_OK);
      assert_int_equal(count, K);
      lode_vectors_free(v);
    }
    const int like = filtered ? LODE_VECTORS_PREFILTER_NEVER : LODE_VECTORS_PREFILTER_ALWAYS;
    const int unlike = filtered ? LODE_VECTORS_PREFILTER_ALWAYS : LODE_VECTORS_PREFILTER_NEVER;
    assert_memory_equal(hits[LODE_VECTORS_PREFILTER_AUTO], hits[like], sizeof hits[0]);
    if (!filtered) { /* 8 bits say little: the two ways can be told apart */
      assert_memory_not_equal(hits[LODE_VECTORS_PREFILTER_AUTO], hits[unlike], sizeof hits[0]);
    }
  }
  free(rows);
  free(scales);
  free(codes);
  free(few);
}

static void test_candidates_for_any_numbers(void **state) {
  (void)state;
  assert_true(lode_vectors_candidates(1000000, 10) >= 10000);
  assert_true(lode_vectors_candidates(0, 10) >= 10);
  assert_true(lode_vectors_candidates(SIZE_MAX, SIZE_MAX) == SIZE_MAX);
  assert_true(lode_vectors_candidates(50, SIZE_MAX) >= 50);
}

/* ---------------------------------------------------------------- the same everywhere */

static size_t search_with(const collection *c, uint32_t features, lode_pool *pool,
                          const float *query, size_t k, const lode_vectors_options *options,
                          lode_vectors_hit *hits) {
  lode_vectors *v;
  size_t count;
  assert_int_equal(lode_vectors_new(c->dim, c->dtype, features, pool, &v, NULL), LODE_OK);
  assert_int_equal(lode_vectors_search(v, c->segments, c->n, query, k, options, hits, &count, NULL),
                   LODE_OK);
  lode_vectors_free(v);
  return count;
}

static void assert_same_hits(const lode_vectors_hit *a, const lode_vectors_hit *b, size_t count) {
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(a[i].segment, b[i].segment);
    assert_int_equal(a[i].row, b[i].row);
    assert_true(bits_of(a[i].score) == bits_of(b[i].score));
  }
}

static void test_threads_do_not_matter(void **state) {
  (void)state;
  enum { K = 40 };
  lode_vectors_hit one[K], many[K];
  for (uint64_t seed = 1; seed < 20; seed++) {
    uint64_t random = seed;
    collection c = collection_random(1 + seed * 3, LODE_DTYPE_I8, &random);
    float query[64];
    random_query(&random, &c, query, false);
    c.filtered = true;
    lode_vectors_options options = {
        .allowed = c.allowed, .prefilter = LODE_VECTORS_PREFILTER_ALWAYS, .candidates = K + seed};
    for (int workers = 2; workers < 6; workers++) {
      options.prefilter =
          workers % 2 == 0 ? LODE_VECTORS_PREFILTER_ALWAYS : LODE_VECTORS_PREFILTER_NEVER;
      lode_pool *pool = lode_pool_new(workers);
      assert_non_null(pool);
      const uint32_t features = lode_cpu_features(NULL, NULL);
      const size_t count = search_with(&c, features, NULL, query, K, &options, one);
      assert_int_equal(search_with(&c, features, pool, query, K, &options, many), count);
      assert_same_hits(one, many, count);
      lode_pool_free(pool);
    }
    collection_free(&c);
  }
}

/* Same candidates everywhere; ref's scores differ in their last bits. */
static void test_instruction_sets_do_not_matter(void **state) {
  (void)state;
  enum { K = 30 };
  static const char *const levels[] = {"avx2", "avx512", "neon"};
  lode_vectors_hit best[K], other[K];
  const uint32_t features = lode_cpu_features(NULL, NULL);
  for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
    const uint32_t level = lode_cpu_features(levels[i], NULL) & features;
    if (level == 0) print_message("%s was not run: not on this machine\n", levels[i]);
    for (uint64_t seed = 1; level != 0 && seed < 30; seed++) {
      uint64_t random = seed;
      collection c = collection_random(seed * 5, i % 2 ? LODE_DTYPE_F32 : LODE_DTYPE_I8, &random);
      float query[150];
      random_query(&random, &c, query, false);
      const lode_vectors_options options = {
          .prefilter = seed % 2 ? LODE_VECTORS_PREFILTER_ALWAYS : LODE_VECTORS_PREFILTER_NEVER,
          .candidates = 60};
      const size_t count = search_with(&c, features, NULL, query, K, &options, best);
      assert_int_equal(search_with(&c, level, NULL, query, K, &options, other), count);
      assert_same_hits(best, other, count);
      collection_free(&c);
    }
  }
}

/* ---------------------------------------------------------------- ties and ends */

/* All rows alike: the first ones, in their order, whichever way. */
static void test_ties_go_by_segment_and_row(void **state) {
  (void)state;
  enum { DIM = 65, K = 100 };
  uint64_t seed = 5;
  collection c = collection_random(DIM, LODE_DTYPE_I8, &seed);
  for (size_t s = 0; s < c.n; s++) {
    for (size_t row = 0; row < c.segments[s].count; row++) {
      collection_set_like(&c, s, row, 0, collection_first_filled(&c));
    }
  }
  float query[DIM];
  random_query(&seed, &c, query, false);
  lode_vectors_hit hits[K];
  for (int way = 0; way < 4; way++) {
    lode_pool *pool = way % 2 ? lode_pool_new(3) : NULL;
    const lode_vectors_options options = {
        .prefilter = way < 2 ? LODE_VECTORS_PREFILTER_NEVER : LODE_VECTORS_PREFILTER_ALWAYS,
        .candidates = K};
    const size_t count = search_with(&c, 0, pool, query, K, &options, hits);
    size_t i = 0;
    for (size_t s = 0; s < c.n; s++) {
      for (size_t row = 0; row < c.segments[s].count && i < count; row++) {
        if (!collection_may_find(&c, s, row)) continue;
        assert_int_equal(hits[i].segment, s);
        assert_int_equal(hits[i].row, row);
        i++;
      }
    }
    assert_int_equal(i, count);
    lode_pool_free(pool);
  }
  /* A query of zeros likes all rows alike. */
  memset(query, 0, sizeof query);
  const size_t count = search_with(&c, 0, NULL, query, 1, NULL, hits);
  assert_int_equal(count, 1);
  assert_true(hits[0].score == 0.0f);
  collection_free(&c);
}

static void test_nothing_to_find(void **state) {
  (void)state;
  lode_vectors *v;
  lode_vectors_hit hit = {1, 2, 3.0f};
  size_t count = 9;
  const float query[3] = {1.0f, 2.0f, 3.0f};
  const int8_t rows[6] = {1, 2, 3, 4, 5, 6};
  const float scales[2] = {1.0f, 1.0f};
  const uint8_t dead[1] = {3};
  const lode_vectors_segment segments[2] = {{0}, {2, rows, scales, NULL, dead}};
  assert_int_equal(lode_vectors_new(3, LODE_DTYPE_I8, 0, NULL, &v, NULL), LODE_OK);
  assert_int_equal(lode_vectors_search(v, NULL, 0, query, 5, NULL, &hit, &count, NULL), LODE_OK);
  assert_int_equal(count, 0);
  count = 9;
  assert_int_equal(lode_vectors_search(v, segments, 2, query, 1, NULL, &hit, &count, NULL),
                   LODE_OK);
  assert_int_equal(count, 0);
  count = 9;
  assert_int_equal(lode_vectors_search(v, segments, 2, query, 0, NULL, NULL, &count, NULL),
                   LODE_OK);
  assert_int_equal(count, 0);
  assert_true(hit.segment == 1 && hit.row == 2);
  lode_vectors_free(v);
  lode_vectors_free(NULL);
}

static void test_refused_arguments(void **state) {
  (void)state;
  lode_vectors *v;
  lode_error err;
  assert_int_equal(lode_vectors_new(0, LODE_DTYPE_I8, 0, NULL, &v, &err), LODE_E_ARG);
  assert_null(v);
  assert_int_equal(lode_vectors_new(LODE_VECTORS_DIM_MAX + 1, LODE_DTYPE_I8, 0, NULL, &v, &err),
                   LODE_E_ARG);
  assert_int_equal(lode_vectors_new(4, LODE_DTYPE_F16, 0, NULL, &v, &err), LODE_E_ARG);
  assert_int_equal(lode_vectors_new(2, LODE_DTYPE_F32, 0, NULL, &v, &err), LODE_OK);
  const float rows[2] = {1.0f, 2.0f};
  const float query[2] = {1.0f, NAN};
  lode_vectors_segment segment = {.count = 1, .rows = rows};
  lode_vectors_hit hit = {7, 7, 7.0f};
  size_t count = 7;
  assert_int_equal(lode_vectors_search(v, &segment, 1, query, 1, NULL, &hit, &count, &err),
                   LODE_E_ARG);
  assert_non_null(strstr(err.text, "NaN"));
  segment.count = (size_t)UINT32_MAX + 1;
  assert_int_equal(lode_vectors_search(v, &segment, 1, rows, 1, NULL, &hit, &count, &err),
                   LODE_E_ARG);
  assert_true(count == 7 && hit.segment == 7);
  lode_vectors_free(v);
}

/* ---------------------------------------------------------------- hostile bytes */

/* Whatever a file holds: hits are rows that are there, none twice, none with NaN. */
static void test_any_bytes_are_safe(void **state) {
  (void)state;
  enum { K = 50 };
  lode_vectors_hit hits[K];
  for (uint64_t seed = 1; seed < 60; seed++) {
    uint64_t random = seed;
    const size_t dim = 1 + seed * 7 % 200;
    collection c = collection_random(dim, LODE_DTYPE_I8, &random);
    collection_scramble(&c, &random);
    float query[200];
    random_query(&random, &c, query, false);
    c.filtered = true;
    const lode_vectors_options options = {
        .allowed = c.allowed,
        .prefilter = seed % 2 ? LODE_VECTORS_PREFILTER_ALWAYS : LODE_VECTORS_PREFILTER_NEVER,
        .candidates = seed % 4 ? K : 0};
    const uint32_t features = seed % 3 ? lode_cpu_features(NULL, NULL) : 0;
    const size_t count = search_with(&c, features, NULL, query, K, &options, hits);
    assert_true(count <= K);
    for (size_t i = 0; i < count; i++) {
      assert_true(collection_may_find(&c, hits[i].segment, hits[i].row));
      assert_true(hits[i].score > -INFINITY);
      if (i > 0) assert_true(hit_before(&hits[i - 1], &hits[i]));
    }
    collection_free(&c);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_encode_follows_its_formula),
      cmocka_unit_test(test_encode_zeros_and_what_is_not_finite),
      cmocka_unit_test(test_exact_search_finds_the_best),
      cmocka_unit_test(test_prefilter_passes_on_the_nearest_codes),
      cmocka_unit_test(test_auto_takes_the_prefilter_for_many_rows_only),
      cmocka_unit_test(test_candidates_for_any_numbers),
      cmocka_unit_test(test_threads_do_not_matter),
      cmocka_unit_test(test_instruction_sets_do_not_matter),
      cmocka_unit_test(test_ties_go_by_segment_and_row),
      cmocka_unit_test(test_nothing_to_find),
      cmocka_unit_test(test_refused_arguments),
      cmocka_unit_test(test_any_bytes_are_safe),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
