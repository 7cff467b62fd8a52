/* Products of f32 against sums in double. The tolerances are the error bounds of the contract,
 * not tuned numbers. */
#include "gemm_cases.h"

#include <float.h>

#include "kernels/gemm_f32/gemm_f32.h"

static void fill(uint64_t *state, bool is_b, void *elements, size_t n) {
  (void)is_b;
  random_fill(state, elements, n);
}

static double sum(const problem *p, size_t i, size_t j, double *bound) {
  const float *a = (const float *)(const void *)p->a + i * p->lda;
  const float *b = (const float *)(const void *)p->b + j * p->s.k;
  double total = 0.0, magnitude = 0.0;
  for (size_t l = 0; l < p->s.k; l++) {
    total += (double)a[l] * b[l];
    magnitude += fabs((double)a[l] * b[l]);
  }
  if (p->s.bias) {
    total += p->bias.data[j];
    magnitude += fabs((double)p->bias.data[j]);
  }
  const double steps = (double)p->s.k + 2.0;
  *bound = steps * UNIT / (1.0 - steps * UNIT) * magnitude;
  return total;
}

static const gemm_family family = {.kernel_at = lode_gemm_f32_kernel_at,
                                   .select = lode_gemm_f32_select,
                                   .element = sizeof(float),
                                   .step = 1,
                                   .fill = fill,
                                   .sum = sum};

static void check_special_values(const lode_gemm_kernel *kernel) {
  const shape s = {.m = 20, .n = 40, .k = 9};
  problem p = problem_make(kernel, s, 7);
  float *a = (float *)(void *)p.a;
  const float *b = (const float *)(const void *)p.b;
  a[3 * p.lda + 4] = NAN;
  a[5 * p.lda + 8] = INFINITY;
  problem_run(kernel, &p, 0, s.m, 0, s.n);
  for (size_t i = 0; i < s.m; i++) {
    for (size_t j = 0; j < s.n; j++) {
      const float c = p.c.data[i * p.ldc + j];
      if (i == 3) {
        assert_true(isnan(c));
      } else if (i == 5) {
        assert_true(isinf(c) && (c > 0) == (b[j * s.k + 8] > 0));
      } else {
        check_element(&p, i, j);
      }
    }
  }
  problem_free(&p);
}

/* Products below FLT_MIN are kept, neither flushed nor treated as zero. */
static void check_subnormals(const lode_gemm_kernel *kernel) {
  const shape s = {.m = 15, .n = 33, .k = 1};
  problem p = problem_make(kernel, s, 8);
  for (size_t i = 0; i < s.m; i++) ((float *)(void *)p.a)[i] = FLT_MIN;
  for (size_t j = 0; j < s.n; j++) ((float *)(void *)p.b)[j] = 0.25f;
  pack_panels(kernel, &p, 0, panel_count(kernel, s.n));
  problem_run(kernel, &p, 0, s.m, 0, s.n);
  for (size_t i = 0; i < s.m * s.n; i++) assert_true(p.c.data[i] == FLT_MIN / 4);
  problem_free(&p);
}

static void test_special_values(void **state) {
  (void)state;
  each_kernel(check_special_values);
  each_kernel(check_subnormals);
}

int main(void) {
  const struct CMUnitTest tests[] = {GEMM_CASES, cmocka_unit_test(test_special_values)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
