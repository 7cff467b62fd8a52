/* Every hamming kernel that this machine can run, against counting bit by bit, for every size
 * of code and number of codes; codes and query end at an unmapped page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/cpu.h"
#include "guarded.h"
#include "kernels/hamming/hamming.h"

static void each_kernel(void (*check)(const lode_hamming_kernel *kernel)) {
  const lode_hamming_kernel *kernel;
  for (size_t i = 0; (kernel = lode_hamming_kernel_at(i)) != NULL; i++) {
    if ((kernel->features & ~lode_cpu_features(NULL, NULL)) == 0) {
      check(kernel);
    } else {
      print_message("%s was not run: not on this machine\n", kernel->name);
    }
  }
}

static void fill_random(uint64_t *seed, uint8_t *x, size_t n) {
  for (size_t i = 0; i < n; i++) {
    (void)random_float(seed);
    x[i] = (uint8_t)(*seed >> 33);
  }
}

static uint32_t differing_bits(size_t size, const uint8_t *a, const uint8_t *b) {
  uint32_t count = 0;
  for (size_t i = 0; i < size * 8; i++) count += (uint32_t)((a[i / 8] ^ b[i / 8]) >> i % 8 & 1);
  return count;
}

static void check_codes(const lode_hamming_kernel *kernel, size_t m, size_t size,
                        const uint8_t *codes, const uint8_t *query) {
  enum { MOST = 16 };
  uint32_t distances[MOST + 1];
  assert_true(m <= MOST);
  memset(distances, 77, sizeof distances);
  const uint32_t untouched = distances[MOST];
  kernel->run(m, size, codes, query, distances);
  for (size_t i = 0; i < m; i++) {
    const uint32_t want = differing_bits(size, codes + i * size, query);
    if (distances[i] != want) {
      fail_msg("%s: code %zu of %zu, %zu bytes: %u, should be %u", kernel->name, i, m, size,
               distances[i], want);
    }
  }
  for (size_t i = m; i <= MOST; i++) assert_int_equal(distances[i], untouched);
}

static void check_shapes(const lode_hamming_kernel *kernel) {
  uint64_t seed = 3;
  for (size_t size = 8; size <= 320; size += 8) {
    for (size_t m = 0; m <= 9; m++) {
      guarded codes = guarded_floats(m * size / 4), query = guarded_floats(size / 4);
      uint8_t *bits = (uint8_t *)codes.data, *of_query = (uint8_t *)query.data;
      fill_random(&seed, bits, m * size);
      fill_random(&seed, of_query, size);
      check_codes(kernel, m, size, bits, of_query);
      guarded_free(&codes);
      guarded_free(&query);
    }
  }
}

/* No bit and every bit, and each bit alone, up to the largest code: no count overflows. */
static void check_extremes(const lode_hamming_kernel *kernel) {
  static const size_t sizes[] = {8, 48, 64, 96, LODE_HAMMING_MAX_SIZE};
  static uint8_t codes[5 * LODE_HAMMING_MAX_SIZE], query[LODE_HAMMING_MAX_SIZE];
  for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
    const size_t size = sizes[s];
    memset(query, 0, size);
    memset(codes, 0, size);
    memset(codes + size, 0xFF, 4 * size);
    check_codes(kernel, 5, size, codes, query);
    for (size_t bit = 0; size < 100 && bit < size * 8; bit++) {
      query[bit / 8] = (uint8_t)(1 << bit % 8);
      check_codes(kernel, 5, size, codes, query);
      query[bit / 8] = 0;
    }
  }
}

static void test_shapes(void **state) {
  (void)state;
  each_kernel(check_shapes);
}

static void test_extremes(void **state) {
  (void)state;
  each_kernel(check_extremes);
}

static void test_selection(void **state) {
  (void)state;
  assert_string_equal(lode_hamming_select(0)->name, "ref");
  const lode_hamming_kernel *kernel;
  for (size_t i = 0; (kernel = lode_hamming_kernel_at(i)) != NULL; i++) {
    assert_string_equal(lode_hamming_select(kernel->features)->name, kernel->name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shapes),
      cmocka_unit_test(test_extremes),
      cmocka_unit_test(test_selection),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
