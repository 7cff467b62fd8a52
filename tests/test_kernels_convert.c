/* Every conversion kernel that this machine can run: all 65,536 values of both formats, every
 * tail length, and a number that is not finite at every place; arrays end at an unmapped page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "bits.h"
#include "guarded.h"
#include "kernels/convert/convert.h"
#include "kernels/convert/half.h"

static void each_kernel(void (*check)(const lode_convert_kernel *kernel)) {
  const lode_convert_kernel *kernel;
  for (size_t k = 0; (kernel = lode_convert_kernel_at(k)) != NULL; k++) {
    if ((kernel->features & ~lode_cpu_features(NULL, NULL)) == 0) {
      check(kernel);
    } else {
      print_message("%s was not run: not on this machine\n", kernel->name);
    }
  }
}

/* ------------------------------------------------------------------ widening */

enum { VALUES = 65536 };

typedef void (*widen)(size_t n, const uint16_t *x, float *y);

/* The number that a format with this many bits of fraction writes as h; NaN for all NaN. */
static double meaning(uint16_t h, int fraction_bits) {
  const int exponent_bits = 15 - fraction_bits;
  const int most = (1 << exponent_bits) - 1, bias = most / 2;
  const int exponent = (h >> fraction_bits) & most;
  const int fraction = h & ((1 << fraction_bits) - 1);
  const double sign = h >> 15 ? -1.0 : 1.0;
  if (exponent == most) return fraction ? (double)NAN : sign * (double)INFINITY;
  if (exponent == 0) return sign * ldexp(fraction, 1 - bias - fraction_bits);
  return sign * ldexp((1 << fraction_bits) + fraction, exponent - bias - fraction_bits);
}

static void check_values(widen function, int fraction_bits) {
  static uint16_t x[VALUES];
  static float y[VALUES];
  for (size_t i = 0; i < VALUES; i++) x[i] = (uint16_t)i;
  function(VALUES, x, y);
  for (size_t i = 0; i < VALUES; i++) {
    const double want = meaning((uint16_t)i, fraction_bits);
    if (bits_of(y[i]) != bits_of((float)want)) {
      fail_msg("0x%04zX becomes %a, not %a", i, (double)y[i], want);
    }
    if (isnan(want)) { /* its sign and its payload stay */
      uint32_t bits, kept = (uint32_t)(i & ((1u << fraction_bits) - 1)) << (23 - fraction_bits);
      memcpy(&bits, y + i, sizeof bits);
      assert_int_equal(bits >> 31, i >> 15);
      assert_int_equal(bits & kept, kept);
    }
  }
}

static void check_lengths(widen function) {
  for (size_t n = 0; n <= 200; n++) {
    guarded in = guarded_floats((n + 1) / 2), out = guarded_floats(n);
    uint16_t *x = (uint16_t *)(void *)(in.data + (n + 1) / 2) - n; /* up to the page */
    for (size_t i = 0; i < n; i++) x[i] = (uint16_t)(0x3C00 + i * 7);
    function(n, x, out.data);
    for (size_t i = 0; i < n; i++) {
      float alone;
      function(1, x + i, &alone);
      assert_true(bits_of(alone) == bits_of(out.data[i]));
    }
    guarded_free(&in);
    guarded_free(&out);
  }
}

static void check_widening(const lode_convert_kernel *kernel) {
  check_values(kernel->f16_to_f32, 10);
  check_values(kernel->bf16_to_f32, 7);
  check_lengths(kernel->f16_to_f32);
  check_lengths(kernel->bf16_to_f32);
}

static void test_widening(void **state) {
  (void)state;
  each_kernel(check_widening);
}

/* ------------------------------------------------------------------ narrowing, integers */

/* The bfloat16 nearest to x, found among its neighbours; ties to even. */
static uint16_t nearest_bf16(float x) {
  const uint16_t toward_zero = (uint16_t)(bits_of(x) >> 16), away = (uint16_t)(toward_zero + 1);
  const double below = fabs((double)x - meaning(toward_zero, 7));
  /* Beyond the largest, infinity stands for the number that would follow. */
  const double beyond = (away & 0x7FFF) == 0x7F80 ? copysign(0x1p128, (double)x) : meaning(away, 7);
  const double above = fabs(beyond - (double)x);
  if (below != above) return below < above ? toward_zero : away;
  return toward_zero % 2 == 0 ? toward_zero : away;
}

static void check_narrowed(const lode_convert_kernel *kernel, size_t n, const float *x) {
  static uint16_t y[VALUES];
  kernel->f32_to_bf16(n, x, y);
  for (size_t i = 0; i < n; i++) {
    if (isnan(x[i])) {
      assert_true(isnan(meaning(y[i], 7)));
      assert_int_equal(y[i] >> 15, signbit(x[i]) != 0);
    } else if (isinf(x[i])) {
      assert_int_equal(y[i], x[i] > 0 ? 0x7F80 : 0xFF80);
    } else if (y[i] != nearest_bf16(x[i])) {
      fail_msg("%s: %a becomes 0x%04X, not 0x%04X", kernel->name, (double)x[i], y[i],
               nearest_bf16(x[i]));
    }
  }
}

/* Every bfloat16, and what lies next to it and half way to the next one. */
static void check_narrowing_values(const lode_convert_kernel *kernel) {
  static const uint32_t rest[] = {0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF};
  static float x[VALUES];
  for (size_t r = 0; r < sizeof rest / sizeof rest[0]; r++) {
    for (size_t i = 0; i < VALUES; i++) x[i] = float_of((uint32_t)i << 16 | rest[r]);
    check_narrowed(kernel, VALUES, x);
  }
}

static void check_narrowing_lengths(const lode_convert_kernel *kernel) {
  for (size_t n = 0; n <= 200; n++) {
    guarded in = guarded_floats(n), out = guarded_floats((n + 1) / 2);
    uint16_t *y = (uint16_t *)(void *)(out.data + (n + 1) / 2) - n; /* up to the page */
    uint64_t seed = n + 1;
    random_fill(&seed, in.data, n);
    kernel->f32_to_bf16(n, in.data, y);
    for (size_t i = 0; i < n; i++) assert_int_equal(y[i], nearest_bf16(in.data[i]));
    guarded_free(&in);
    guarded_free(&out);
  }
}

static void test_narrowing(void **state) {
  (void)state;
  each_kernel(check_narrowing_values);
  each_kernel(check_narrowing_lengths);
}

static void check_integers(const lode_convert_kernel *kernel) {
  static const float scales[] = {1.0f, 0.1f, -3.7e-5f, 1e30f, FLT_MIN};
  for (size_t n = 0; n <= 300; n++) {
    const size_t floats = (n + 3) / 4;
    guarded in = guarded_floats(floats), out = guarded_floats(n);
    int8_t *x = (int8_t *)(in.data + floats) - n; /* up to the page */
    for (size_t i = 0; i < n; i++) x[i] = (int8_t)(i * 37 + n);
    const float scale = scales[n % 5];
    kernel->i8_to_f32(n, x, scale, out.data);
    for (size_t i = 0; i < n; i++) assert_true(out.data[i] == (float)x[i] * scale);
    guarded_free(&in);
    guarded_free(&out);
  }
}

static void test_integers(void **state) {
  (void)state;
  each_kernel(check_integers);
}

/* ------------------------------------------------------------------ all_finite */

static void check_finite_lengths(const lode_convert_kernel *kernel) {
  const float finite[] = {FLT_MAX, -FLT_MAX, FLT_MIN / 8, -0.0f};
  const float not_finite[] = {
      INFINITY, -INFINITY, NAN, -NAN, float_of(0x7F800001), float_of(0xFFFFFFFF)};
  for (size_t n = 0; n <= 200; n++) {
    guarded x = guarded_floats(n);
    uint64_t seed = n + 1;
    random_fill(&seed, x.data, n);
    for (size_t i = 0; i < n; i++) x.data[i] = n % 2 ? x.data[i] : finite[i % 4];
    assert_true(kernel->all_finite(n, x.data));
    for (size_t at = 0; at < n; at++) {
      const float was = x.data[at];
      const float bad = not_finite[(n + at) % 6];
      memcpy(x.data + at, &bad, sizeof bad);
      if (kernel->all_finite(n, x.data)) {
        fail_msg("%s: element %zu of %zu is not finite, and was not seen", kernel->name, at, n);
      }
      x.data[at] = was;
    }
    guarded_free(&x);
  }
}

static void check_finite_large(const lode_convert_kernel *kernel) {
  enum { N = 1000003 };
  guarded x = guarded_floats(N);
  assert_true(kernel->all_finite(N, x.data));
  for (size_t at = 0; at < N; at += 333334) {
    x.data[at] = NAN;
    assert_false(kernel->all_finite(N, x.data));
    x.data[at] = 0.0f;
  }
  assert_true(kernel->all_finite(0, NULL));
  guarded_free(&x);
}

static void test_all_finite(void **state) {
  (void)state;
  each_kernel(check_finite_lengths);
  each_kernel(check_finite_large);
}

static void test_selection(void **state) {
  (void)state;
  assert_string_equal(lode_convert_select(0)->name, "ref");
  const lode_convert_kernel *kernel;
  for (size_t k = 0; (kernel = lode_convert_kernel_at(k)) != NULL; k++) {
    assert_string_equal(lode_convert_select(kernel->features)->name, kernel->name);
  }
}

/* What is f16 stays; halfway between two neighbours the even one is taken, and just off it the
 * nearer; what is beyond the largest is infinity. */
static void narrowing_to_f16(void **state) {
  (void)state;
  for (uint32_t h = 0; h < 0x7C00; h++) {
    const float x = lode_widen_f16((uint16_t)h);
    assert_int_equal(lode_narrow_f16(x), h);
    assert_int_equal(lode_narrow_f16(-x), h | 0x8000);
    const float next = h + 1 < 0x7C00 ? lode_widen_f16((uint16_t)(h + 1)) : 65536.0f;
    const float middle = x + (next - x) / 2;
    assert_int_equal(lode_narrow_f16(middle), h + h % 2);
    assert_int_equal(lode_narrow_f16(nextafterf(middle, 0.0f)), h);
    assert_int_equal(lode_narrow_f16(nextafterf(middle, 1e9f)), h + 1);
  }
  assert_int_equal(lode_narrow_f16(3e38f), 0x7C00);
  assert_int_equal(lode_narrow_f16(-INFINITY), 0xFC00);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_widening),  cmocka_unit_test(test_narrowing),
      cmocka_unit_test(test_integers),  cmocka_unit_test(test_all_finite),
      cmocka_unit_test(test_selection), cmocka_unit_test(narrowing_to_f16),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
