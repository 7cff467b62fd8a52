/* The tests that every family of attention goes through (kernels/attention/attention.h): each
 * kernel that this machine can run, against attention in double. The tolerance is an error
 * bound, derived at `check_row`; every array ends at an unmapped page. A test defines `family`
 * and runs ATTENTION_CASES. */
#ifndef LODE_TESTS_ATTENTION_CASES_H
#define LODE_TESTS_ATTENTION_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "guarded.h"
#include "kernels/attention/attention.h"

#define UNIT 0x1p-24 /* half a unit in the last place of 1.0f */

typedef struct attention_family {
  const lode_attention_kernel *(*kernel_at)(size_t i);
  const lode_attention_kernel *(*select)(uint32_t features);
  double score_unit;  /* a score is off by at most this, */
  double score_step;  /* and this for each component, times scale sum|q k| */
  double weight_unit; /* a weighted value by at most this, beside 20 and for each token 2 UNITs */
} attention_family;

static const attention_family family;

typedef struct problem {
  size_t n, d, ld, ldo;
  float scale;
  guarded q, k, v, out, scratch;
} problem;

static inline size_t matrix_floats(size_t n, size_t d, size_t ld) {
  return n == 0 ? 0 : (n - 1) * ld + d;
}

static const float untouched = 12345.0f;

static inline problem problem_make(const lode_attention_kernel *kernel, size_t n, size_t d,
                                   size_t pad) {
  problem p = {.n = n, .d = d, .ld = d + pad, .ldo = d + pad / 2};
  p.scale = 1.0f / sqrtf((float)d);
  p.q = guarded_floats(matrix_floats(n, d, p.ld));
  p.k = guarded_floats(matrix_floats(n, d, p.ld));
  p.v = guarded_floats(matrix_floats(n, d, p.ld));
  p.out = guarded_floats(matrix_floats(n, d, p.ldo));
  /* Rounded up to whole cache lines, so that the scratch is aligned as the contract asks. */
  const size_t line = 64 / sizeof(float);
  p.scratch = guarded_floats((kernel->scratch_size(n, d) + line - 1) / line * line);
  uint64_t state = n * 1009 + d;
  random_fill(&state, p.q.data, matrix_floats(n, d, p.ld));
  random_fill(&state, p.k.data, matrix_floats(n, d, p.ld));
  random_fill(&state, p.v.data, matrix_floats(n, d, p.ld));
  for (size_t i = 0; i < matrix_floats(n, d, p.ldo); i++) p.out.data[i] = untouched;
  return p;
}

static inline void problem_free(problem *p) {
  guarded_free(&p->q);
  guarded_free(&p->k);
  guarded_free(&p->v);
  guarded_free(&p->out);
  guarded_free(&p->scratch);
}

static inline void problem_run(const lode_attention_kernel *kernel, const problem *p, size_t row0,
                               size_t row1) {
  /* Nothing may be taken from an earlier call: NaN in, NaN out. */
  memset(p->scratch.data, 0xFF, kernel->scratch_size(p->n, p->d) * sizeof(float));
  kernel->run(&(lode_attention_args){
      .n = p->n,
      .d = p->d,
      .row0 = row0,
      .row1 = row1,
      .q = p->q.data,
      .k = p->k.data,
      .v = p->v.data,
      .ld = p->ld,
      .scale = p->scale,
      .out = p->out.data,
      .ldo = p->ldo,
      .scratch = p->scratch.data,
  });
}

/* With e the largest error of a score: of its products and their sum, of the scale and of
 * subtracting the maximum (which is at most the largest score). Then p_j is off by a factor
 * of at most exp(2 e), exp itself by 8 units and what the family says, and the sums over n keys
 * and the division by n + 2 roundings each, above and below the line. */
static inline void check_row(const problem *p, size_t i) {
  const float *q = p->q.data + i * p->ld;
  double *weights = malloc(p->n * sizeof *weights);
  assert_non_null(weights);
  const double unit = family.score_unit + (double)p->d * family.score_step;
  double max = -INFINITY, score_error = 0.0, total = 0.0;
  for (size_t j = 0; j < p->n; j++) {
    const float *k = p->k.data + j * p->ld;
    double score = 0.0, magnitude = 0.0;
    for (size_t c = 0; c < p->d; c++) {
      score += (double)q[c] * k[c];
      magnitude += fabs((double)q[c] * k[c]);
    }
    weights[j] = (double)p->scale * score;
    max = fmax(max, weights[j]);
    score_error = fmax(score_error, unit * (double)p->scale * magnitude);
  }
  for (size_t j = 0; j < p->n; j++) {
    weights[j] = exp(weights[j] - max);
    total += weights[j];
  }
  const double relative =
      expm1(4.0 * score_error) + family.weight_unit + (2.0 * (double)p->n + 20.0) * UNIT;
  for (size_t c = 0; c < p->d; c++) {
    double expected = 0.0, magnitude = 0.0;
    for (size_t j = 0; j < p->n; j++) {
      expected += weights[j] / total * p->v.data[j * p->ld + c];
      magnitude += weights[j] / total * fabs((double)p->v.data[j * p->ld + c]);
    }
    const double got = p->out.data[i * p->ldo + c];
    if (!(fabs(got - expected) <= relative * magnitude)) {
      fail_msg("n %zu d %zu: out[%zu,%zu] = %.9g, not %.9g within %.2g", p->n, p->d, i, c, got,
               expected, relative * magnitude);
    }
  }
  free(weights);
}

static inline void check_untouched(const problem *p, size_t row0, size_t row1) {
  for (size_t at = 0; at < matrix_floats(p->n, p->d, p->ldo); at++) {
    const size_t i = at / p->ldo;
    if (i >= row0 && i < row1 && at % p->ldo < p->d) continue;
    assert_true(p->out.data[at] == untouched);
  }
}

static inline void check_size(const lode_attention_kernel *kernel, size_t n, size_t d, size_t pad) {
  problem p = problem_make(kernel, n, d, pad);
  problem_run(kernel, &p, 0, n);
  for (size_t i = 0; i < n; i++) check_row(&p, i);
  check_untouched(&p, 0, n);
  problem_free(&p);
}

static inline void each_kernel(void (*check)(const lode_attention_kernel *kernel)) {
  const uint32_t features = lode_cpu_features(NULL, NULL);
  const lode_attention_kernel *kernel;
  for (size_t i = 0; (kernel = family.kernel_at(i)) != NULL; i++) {
    if ((kernel->features & ~features) != 0) {
      print_message("%s was not run: not on this machine\n", kernel->name);
    } else {
      check(kernel);
    }
  }
}

/* ------------------------------------------------------------------ values */

static inline void check_lengths(const lode_attention_kernel *kernel) {
  for (size_t n = 1; n <= 50; n++) {
    check_size(kernel, n, 32, n % 2 * 64);
    check_size(kernel, n, 64, 0);
  }
  static const size_t longer[] = {63, 64, 65, 95, 97, 128, 200, 513};
  for (size_t i = 0; i < sizeof longer / sizeof longer[0]; i++) {
    check_size(kernel, longer[i], 32, 64);
  }
}

static inline void check_head_sizes(const lode_attention_kernel *kernel) {
  static const size_t sizes[] = {1,  2,  3,  4,  5,  7,  8,  9,  12, 15, 16,
                                 17, 24, 31, 33, 40, 47, 48, 63, 65, 80, 128};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    check_size(kernel, 1, sizes[i], 0);
    check_size(kernel, 19, sizes[i], i % 3);
    check_size(kernel, 37, sizes[i], 6);
  }
}

static inline void test_every_length(void **state) {
  (void)state;
  each_kernel(check_lengths);
}

static inline void test_every_head_size(void **state) {
  (void)state;
  each_kernel(check_head_sizes);
}

/* Scores of tens of thousands: exp overflows unless the maximum comes off first. */
static inline void check_large_scores(const lode_attention_kernel *kernel) {
  problem p = problem_make(kernel, 45, 32, 0);
  for (size_t i = 0; i < 45 * 32; i++) {
    p.q.data[i] *= 100.0f;
    p.k.data[i] *= 100.0f;
  }
  for (size_t c = 0; c < 32; c++) { /* key 7 is what every query looks for */
    p.k.data[7 * p.ld + c] = 200.0f;
    for (size_t i = 0; i < 45; i++) p.q.data[i * p.ld + c] = fabsf(p.q.data[i * p.ld + c]);
  }
  problem_run(kernel, &p, 0, 45);
  for (size_t i = 0; i < 45; i++) {
    for (size_t c = 0; c < 32; c++) {
      const double got = p.out.data[i * p.ldo + c], expected = p.v.data[7 * p.ld + c];
      assert_true(fabs(got - expected) <= (8.0 * UNIT + family.weight_unit) * fabs(expected));
    }
  }
  problem_free(&p);
}

static inline void check_special_values(const lode_attention_kernel *kernel) {
  problem p = problem_make(kernel, 40, 32, 0);
  p.q.data[5 * p.ld + 31] = NAN;
  p.q.data[6 * p.ld] = INFINITY;
  problem_run(kernel, &p, 0, 40);
  for (size_t i = 0; i < 40; i++) {
    if (i != 5 && i != 6) {
      check_row(&p, i);
      continue;
    }
    for (size_t c = 0; c < 32; c++) assert_true(isnan(p.out.data[i * p.ldo + c]));
  }
  p.q.data[5 * p.ld + 31] = p.q.data[6 * p.ld] = 0.5f;
  p.v.data[39 * p.ld + 3] = NAN; /* a component of one value reaches that component of all */
  problem_run(kernel, &p, 0, 40);
  for (size_t i = 0; i < 40; i++) {
    for (size_t c = 0; c < 32; c++) assert_true(isnan(p.out.data[i * p.ldo + c]) == (c == 3));
  }
  problem_free(&p);
}

static inline void test_extreme_values(void **state) {
  (void)state;
  each_kernel(check_large_scores);
  each_kernel(check_special_values);
}

/* ------------------------------------------------------------------ the same bits */

static inline void check_ranges_of(const lode_attention_kernel *kernel, size_t n, size_t d) {
  problem p = problem_make(kernel, n, d, 10);
  const size_t floats = matrix_floats(n, d, p.ldo);
  float *whole = malloc(floats * sizeof *whole);
  assert_non_null(whole);
  problem_run(kernel, &p, 0, n);
  memcpy(whole, p.out.data, floats * sizeof *whole);
  for (size_t step = 1; step <= n; step++) {
    for (size_t i = 0; i < floats; i++) p.out.data[i] = untouched;
    for (size_t row = 0; row < n; row += step) {
      problem_run(kernel, &p, row, row + step < n ? row + step : n);
    }
    assert_memory_equal(p.out.data, whole, floats * sizeof *whole);
  }
  for (size_t i = 0; i < floats; i++) p.out.data[i] = untouched;
  problem_run(kernel, &p, n / 3, n / 2);
  check_untouched(&p, n / 3, n / 2);
  free(whole);
  problem_free(&p);
}

static inline void check_ranges(const lode_attention_kernel *kernel) {
  check_ranges_of(kernel, 45, 32);
  check_ranges_of(kernel, 70, 40);
}

static inline void test_row_ranges_change_no_bit(void **state) {
  (void)state;
  each_kernel(check_ranges);
}

/* ------------------------------------------------------------------ scratch, selection */

/* A workspace sized for the longest sequence serves the shorter ones. */
static inline void check_scratch(const lode_attention_kernel *kernel) {
  static const size_t sizes[] = {1, 31, 32, 33, 64, 80};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    for (size_t n = 1; n < 8192; n++) {
      assert_true(kernel->scratch_size(n, sizes[i]) <= kernel->scratch_size(n + 1, sizes[i]));
    }
  }
}

static inline void test_scratch_grows_with_n(void **state) {
  (void)state;
  each_kernel(check_scratch);
}

static inline void check_nothing_to_do(const lode_attention_kernel *kernel) {
  kernel->run(&(lode_attention_args){.n = 0, .d = 32});
  kernel->run(&(lode_attention_args){.n = 5, .d = 32, .row0 = 3, .row1 = 3});
}

static inline void test_nothing_to_do(void **state) {
  (void)state;
  each_kernel(check_nothing_to_do);
}

static inline void test_selection(void **state) {
  (void)state;
  assert_string_equal(family.select(0)->name, "ref");
  assert_ptr_equal(family.select(UINT32_MAX), family.kernel_at(0));
  size_t count = 0;
  while (family.kernel_at(count) != NULL) count++;
  assert_null(family.kernel_at(count + 1));
  for (size_t i = 0; i < count; i++) {
    const uint32_t features = family.kernel_at(i)->features;
    assert_int_equal(family.select(features)->features & ~features, 0);
  }
}

#define ATTENTION_CASES                                                              \
  cmocka_unit_test(test_selection), cmocka_unit_test(test_every_length),             \
      cmocka_unit_test(test_every_head_size), cmocka_unit_test(test_extreme_values), \
      cmocka_unit_test(test_row_ranges_change_no_bit),                               \
      cmocka_unit_test(test_scratch_grows_with_n), cmocka_unit_test(test_nothing_to_do)

#endif
