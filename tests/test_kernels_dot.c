/* Every dot kernel that this machine can run, against sums in double, with the bound of the
 * contract; both arrays end at an unmapped page. */
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

static void each_kernel(void (*check)(const lode_dot_f32_kernel *kernel)) {
  const lode_dot_f32_kernel *kernel;
  for (size_t k = 0; (kernel = lode_dot_f32_kernel_at(k)) != NULL; k++) {
    if ((kernel->features & ~lode_cpu_features(NULL, NULL)) == 0) {
      check(kernel);
    } else {
      print_message("%s was not run: not on this machine\n", kernel->name);
    }
  }
}

/* Returns the kernel's sum of n random products. */
static float check_length(const lode_dot_f32_kernel *kernel, size_t n, float offset) {
  guarded a = guarded_floats(n), b = guarded_floats(n);
  uint64_t seed = n + 1;
  double sum = 0.0, sizes = 0.0;
  for (size_t i = 0; i < n; i++) {
    a.data[i] = random_float(&seed) + offset;
    b.data[i] = random_float(&seed) + offset;
    sum += (double)a.data[i] * (double)b.data[i];
    sizes += fabs((double)a.data[i] * (double)b.data[i]);
  }
  const float got = kernel->run(n, a.data, b.data);
  const double allowed = (double)lode_sum64_depth(n) * 0x1p-24 * sizes;
  if (!(fabs((double)got - sum) <= allowed)) {
    fail_msg("%s: dot of %zu is %.9g, should be %.9g, within %.3g", kernel->name, n, (double)got,
             sum, allowed);
  }
  assert_true(bits_of(kernel->run(n, b.data, a.data)) == bits_of(got));
  guarded_free(&a);
  guarded_free(&b);
  return got;
}

static void check_lengths(const lode_dot_f32_kernel *kernel) {
  for (size_t n = 0; n <= 200; n++) {
    check_length(kernel, n, 0.0f);
    check_length(kernel, n, 10.0f);
  }
  check_length(kernel, 384, 0.0f);
  check_length(kernel, 100003, 0.0f);
  assert_true(kernel->run(0, NULL, NULL) == 0.0f);
}

/* Products of small integers are exact, in any order, so every element counts exactly once. */
static void check_exact(const lode_dot_f32_kernel *kernel) {
  enum { N = 300 };
  float a[N], b[N];
  for (size_t n = 0; n <= N; n++) {
    float want = 0.0f;
    for (size_t i = 0; i < n; i++) {
      a[i] = (float)(i % 17) - 8.0f;
      b[i] = (float)(i % 23) - 11.0f;
      want += a[i] * b[i];
    }
    assert_true(kernel->run(n, a, b) == want);
  }
}

static void check_special(const lode_dot_f32_kernel *kernel) {
  enum { N = 131 };
  float a[N], b[N];
  for (size_t i = 0; i < N; i++) {
    a[i] = 1.0f;
    b[i] = 2.0f;
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
  each_kernel(check_exact);
}

static void test_special_values(void **state) {
  (void)state;
  each_kernel(check_special);
}

/* All kernels add in the same order (sum64.h). */
static const struct {
  size_t n;
  float sum;
} results[] = {
    {63, 0x1.57a032p+0f},  {64, 0x1.a51b5ap+1f},   {200, -0x1.bd079cp+1f},
    {384, 0x1.fd2812p+1f}, {1000, 0x1.b9cf8ep+3f}, {1536, 0x1.3fc532p+3f},
};

static void check_results(const lode_dot_f32_kernel *kernel) {
  for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
    const float got = check_length(kernel, results[i].n, 0.0f);
    if (bits_of(got) != bits_of(results[i].sum)) {
      fail_msg("%s: dot of %zu is %a, on other processors %a", kernel->name, results[i].n,
               (double)got, (double)results[i].sum);
    }
  }
}

static void test_same_bits_on_every_processor(void **state) {
  (void)state;
  each_kernel(check_results);
}

static void test_selection(void **state) {
  (void)state;
  assert_string_equal(lode_dot_f32_select(0)->name, "ref");
  const lode_dot_f32_kernel *kernel;
  for (size_t k = 0; (kernel = lode_dot_f32_kernel_at(k)) != NULL; k++) {
    assert_string_equal(lode_dot_f32_select(kernel->features)->name, kernel->name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lengths),
      cmocka_unit_test(test_special_values),
      cmocka_unit_test(test_same_bits_on_every_processor),
      cmocka_unit_test(test_selection),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
