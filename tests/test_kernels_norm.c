/* Every norm kernel that this machine can run, against the formulas in double. The tolerances
 * are the bounds that docs/numerics.md derives; every array ends at an unmapped page. */
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
#include "kernels/dot/sum64.h"
#include "kernels/norm/norm.h"

static const double unit = 0x1p-24; /* half a unit in the last place of 1.0f */

static void each_kernel(void (*check)(const lode_norm_kernel *kernel)) {
  const lode_norm_kernel *kernel;
  for (size_t k = 0; (kernel = lode_norm_kernel_at(k)) != NULL; k++) {
    if ((kernel->features & ~lode_cpu_features(NULL, NULL)) == 0) {
      check(kernel);
    } else {
      print_message("%s was not run: not on this machine\n", kernel->name);
    }
  }
}

/* ------------------------------------------------------------------ layernorm */

/* What double says of a row, and what it needs to say how far f32 may be from it. */
typedef struct row_facts {
  double mean, variance;
  double mean_size; /* mean of |x| */
} row_facts;

static row_facts row_facts_of(size_t n, const float *x) {
  row_facts f = {0};
  for (size_t j = 0; j < n; j++) {
    f.mean += (double)x[j] / (double)n;
    f.mean_size += fabs((double)x[j]) / (double)n;
  }
  for (size_t j = 0; j < n; j++) {
    f.variance += ((double)x[j] - f.mean) * ((double)x[j] - f.mean) / (double)n;
  }
  return f;
}

static void check_layernorm_row(const lode_norm_kernel *kernel, size_t n, const float *x,
                                const float *gamma, const float *beta, float eps, const float *y) {
  const row_facts f = row_facts_of(n, x);
  const double depth = (double)lode_sum64_depth(n);
  const double scale = 1.0 / sqrt(f.variance + (double)eps);
  const double mean_error = unit * ((depth + 1.0) * f.mean_size);
  /* Half the relative error of variance + eps, then the square root and the quotient. The mean
   * is off by the same for all, so it adds its square to the variance, and no cross term. */
  const double scale_error =
      unit * ((depth + 5.0) / 2.0 + 2.0) + mean_error * mean_error * scale * scale;
  for (size_t j = 0; j < n; j++) {
    const double d = (double)x[j] - f.mean;
    const double g = (double)gamma[j];
    const double b = beta != NULL ? (double)beta[j] : 0.0;
    const double want = d * scale * g + b;
    const double d_error = mean_error + unit * (fabs(d) + mean_error);
    const double allowed =
        fabs(g) * scale * (d_error + (fabs(d) + d_error) * (scale_error + 2.0 * unit)) +
        unit * fabs(want) * 1.01 + FLT_MIN;
    const double error = fabs((double)y[j] - want);
    if (!(error <= allowed)) {
      fail_msg(
          "%s: layernorm of %zu, element %zu is %.9g, should be %.9g: off by %.3g, allowed %.3g",
          kernel->name, n, j, (double)y[j], want, error, allowed);
    }
  }
}

typedef struct layernorm_case {
  size_t n;
  float scale, offset; /* of x */
  float eps;
  bool beta, in_place;
} layernorm_case;

enum { ROWS = 3, PAD = 5 };

/* Returns a hash of the rows of y. */
static uint64_t check_layernorm(const lode_norm_kernel *kernel, layernorm_case c) {
  const size_t ld = c.n + PAD, size = (ROWS - 1) * ld + c.n;
  guarded x = guarded_floats(size), y = guarded_floats(size);
  guarded gamma = guarded_floats(c.n), beta = guarded_floats(c.n);
  guarded one = guarded_floats(c.n);
  uint64_t seed = c.n + 1;
  random_fill(&seed, gamma.data, c.n);
  random_fill(&seed, beta.data, c.n);
  random_fill(&seed, x.data, size);
  for (size_t i = 0; i < size; i++) x.data[i] = x.data[i] * c.scale + c.offset;
  const float *b = c.beta ? beta.data : NULL;
  float *to = c.in_place ? x.data : y.data;
  memcpy(y.data, x.data, size * sizeof(float));

  kernel->layernorm(ROWS, c.n, x.data, ld, gamma.data, b, c.eps, to, ld);
  if (c.in_place) { /* swap: x is what was, y is what came out */
    for (size_t i = 0; i < size; i++) {
      const float was = y.data[i];
      y.data[i] = x.data[i];
      x.data[i] = was;
    }
  }
  uint64_t hash = BITS_HASH_START;
  for (size_t i = 0; i < ROWS; i++) {
    const float *row = x.data + i * ld, *out = y.data + i * ld;
    check_layernorm_row(kernel, c.n, row, gamma.data, b, c.eps, out);
    /* A row alone, elsewhere in memory, gives the same bits. */
    kernel->layernorm(1, c.n, row, c.n, gamma.data, b, c.eps, one.data, c.n);
    assert_true(same_bits(c.n, one.data, out));
    hash = bits_hash(hash, c.n, out);
  }
  for (size_t i = 0; i + 1 < ROWS; i++) { /* nothing between the rows was written */
    for (size_t j = c.n; j < ld; j++) {
      assert_true(bits_of(y.data[i * ld + j]) == bits_of(x.data[i * ld + j]));
    }
  }
  guarded_free(&x);
  guarded_free(&y);
  guarded_free(&gamma);
  guarded_free(&beta);
  guarded_free(&one);
  return hash;
}

static void check_layernorm_lengths(const lode_norm_kernel *kernel) {
  for (size_t n = 1; n <= 200; n++) {
    check_layernorm(kernel, (layernorm_case){.n = n, .scale = 1.0f, .eps = 1e-12f, .beta = true});
  }
  const size_t wide[] = {256, 312, 384, 768, 1000, 1024, 1536, 4096, 10007};
  for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
    check_layernorm(kernel, (layernorm_case){.n = wide[i], .scale = 1.0f, .eps = 1e-12f});
    check_layernorm(kernel,
                    (layernorm_case){
                        .n = wide[i], .scale = 1.0f, .in_place = true, .eps = 1e-5f, .beta = true});
  }
}

/* Where the naive mean of squares minus square of the mean would be noise. */
static void check_layernorm_offsets(const lode_norm_kernel *kernel) {
  const float offsets[] = {10.0f, 1e3f, 1e5f};
  for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
    check_layernorm(
        kernel, (layernorm_case){
                    .n = 384, .scale = 1.0f, .offset = offsets[i], .eps = 1e-12f, .beta = true});
  }
  check_layernorm(kernel, (layernorm_case){.n = 384, .scale = 1e-10f, .eps = 1e-5f});
  check_layernorm(kernel, (layernorm_case){.n = 384, .scale = 1e15f, .eps = 1e-12f});
}

static void check_layernorm_special(const lode_norm_kernel *kernel) {
  enum { N = 67 };
  float x[3][N], y[3][N], gamma[N], beta[N];
  const float bad[] = {NAN, INFINITY, -INFINITY};
  for (size_t at = 0; at < N; at++) {
    for (size_t b = 0; b < 3; b++) {
      for (size_t j = 0; j < N; j++) {
        x[0][j] = x[1][j] = x[2][j] = (float)j;
        gamma[j] = 1.0f;
        beta[j] = (float)j;
      }
      x[1][at] = bad[b];
      kernel->layernorm(3, N, x[0], N, gamma, beta, 1e-12f, y[0], N);
      for (size_t j = 0; j < N; j++) assert_true(isnan(y[1][j]));
      check_layernorm_row(kernel, N, x[0], gamma, beta, 1e-12f, y[0]);
      assert_true(same_bits(N, y[0], y[2]));
    }
  }
  for (size_t j = 0; j < N; j++) x[0][j] = 0.0f; /* no variance: beta is left */
  kernel->layernorm(1, N, x[0], N, gamma, beta, 1e-12f, y[0], N);
  assert_true(same_bits(N, y[0], beta));
  kernel->layernorm(0, N, NULL, N, gamma, beta, 1e-12f, NULL, N);
}

static void test_layernorm(void **state) {
  (void)state;
  each_kernel(check_layernorm_lengths);
  each_kernel(check_layernorm_offsets);
  each_kernel(check_layernorm_special);
}

/* ------------------------------------------------------------------ l2 */

static uint64_t check_l2(const lode_norm_kernel *kernel, size_t n, float scale) {
  const size_t ld = n + PAD, size = (ROWS - 1) * ld + n;
  guarded x = guarded_floats(size), y = guarded_floats(size);
  uint64_t seed = n + 1, hash = BITS_HASH_START;
  random_fill(&seed, x.data, size);
  for (size_t i = 0; i < size; i++) x.data[i] *= scale;
  memcpy(y.data, x.data, size * sizeof(float));
  kernel->l2(ROWS, n, x.data, ld, y.data, ld);
  const double relative = unit * ((double)lode_sum64_depth(n) / 2.0 + 3.0);
  for (size_t i = 0; i < ROWS; i++) {
    double squares = 0.0;
    for (size_t j = 0; j < n; j++)
      squares += (double)x.data[i * ld + j] * (double)x.data[i * ld + j];
    const double length = fmax(sqrt(squares), 1e-12);
    for (size_t j = 0; j < n; j++) {
      const double want = (double)x.data[i * ld + j] / length;
      assert_true(fabs((double)y.data[i * ld + j] - want) <= relative * fabs(want) + FLT_MIN);
    }
    hash = bits_hash(hash, n, y.data + i * ld);
  }
  kernel->l2(ROWS, n, x.data, ld, x.data, ld); /* in place; the padding too must be the same */
  assert_true(same_bits(size, x.data, y.data));
  guarded_free(&x);
  guarded_free(&y);
  return hash;
}

static void check_l2_kernel(const lode_norm_kernel *kernel) {
  for (size_t n = 0; n <= 200; n++) check_l2(kernel, n, 1.0f);
  check_l2(kernel, 384, 1e15f);
  check_l2(kernel, 1024, 1e-10f);
  float x[70] = {0}, y[70];
  kernel->l2(1, 70, x, 70, y, 70); /* a row of zeros stays one */
  for (size_t j = 0; j < 70; j++) assert_true(y[j] == 0.0f);
  x[69] = 1e-14f; /* shorter than 1e-12: divided by that, as torch does */
  kernel->l2(1, 70, x, 70, y, 70);
  assert_true(fabs((double)y[69] - 1e-2) < 1e-8);
  x[69] = NAN;
  kernel->l2(1, 70, x, 70, y, 70);
  for (size_t j = 0; j < 70; j++) assert_true(isnan(y[j]));
}

static void test_l2(void **state) {
  (void)state;
  each_kernel(check_l2_kernel);
}

/* ------------------------------------------------------------------ the same on all processors */

/* All kernels add in the same order (sum64.h): these are the results of each. */
static const struct {
  size_t n;
  uint64_t layernorm, l2;
} results[] = {
    {1, 0x878BCE3BD1783E3B, 0xD7E99EC03A8F2FB7},    {63, 0x70C1560955EEDB51, 0x32F25D2B811B12DE},
    {64, 0x7A38BE9C02DF5B28, 0x00402CB6C72D3A0A},   {65, 0x4303CBD0743AE617, 0x424E4173943E20F9},
    {200, 0x6DB73350BA1D5315, 0x5990DC0222C49FB2},  {384, 0x78716133C4DB5C1B, 0x674473300FA57A7D},
    {1000, 0xFB6CC5C86DD36276, 0xB598D67B65D2EA0A}, {1536, 0x9A9ECB9EDB327E24, 0xE248AFF21756D8FA},
};

static void check_results(const lode_norm_kernel *kernel) {
  for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
    const layernorm_case c = {
        .n = results[i].n, .scale = 3.0f, .offset = 1.0f, .eps = 1e-12f, .beta = true};
    const unsigned long long layernorm = check_layernorm(kernel, c),
                             l2 = check_l2(kernel, c.n, 1.0f);
    if (layernorm != results[i].layernorm || l2 != results[i].l2) {
      fail_msg("%s: results for n = %zu are {%zu, 0x%016llX, 0x%016llX}, unlike other processors'",
               kernel->name, c.n, c.n, layernorm, l2);
    }
  }
}

static void test_same_bits_on_every_processor(void **state) {
  (void)state;
  each_kernel(check_results);
}

static void test_selection(void **state) {
  (void)state;
  assert_string_equal(lode_norm_select(0)->name, "ref");
  const lode_norm_kernel *kernel;
  for (size_t k = 0; (kernel = lode_norm_kernel_at(k)) != NULL; k++) {
    assert_string_equal(lode_norm_select(kernel->features)->name, kernel->name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_layernorm),
      cmocka_unit_test(test_l2),
      cmocka_unit_test(test_same_bits_on_every_processor),
      cmocka_unit_test(test_selection),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
