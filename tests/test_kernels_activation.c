/* Every activation kernel that this machine can run, against the formulas in double, over
 * floats of every size. The tolerances are the bounds that docs/numerics.md derives.
 *
 * LODE_TEST_STRIDE=1 takes every float from 2^-30 to 2^7 instead of each 1009th (minutes), and
 * prints the largest errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "bits.h"
#include "guarded.h"
#include "kernels/activation/activation.h"

static const double unit = 0x1p-24; /* half a unit in the last place of 1.0f */
/* exp gives 0 below this, and the kernels may lose as much where they build on it. */
static const double smallest = 0x1p-125;

/* ------------------------------------------------------------------ the functions */

enum { FUNCTION_EXP = LODE_ACT_SIGMOID + 1, FUNCTIONS };

static const char *const function_names[FUNCTIONS] = {"none", "gelu_erf", "gelu_tanh", "relu",
                                                      "tanh", "silu",     "sigmoid",   "exp"};

static void apply(const lode_activation_kernel *kernel, int function, size_t n, const float *x,
                  float *y) {
  if (function == FUNCTION_EXP) {
    kernel->exp(n, x, y);
  } else {
    kernel->run((lode_act)function, n, x, y);
  }
}

/* Phi(x), the distribution function of the normal distribution */
static double normal_cdf(double x) {
  return 0.5 * erfc(-x / sqrt(2.0));
}

/* The exponent of the logistic form x / (1 + exp(e)) of GELU by tanh. */
static double gelu_tanh_exponent(double x) {
  return -2.0 * sqrt(2.0 / acos(-1.0)) * (x + 0.044715 * x * x * x);
}

/* For x = -infinity the products are 0 times infinity; the limits are 0. */
static double formula(int function, double x) {
  const double minus_infinity = -(double)INFINITY;
  switch (function) {
    case LODE_ACT_GELU_ERF:
      return x == minus_infinity ? -0.0 : x * normal_cdf(x);
    case LODE_ACT_GELU_TANH:
      return x == minus_infinity ? -0.0 : x / (1.0 + exp(gelu_tanh_exponent(x)));
    case LODE_ACT_RELU:
      return x < 0.0 ? 0.0 : x;
    case LODE_ACT_TANH:
      return tanh(x);
    case LODE_ACT_SILU:
      return x == minus_infinity ? -0.0 : x / (1.0 + exp(-x));
    case LODE_ACT_SIGMOID:
      return 1.0 / (1.0 + exp(-x));
    case FUNCTION_EXP:
      return exp(x);
    default:
      return x;
  }
}

/* A unit in the last place of the floats around y. */
static double ulp(double y) {
  int exponent;
  frexp(y, &exponent);
  return ldexp(1.0, (exponent < -125 ? -125 : exponent) - 24);
}

/* How far a vector kernel may be from want = formula(function, x). */
static double bound(int function, double x, double want) {
  const double size = fabs(want);
  switch (function) {
    case LODE_ACT_GELU_ERF: {
      const double tail = fabs(x) * normal_cdf(-fabs(x));
      return unit * (size + 28.0 * tail + 0.02 * fmin(fabs(x), 9.0)) + smallest;
    }
    case LODE_ACT_GELU_TANH: {
      const double e = gelu_tanh_exponent(x);
      const double falling = 1.0 / (1.0 + exp(-e)); /* 1 - sigmoid: the part that exp plays */
      return unit * size * (3.0 + falling * (2.0 + 4.0 * fabs(e))) +
             fmin(fabs(x), 128.0) * smallest;
    }
    case LODE_ACT_SILU:
      return unit * size * (3.0 + 2.0 / (1.0 + exp(x))) + fmin(fabs(x), 128.0) * smallest;
    case LODE_ACT_SIGMOID:
      return unit * size * (3.0 + 2.0 / (1.0 + exp(x))) + smallest;
    case LODE_ACT_TANH:
      return 3.0 * ulp(want);
    case FUNCTION_EXP:
      return size < smallest ? smallest : 1.1 * ulp(want);
    default:
      return 0.0;
  }
}

typedef struct worst {
  double ulps, of_bound; /* the largest error: in ULP of the result, and per allowed error */
  float at;              /* of ulps */
} worst;

static void check_value(const lode_activation_kernel *kernel, int function, float x, float y,
                        double want, worst *w) {
  if (isnan(x)) {
    if (!isnan(y)) fail_msg("%s %s(NaN) = %a", kernel->name, function_names[function], (double)y);
    return;
  }
  if (y == (float)want) return;
  const double allowed = bound(function, (double)x, want);
  const double error = fabs((double)y - want);
  if (!(error <= allowed)) {
    fail_msg("%s %s(%a) = %a, formula %a: off by %.3g, allowed %.3g", kernel->name,
             function_names[function], (double)x, (double)y, want, error, allowed);
  }
  w->of_bound = fmax(w->of_bound, error / allowed);
  if (error / ulp(want) > w->ulps && fabs(want) > 1e-4 * fabs((double)x)) {
    *w = (worst){.ulps = error / ulp(want), .of_bound = w->of_bound, .at = x};
  }
}

/* ------------------------------------------------------------------ all kinds of floats */

enum { CHUNK = 4096, USUAL_STRIDE = 1009, KERNELS_MOST = 8 };

/* Where the functions bend; beyond, they are all but straight lines, and one float in 64 of
 * those taken here stands for its neighbours. */
static const struct {
  uint32_t first, last; /* bits of the magnitude */
  uint64_t stride;
} sweep_ranges[] = {
    {0x00000000, 0x307FFFFF, 64}, /* 0 .. 2^-30 */
    {0x30800000, 0x42FFFFFF, 1},  /* .. 2^7 */
    {0x43000000, 0x7FFFFFFF, 64}, /* .. infinity and NaN */
};

static uint64_t sweep_stride(void) {
  const char *text = getenv("LODE_TEST_STRIDE");
  const uint64_t stride = text ? strtoull(text, NULL, 10) : 0;
  return stride > 0 ? stride : USUAL_STRIDE;
}

typedef struct sweep {
  int function;
  struct {
    uint64_t hash; /* of all results */
    worst worst;
  } by_kernel[KERNELS_MOST];
} sweep;

static bool swept(const lode_activation_kernel *kernel) {
  return (kernel->features & ~lode_cpu_features(NULL, NULL)) == 0;
}

static void sweep_chunk(sweep *s, size_t n, const float *x) {
  static float y[CHUNK];
  static double want[CHUNK];
  for (size_t i = 0; i < n; i++) want[i] = formula(s->function, (double)x[i]);
  const lode_activation_kernel *kernel;
  for (size_t k = 0; (kernel = lode_activation_kernel_at(k)) != NULL; k++) {
    if (!swept(kernel)) continue;
    apply(kernel, s->function, n, x, y);
    for (size_t i = 0; i < n; i++) {
      check_value(kernel, s->function, x[i], y[i], want[i], &s->by_kernel[k].worst);
    }
    s->by_kernel[k].hash = bits_hash(s->by_kernel[k].hash, n, y);
  }
}

static void sweep_run(sweep *s, uint64_t base_stride) {
  static float x[CHUNK];
  for (size_t k = 0; k < KERNELS_MOST; k++) s->by_kernel[k].hash = BITS_HASH_START;
  for (size_t r = 0; r < sizeof sweep_ranges / sizeof sweep_ranges[0]; r++) {
    const uint64_t stride = base_stride * sweep_ranges[r].stride;
    uint64_t bits = sweep_ranges[r].first;
    while (bits <= sweep_ranges[r].last) {
      size_t n = 0;
      for (; n < CHUNK && bits <= sweep_ranges[r].last; n += 2, bits += stride) {
        x[n] = float_of((uint32_t)bits);
        x[n + 1] = -x[n];
      }
      sweep_chunk(s, n, x);
    }
  }
}

/* The results of the sweep on every processor: all kernels give the same bits, so one that
 * disagrees with another machine's is found on the machine at hand. */
static const uint64_t sweep_hash[FUNCTIONS] = {
    [LODE_ACT_NONE] = 0xF787EAA9858EB39F,      [LODE_ACT_GELU_ERF] = 0x7FFF5D52FD2E4607,
    [LODE_ACT_GELU_TANH] = 0x3C91425CB2254D93, [LODE_ACT_RELU] = 0x455FB150838D24EE,
    [LODE_ACT_TANH] = 0xCAC4428DD45A04EF,      [LODE_ACT_SILU] = 0x305F458290D396B5,
    [LODE_ACT_SIGMOID] = 0xC9D14E22386BE231,   [FUNCTION_EXP] = 0xA66D131EDD011FD5,
};

static void sweep_report(const sweep *s, uint64_t stride, size_t k) {
  const lode_activation_kernel *kernel = lode_activation_kernel_at(k);
  const worst *w = &s->by_kernel[k].worst;
  const unsigned long long hash = s->by_kernel[k].hash;
  const unsigned long long expected = sweep_hash[s->function];
  if (stride != USUAL_STRIDE) {
    print_message("%-6s %-9s worst %.3f ULP, at %.9g; %.2f of the bound\n", kernel->name,
                  function_names[s->function], w->ulps, (double)w->at, w->of_bound);
  } else if (hash != expected) {
    fail_msg("%s %s: results hash to 0x%016llX, on other processors to 0x%016llX", kernel->name,
             function_names[s->function], hash, expected);
  }
}

static void test_every_kind_of_float(void **state) {
  (void)state;
  const uint64_t stride = sweep_stride();
  for (int function = 0; function < FUNCTIONS; function++) {
    sweep s = {.function = function};
    sweep_run(&s, stride);
    const lode_activation_kernel *kernel;
    for (size_t k = 0; (kernel = lode_activation_kernel_at(k)) != NULL; k++) {
      if (swept(kernel)) {
        sweep_report(&s, stride, k);
      } else if (function == 0) {
        print_message("%s was not run\n", kernel->name);
      }
    }
  }
}

/* ------------------------------------------------------------------ special values */

static const float nothing = 0.0f;

static void check_special(const lode_activation_kernel *kernel, int function, float x, float want) {
  float y = 123.0f;
  apply(kernel, function, 1, &x, &y);
  if (bits_of(y) != bits_of(want)) {
    fail_msg("%s %s(%a) = %a, not %a", kernel->name, function_names[function], (double)x, (double)y,
             (double)want);
  }
}

static void check_specials(const lode_activation_kernel *kernel) {
  for (int function = 0; function < FUNCTIONS; function++) {
    check_special(kernel, function, NAN, NAN);
    check_special(kernel, function, -NAN, NAN);
  }
  check_special(kernel, FUNCTION_EXP, 0.0f, 1.0f);
  check_special(kernel, FUNCTION_EXP, -INFINITY, 0.0f);
  check_special(kernel, FUNCTION_EXP, INFINITY, INFINITY);
  check_special(kernel, FUNCTION_EXP, nextafterf(88.7228394f, 100.0f), INFINITY);
  check_special(kernel, FUNCTION_EXP, -1e30f, 0.0f);
  for (int function = LODE_ACT_GELU_ERF; function <= LODE_ACT_SILU; function++) {
    if (function == LODE_ACT_TANH) continue;
    check_special(kernel, function, INFINITY, INFINITY);
    check_special(kernel, function, 1e30f, 1e30f);
    check_special(kernel, function, 0.0f, 0.0f);
  }
  check_special(kernel, LODE_ACT_TANH, INFINITY, 1.0f);
  check_special(kernel, LODE_ACT_TANH, -INFINITY, -1.0f);
  check_special(kernel, LODE_ACT_TANH, 0.0f, 0.0f);
  check_special(kernel, LODE_ACT_SIGMOID, INFINITY, 1.0f);
  check_special(kernel, LODE_ACT_SIGMOID, -INFINITY, 0.0f);
  check_special(kernel, LODE_ACT_SIGMOID, 0.0f, 0.5f);
  check_special(kernel, LODE_ACT_RELU, -INFINITY, 0.0f);
  for (int function = LODE_ACT_GELU_ERF; function <= LODE_ACT_SILU; function++) {
    if (function == LODE_ACT_TANH) continue;
    const float x = -INFINITY;
    float y = 123.0f;
    apply(kernel, function, 1, &x, &y);
    if (y != nothing)
      fail_msg("%s %s(-inf) is %a", kernel->name, function_names[function], (double)y);
  }
}

/* ------------------------------------------------------------------ lengths and places */

static void check_length(const lode_activation_kernel *kernel, int function, size_t n) {
  guarded x = guarded_floats(n), y = guarded_floats(n);
  uint64_t seed = n + 1;
  for (size_t i = 0; i < n; i++) x.data[i] = 6.0f * random_float(&seed);
  apply(kernel, function, n, x.data, y.data);
  for (size_t i = 0; i < n; i++) { /* a value may not depend on its place */
    float alone;
    apply(kernel, function, 1, x.data + i, &alone);
    if (bits_of(alone) != bits_of(y.data[i])) {
      fail_msg("%s %s: element %zu of %zu depends on its place", kernel->name,
               function_names[function], i, n);
    }
  }
  apply(kernel, function, n, x.data, x.data);
  if (!same_bits(n, x.data, y.data)) {
    fail_msg("%s %s: %zu elements in place differ", kernel->name, function_names[function], n);
  }
  guarded_free(&x);
  guarded_free(&y);
}

static void check_lengths(const lode_activation_kernel *kernel) {
  for (int function = 0; function < FUNCTIONS; function++) {
    for (size_t n = 0; n <= 200; n++) check_length(kernel, function, n);
    check_length(kernel, function, 100003);
  }
}

/* ------------------------------------------------------------------ */

static void each_kernel(void (*check)(const lode_activation_kernel *kernel)) {
  const lode_activation_kernel *kernel;
  for (size_t k = 0; (kernel = lode_activation_kernel_at(k)) != NULL; k++) {
    if ((kernel->features & ~lode_cpu_features(NULL, NULL)) == 0) check(kernel);
  }
}

static void test_special_values(void **state) {
  (void)state;
  each_kernel(check_specials);
}

static void test_lengths_and_places(void **state) {
  (void)state;
  each_kernel(check_lengths);
}

static void test_selection(void **state) {
  (void)state;
  assert_string_equal(lode_activation_select(0)->name, "ref");
  const lode_activation_kernel *kernel;
  for (size_t k = 0; (kernel = lode_activation_kernel_at(k)) != NULL; k++) {
    assert_string_equal(lode_activation_select(kernel->features)->name, kernel->name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_kind_of_float),
      cmocka_unit_test(test_special_values),
      cmocka_unit_test(test_lengths_and_places),
      cmocka_unit_test(test_selection),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
