/* Pooling against sums in double, for every length, skip and kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "bits.h"
#include "guarded.h"
#include "kernels/pool/pool.h"

static const lode_pooling kinds[] = {LODE_POOL_CLS,           LODE_POOL_MAX,
                                     LODE_POOL_MEAN,          LODE_POOL_MEAN_SQRT_LEN,
                                     LODE_POOL_WEIGHTED_MEAN, LODE_POOL_LAST};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void each_kernel(void (*check)(const lode_pool_kernel *kernel)) {
  const lode_pool_kernel *kernel;
  for (size_t k = 0; (kernel = lode_pool_kernel_at(k)) != NULL; k++) {
    if ((kernel->features & ~lode_cpu_features(NULL, NULL)) == 0) {
      check(kernel);
    } else {
      print_message("%s was not run: not on this machine\n", kernel->name);
    }
  }
}

/* One component in double, and how far f32 may be from it. */
static double pooled(lode_pooling kind, size_t t, size_t skip, const float *x, size_t ldx,
                     double *allowed) {
  const size_t used = t > skip ? t - skip : 0;
  double sum = 0.0, sizes = 0.0, weights = 0.0, most = -(double)INFINITY;
  for (size_t i = skip; i < t; i++) {
    const double value = (double)x[i * ldx];
    const double weight = kind == LODE_POOL_WEIGHTED_MEAN ? (double)(i + 1) : 1.0;
    sum += weight * value;
    sizes += weight * fabs(value);
    weights += weight;
    most = fmax(most, value);
  }
  *allowed = 0.0;
  if (t == 0) return 0.0;
  if (kind == LODE_POOL_CLS) return (double)x[used > 0 ? skip * ldx : 0];
  if (used == 0) return 0.0;
  if (kind == LODE_POOL_LAST) return (double)x[(t - 1) * ldx];
  if (kind == LODE_POOL_MAX) return most;
  const double divisor = kind == LODE_POOL_MEAN_SQRT_LEN ? sqrt((double)used) : weights;
  /* a product and an addition a row; the divisor and the division */
  *allowed = 0x1p-24 * ((double)used + 1.0 + 3.0) * sizes / divisor;
  return sum / divisor;
}

static void check_shape(const lode_pool_kernel *kernel, size_t t, size_t skip, size_t n) {
  const size_t ldx = n + 3;
  guarded x = guarded_floats(t == 0 ? 0 : (t - 1) * ldx + n), out = guarded_floats(n);
  uint64_t seed = t * 1000 + n + 1;
  random_fill(&seed, x.data, t == 0 ? 0 : (t - 1) * ldx + n);
  for (size_t k = 0; k < KINDS; k++) {
    for (size_t j = 0; j < n; j++) out.data[j] = NAN; /* what was there before is forgotten */
    kernel->run(kinds[k], t, skip, n, x.data, ldx, out.data);
    for (size_t j = 0; j < n; j++) {
      double allowed;
      const double want = pooled(kinds[k], t, skip, x.data + j, ldx, &allowed);
      if (!(fabs((double)out.data[j] - want) <= allowed)) {
        fail_msg("%s: kind %d of %zu rows after %zu, element %zu of %zu: %.9g, should be %.9g",
                 kernel->name, (int)kinds[k], t, skip, j, n, (double)out.data[j], want);
      }
    }
  }
  guarded_free(&x);
  guarded_free(&out);
}

static void check_shapes(const lode_pool_kernel *kernel) {
  for (size_t n = 1; n <= 70; n++) check_shape(kernel, 5, 0, n);
  for (size_t t = 0; t <= 40; t++) {
    for (size_t skip = 0; skip <= t + 2; skip++) check_shape(kernel, t, skip, 19);
  }
  check_shape(kernel, 512, 0, 384);
  check_shape(kernel, 512, 7, 385);
}

static void test_shapes(void **state) {
  (void)state;
  each_kernel(check_shapes);
}

/* The first 1 is lost beside 2^24, the second is not: another order gives another sum. */
static void check_order(const lode_pool_kernel *kernel) {
  const float x[4] = {0x1p24f, 1.0f, -0x1p24f, 1.0f};
  float out;
  kernel->run(LODE_POOL_MEAN, 4, 0, 1, x, 1, &out);
  assert_true(out == 0.25f);
}

static void test_rows_in_order(void **state) {
  (void)state;
  each_kernel(check_order);
}

static void check_special(const lode_pool_kernel *kernel) {
  for (size_t at = 0; at < 3; at++) {
    float x[3] = {-1.0f, -2.0f, -3.0f}, out;
    kernel->run(LODE_POOL_MAX, 3, 0, 1, x, 1, &out);
    assert_true(out == -1.0f); /* and not the 0 of an empty sequence */
    x[at] = NAN;
    for (size_t k = 0; k < KINDS; k++) {
      kernel->run(kinds[k], 3, 0, 1, x, 1, &out);
      const bool seen = kinds[k] == LODE_POOL_CLS    ? at == 0
                        : kinds[k] == LODE_POOL_LAST ? at == 2
                                                     : true;
      assert_int_equal(isnan(out) != 0, seen);
    }
  }
}

static void test_special_values(void **state) {
  (void)state;
  each_kernel(check_special);
}

static void test_selection(void **state) {
  (void)state;
  assert_string_equal(lode_pool_select(0)->name, "ref");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shapes),
      cmocka_unit_test(test_rows_in_order),
      cmocka_unit_test(test_special_values),
      cmocka_unit_test(test_selection),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
