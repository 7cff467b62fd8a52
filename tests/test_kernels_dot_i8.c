/* Every kernel of the dot product of f32 and 8-bit integers that this machine can run, against
 * sums in double, with the bound of the contract; both arrays end at an unmapped page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/cpu.h"
#include "bits.h"
#include "guarded.h"
#include "kernels/dot/dot.h"
#include "kernels/dot/sum64.h"

static void each_kernel(void (*check)(const lode_dot_f32_i8_kernel *kernel)) {
  const lode_dot_f32_i8_kernel *kernel;
  for (size_t k = 0; (kernel = lode_dot_f32_i8_kernel_at(k)) != NULL; k++) {
    if ((kernel->features & ~lode_cpu_features(NULL, NULL)) == 0) {
      check(kernel);
    } else {
      print_message("%s was not run: not on this machine\n", kernel->name);
    }
  }
}

/* The same products in f32 alone: what dot_f32 makes of them. */
static void check_same_as_f32(const lode_dot_f32_i8_kernel *kernel, size_t n, const float *a,
                              const int8_t *b, float got) {
  guarded floats = guarded_floats(n);
  for (size_t i = 0; i < n; i++) floats.data[i] = (float)b[i];
  const float want = lode_dot_f32_select(kernel->features)->run(n, a, floats.data);
  if (bits_of(got) != bits_of(want)) {
    fail_msg("%s: dot of %zu is %a, of floats %a", kernel->name, n, (double)got, (double)want);
  }
  guarded_free(&floats);
}

static void check_length(const lode_dot_f32_i8_kernel *kernel, size_t n) {
  guarded a = guarded_floats(n), bytes = guarded_floats((n + 3) / 4);
  int8_t *b = (int8_t *)(bytes.data + (n + 3) / 4) - n;
  uint64_t seed = n + 1;
  double sum = 0.0, sizes = 0.0;
  for (size_t i = 0; i < n; i++) {
    a.data[i] = random_float(&seed);
    b[i] = (int8_t)(random_float(&seed) * 128.0f); /* -128 too */
    sum += (double)a.data[i] * (double)b[i];
    sizes += fabs((double)a.data[i] * (double)b[i]);
  }
  const float got = kernel->run(n, a.data, b);
  const double allowed = (double)lode_sum64_depth(n) * 0x1p-24 * sizes;
  if (!(fabs((double)got - sum) <= allowed)) {
    fail_msg("%s: dot of %zu is %.9g, should be %.9g, within %.3g", kernel->name, n, (double)got,
             sum, allowed);
  }
  check_same_as_f32(kernel, n, a.data, b, got);
  guarded_free(&a);
  guarded_free(&bytes);
}

static void check_lengths(const lode_dot_f32_i8_kernel *kernel) {
  for (size_t n = 0; n <= 200; n++) check_length(kernel, n);
  check_length(kernel, 384);
  check_length(kernel, 100003);
}

static void check_special(const lode_dot_f32_i8_kernel *kernel) {
  enum { N = 131 };
  float a[N];
  int8_t b[N];
  for (size_t i = 0; i < N; i++) {
    a[i] = 1.0f;
    b[i] = (int8_t)(i % 100 + 1);
  }
  for (size_t at = 0; at < N; at++) {
    a[at] = NAN;
    assert_true(isnan(kernel->run(N, a, b)));
    a[at] = INFINITY;
    assert_true(kernel->run(N, a, b) == INFINITY);
    a[at] = 1.0f;
  }
}

static void test_lengths(void **state) {
  (void)state;
  each_kernel(check_lengths);
}

static void test_special_values(void **state) {
  (void)state;
  each_kernel(check_special);
}

static void test_selection(void **state) {
  (void)state;
  assert_string_equal(lode_dot_f32_i8_select(0)->name, "ref");
  const lode_dot_f32_i8_kernel *kernel;
  for (size_t k = 0; (kernel = lode_dot_f32_i8_kernel_at(k)) != NULL; k++) {
    assert_string_equal(lode_dot_f32_i8_select(kernel->features)->name, kernel->name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lengths),
      cmocka_unit_test(test_special_values),
      cmocka_unit_test(test_selection),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
