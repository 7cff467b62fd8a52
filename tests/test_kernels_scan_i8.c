/* Every scan_i8 kernel that this machine can run, against sums in 64 bits, for every length of
 * tail and number of rows; rows and query end at an unmapped page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/cpu.h"
#include "guarded.h"
#include "kernels/scan_i8/scan_i8.h"

static void each_kernel(void (*check)(const lode_scan_i8_kernel *kernel)) {
  const lode_scan_i8_kernel *kernel;
  for (size_t i = 0; (kernel = lode_scan_i8_kernel_at(i)) != NULL; i++) {
    if ((kernel->features & ~lode_cpu_features(NULL, NULL)) == 0) {
      check(kernel);
    } else {
      print_message("%s was not run: not on this machine\n", kernel->name);
    }
  }
}

typedef struct bytes {
  guarded memory;
  int8_t *data; /* ends at an unmapped page */
} bytes;

static bytes bytes_make(size_t n) {
  bytes b = {.memory = guarded_floats((n + 3) / 4)};
  b.data = (int8_t *)(b.memory.data + (n + 3) / 4) - n;
  return b;
}

static void fill_random(uint64_t *seed, int8_t *x, size_t n) {
  for (size_t i = 0; i < n; i++) x[i] = (int8_t)(random_float(seed) * 127.99f);
}

static void check_rows(const lode_scan_i8_kernel *kernel, size_t m, size_t n, const int8_t *rows,
                       const int8_t *query) {
  enum { MOST = 16 };
  int32_t sums[MOST + 1];
  assert_true(m <= MOST);
  memset(sums, 77, sizeof sums);
  const int32_t untouched = sums[MOST];
  kernel->run(m, n, rows, query, sums);
  for (size_t i = 0; i < m; i++) {
    int64_t want = 0;
    for (size_t j = 0; j < n; j++) want += (int64_t)rows[i * n + j] * query[j];
    if (sums[i] != want) {
      fail_msg("%s: row %zu of %zu, n %zu: %d, should be %lld", kernel->name, i, m, n, sums[i],
               (long long)want);
    }
  }
  for (size_t i = m; i <= MOST; i++) assert_int_equal(sums[i], untouched);
}

static void check_shapes(const lode_scan_i8_kernel *kernel) {
  uint64_t seed = 3;
  for (size_t n = 1; n <= 400; n += n < 200 ? 1 : 23) {
    for (size_t m = 0; m <= 9; m++) {
      bytes rows = bytes_make(m * n), query = bytes_make(n);
      fill_random(&seed, rows.data, m * n);
      fill_random(&seed, query.data, n);
      check_rows(kernel, m, n, rows.data, query.data);
      guarded_free(&rows.memory);
      guarded_free(&query.memory);
    }
  }
}

/* All of the largest magnitude, of every combination of signs: nothing may saturate. */
static void check_largest(const lode_scan_i8_kernel *kernel) {
  static const size_t lengths[] = {1, 31, 64, 385, LODE_SCAN_I8_MAX_N};
  for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
    const size_t n = lengths[l];
    bytes rows = bytes_make(5 * n), query = bytes_make(n);
    for (int sign = -1; sign <= 1; sign += 2) {
      memset(query.data, sign * 127, n);
      memset(rows.data, 127, 5 * n);
      memset(rows.data + n, -127, n);
      memset(rows.data + 2 * n, 0, n);
      for (size_t j = 0; j < n; j++) rows.data[3 * n + j] = j % 2 == 0 ? 127 : -127;
      check_rows(kernel, 5, n, rows.data, query.data);
    }
    guarded_free(&rows.memory);
    guarded_free(&query.memory);
  }
}

/* Any byte is safe to read: no fault, and other rows' sums are right. */
static void check_minus_128(const lode_scan_i8_kernel *kernel) {
  enum { N = 100, M = 6, SECOND = 2 * N };
  int8_t rows[M * N], query[N];
  int32_t sums[M];
  uint64_t seed = 9;
  fill_random(&seed, rows, sizeof rows);
  fill_random(&seed, query, N);
  memset(rows + SECOND, -128, N);
  kernel->run(M, N, rows, query, sums);
  for (size_t i = 0; i < M; i++) {
    if (i != 2) check_rows(kernel, 1, N, rows + i * N, query);
    int32_t alone;
    kernel->run(1, N, rows + i * N, query, &alone);
    assert_int_equal(alone, sums[i]);
  }
}

static void test_shapes(void **state) {
  (void)state;
  each_kernel(check_shapes);
}

static void test_nothing_saturates(void **state) {
  (void)state;
  each_kernel(check_largest);
}

static void test_any_byte(void **state) {
  (void)state;
  each_kernel(check_minus_128);
}

static void test_selection(void **state) {
  (void)state;
  assert_string_equal(lode_scan_i8_select(0)->name, "ref");
  const lode_scan_i8_kernel *kernel;
  for (size_t i = 0; (kernel = lode_scan_i8_kernel_at(i)) != NULL; i++) {
    assert_string_equal(lode_scan_i8_select(kernel->features)->name, kernel->name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shapes),
      cmocka_unit_test(test_nothing_saturates),
      cmocka_unit_test(test_any_byte),
      cmocka_unit_test(test_selection),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
