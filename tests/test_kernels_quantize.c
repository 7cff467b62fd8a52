/* Every kernel that quantizes rows, on this machine: the formula in double, and then the bits
 * of ref, for every length of tail; all arrays end at an unmapped page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "bits.h"
#include "guarded.h"
#include "kernels/quantize/quantize.h"

static void each_kernel(void (*check)(const lode_quantize_kernel *kernel)) {
  const lode_quantize_kernel *kernel;
  for (size_t i = 0; (kernel = lode_quantize_kernel_at(i)) != NULL; i++) {
    if ((kernel->features & ~lode_cpu_features(NULL, NULL)) == 0) {
      check(kernel);
    } else {
      print_message("%s was not run: not on this machine\n", kernel->name);
    }
  }
}

static const int8_t untouched = 99;

typedef struct rows {
  size_t m, n, ldx, ldq;
  bool smoothed;
  guarded x, smooth, q_memory, scale, sum_memory;
  int8_t *q;
  int32_t *sum;
} rows;

static rows rows_make(size_t m, size_t n, size_t pad, bool smoothed) {
  const size_t padded = lode_quantize_padded(n);
  rows r = {.m = m, .n = n, .ldx = n + pad, .ldq = padded + pad * 4, .smoothed = smoothed};
  const size_t bytes = m == 0 ? 0 : (m - 1) * r.ldq + padded;
  r.x = guarded_floats(m == 0 ? 0 : (m - 1) * r.ldx + n);
  r.smooth = guarded_floats(n);
  r.q_memory = guarded_floats(bytes / sizeof(float)); /* whole: padded rows are */
  r.scale = guarded_floats(m);
  r.sum_memory = guarded_floats(m);
  r.q = (int8_t *)r.q_memory.data;
  r.sum = (int32_t *)(void *)r.sum_memory.data;
  memset(r.q, untouched, bytes);
  uint64_t seed = m * 7919 + n;
  if (m > 0) random_fill(&seed, r.x.data, (m - 1) * r.ldx + n);
  random_fill(&seed, r.smooth.data, n);
  for (size_t j = 0; j < n; j++) r.smooth.data[j] = 1.0f + 0.75f * r.smooth.data[j];
  return r;
}

static void rows_free(rows *r) {
  guarded_free(&r->x);
  guarded_free(&r->smooth);
  guarded_free(&r->q_memory);
  guarded_free(&r->scale);
  guarded_free(&r->sum_memory);
}

static void rows_run(const lode_quantize_kernel *kernel, const rows *r) {
  kernel->rows(r->m, r->n, r->x.data, r->ldx, r->smoothed ? r->smooth.data : NULL, r->q, r->ldq,
               r->scale.data, r->sum);
}

/* What holds for any x: integers in their range, with their sum, then zeros, then nothing. */
static void check_row_form(const rows *r, size_t i) {
  const int8_t *q = r->q + i * r->ldq;
  const size_t padded = lode_quantize_padded(r->n);
  int32_t sum = 0;
  for (size_t j = 0; j < r->n; j++) {
    assert_true(q[j] >= -127);
    sum += q[j];
  }
  assert_int_equal(r->sum[i], sum);
  for (size_t j = r->n; j < padded; j++) assert_int_equal(q[j], 0);
  if (i + 1 == r->m) return;
  for (size_t j = padded; j < r->ldq; j++) assert_int_equal(q[j], untouched);
}

static void check_row_values(const rows *r, size_t i) {
  const int8_t *q = r->q + i * r->ldq;
  const float *x = r->x.data + i * r->ldx;
  double most = 0.0;
  for (size_t j = 0; j < r->n; j++) {
    const double y = fabs((double)(r->smoothed ? x[j] * r->smooth.data[j] : x[j]));
    if (y > most) most = y;
  }
  const double scale = most < (double)LODE_QUANTIZE_LEAST ? 0.0 : most / 127.0;
  assert_true(r->scale.data[i] == (float)scale);
  for (size_t j = 0; j < r->n; j++) {
    const double y = r->smoothed ? x[j] * r->smooth.data[j] : x[j];
    if (scale == 0.0) {
      assert_int_equal(q[j], 0);
    } else if (!(fabs(y - scale * q[j]) <= scale * (0.5 + 0x1p-15))) {
      fail_msg("n %zu: q[%zu] = %d for %.9g, scale %.9g", r->n, j, q[j], y, scale);
    }
  }
}

static void check_bits(const rows *r) {
  const lode_quantize_kernel *ref = lode_quantize_select(0);
  rows other = rows_make(r->m, r->n, r->ldx - r->n, r->smoothed);
  memcpy(other.x.data, r->x.data, ((r->m - 1) * r->ldx + r->n) * sizeof(float));
  rows_run(ref, &other);
  assert_memory_equal(r->q, other.q, (r->m - 1) * r->ldq + lode_quantize_padded(r->n));
  assert_memory_equal(r->scale.data, other.scale.data, r->m * sizeof(float));
  assert_memory_equal(r->sum, other.sum, r->m * sizeof(int32_t));
  rows_free(&other);
}

static void check_rows(const lode_quantize_kernel *kernel, const rows *r) {
  rows_run(kernel, r);
  for (size_t i = 0; i < r->m; i++) {
    check_row_form(r, i);
    check_row_values(r, i);
  }
  check_bits(r);
}

/* ------------------------------------------------------------------ values */

static void check_lengths(const lode_quantize_kernel *kernel) {
  for (size_t n = 1; n <= 200; n++) {
    rows r = rows_make(1 + n % 4, n, n % 3 * 16, n % 2 == 1);
    check_rows(kernel, &r);
    rows_free(&r);
  }
  static const size_t longer[] = {384, 1000, 1536, 3072};
  for (size_t i = 0; i < sizeof longer / sizeof longer[0]; i++) {
    rows r = rows_make(3, longer[i], 0, i % 2 == 0);
    check_rows(kernel, &r);
    rows_free(&r);
  }
}

static void test_every_length(void **state) {
  (void)state;
  each_kernel(check_lengths);
}

/* Every place of the largest element, of either sign: nothing else may be seen as larger. */
static void check_places(const lode_quantize_kernel *kernel) {
  for (size_t n = 1; n <= 70; n += 23) {
    for (size_t at = 0; at < n; at++) {
      rows r = rows_make(2, n, 0, false);
      r.x.data[at] = at % 2 ? -5.0f : 5.0f;
      check_rows(kernel, &r);
      assert_int_equal(r.q[at], at % 2 ? -127 : 127);
      rows_free(&r);
    }
  }
}

static void test_every_place_of_the_largest(void **state) {
  (void)state;
  each_kernel(check_places);
}

/* Ties between integers go to the even one. */
static void check_ties(const lode_quantize_kernel *kernel) {
  enum { N = 254 };
  rows r = rows_make(1, N, 0, false);
  for (size_t j = 0; j < N; j++) r.x.data[j] = ((float)j - 126.5f) / 64.0f;
  r.x.data[0] = 127.0f / 64.0f; /* the scale is 1/64 */
  check_rows(kernel, &r);
  for (size_t j = 1; j < N; j++) assert_int_equal(r.q[j] % 2, 0);
  rows_free(&r);
}

static void test_ties(void **state) {
  (void)state;
  each_kernel(check_ties);
}

static void check_magnitudes(const lode_quantize_kernel *kernel) {
  static const float magnitudes[] = {0.0f,   -0.0f,  FLT_MIN / 16, FLT_MIN, 0.99e-36f,
                                     1e-36f, 2e-36f, 1e-30f,       1e30f,   FLT_MAX};
  for (size_t i = 0; i < sizeof magnitudes / sizeof magnitudes[0]; i++) {
    for (size_t n = 1; n <= 100; n += 33) {
      rows r = rows_make(3, n, 1, false);
      for (size_t j = 0; j < n; j++) r.x.data[r.ldx + j] *= magnitudes[i]; /* the middle row */
      check_rows(kernel, &r);
      rows_free(&r);
    }
  }
}

static void test_magnitudes(void **state) {
  (void)state;
  each_kernel(check_magnitudes);
}

static void check_not_finite(const lode_quantize_kernel *kernel) {
  static const float values[] = {NAN, -NAN, INFINITY, -INFINITY};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    for (size_t at = 0; at < 50; at++) {
      rows r = rows_make(3, 50, 2, at % 2 == 0);
      r.x.data[r.ldx + at] = values[i];
      rows_run(kernel, &r);
      for (size_t row = 0; row < 3; row++) check_row_form(&r, row);
      check_row_values(&r, 0);
      check_row_values(&r, 2);
      rows_free(&r);
    }
  }
}

static void test_not_finite(void **state) {
  (void)state;
  each_kernel(check_not_finite);
}

/* ------------------------------------------------------------------ rows, selection */

static void check_one_by_one(const lode_quantize_kernel *kernel) {
  rows all = rows_make(9, 77, 3, true), one = rows_make(9, 77, 3, true);
  rows_run(kernel, &all);
  for (size_t i = 9; i-- > 0;) {
    kernel->rows(1, 77, one.x.data + i * one.ldx, one.ldx, one.smooth.data, one.q + i * one.ldq,
                 one.ldq, one.scale.data + i, one.sum + i);
  }
  assert_memory_equal(one.q, all.q, 8 * all.ldq + lode_quantize_padded(77));
  assert_memory_equal(one.scale.data, all.scale.data, 9 * sizeof(float));
  assert_memory_equal(one.sum, all.sum, 9 * sizeof(int32_t));
  rows_free(&all);
  rows_free(&one);
}

static void test_rows_one_by_one(void **state) {
  (void)state;
  each_kernel(check_one_by_one);
}

static void check_nothing_to_do(const lode_quantize_kernel *kernel) {
  kernel->rows(0, 64, NULL, 64, NULL, NULL, 64, NULL, NULL);
  float x = 1.0f, scale = 5.0f;
  int8_t q = untouched;
  int32_t sum = 5;
  kernel->rows(1, 0, &x, 0, NULL, &q, 0, &scale, &sum);
  assert_true(scale == 0.0f && sum == 0 && q == untouched);
}

static void test_nothing_to_do(void **state) {
  (void)state;
  each_kernel(check_nothing_to_do);
}

static void test_selection(void **state) {
  (void)state;
  assert_string_equal(lode_quantize_select(0)->name, "ref");
  assert_ptr_equal(lode_quantize_select(UINT32_MAX), lode_quantize_kernel_at(0));
  const lode_quantize_kernel *kernel;
  for (size_t i = 0; (kernel = lode_quantize_kernel_at(i)) != NULL; i++) {
    assert_string_equal(lode_quantize_select(kernel->features)->name, kernel->name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_selection),
      cmocka_unit_test(test_every_length),
      cmocka_unit_test(test_every_place_of_the_largest),
      cmocka_unit_test(test_ties),
      cmocka_unit_test(test_magnitudes),
      cmocka_unit_test(test_not_finite),
      cmocka_unit_test(test_rows_one_by_one),
      cmocka_unit_test(test_nothing_to_do),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
