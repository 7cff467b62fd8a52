/* Products of bfloat16 against sums in double of the same numbers. The tolerances are the error
 * bounds of the contract, not tuned numbers. */
#include "gemm_cases.h"

#include <float.h>

#include "bits.h"
#include "kernels/gemm_bf16/gemm_bf16.h"

static uint16_t narrow(float x) { /* towards zero: any bfloat16 will do */
  return (uint16_t)(bits_of(x) >> 16);
}

static double wide(uint16_t x) {
  return float_of((uint32_t)x << 16);
}

static void fill(uint64_t *state, bool is_b, void *elements, size_t n) {
  (void)is_b;
  uint16_t *x = elements;
  for (size_t i = 0; i < n; i++) x[i] = narrow(random_float(state));
}

static uint16_t *elements_of(char *matrix) {
  return (uint16_t *)(void *)matrix;
}

static double sum(const problem *p, size_t i, size_t j, double *bound) {
  const uint16_t *a = elements_of(p->a) + i * p->lda, *b = elements_of(p->b) + j * p->s.k;
  double total = 0.0, magnitude = 0.0;
  for (size_t l = 0; l < p->s.k; l++) {
    total += wide(a[l]) * wide(b[l]);
    magnitude += fabs(wide(a[l]) * wide(b[l]));
  }
  if (p->s.bias) {
    total += p->bias.data[j];
    magnitude += fabs((double)p->bias.data[j]);
  }
  const double steps = (double)p->s.k + 2.0;
  *bound = steps * UNIT / (1.0 - steps * UNIT) * magnitude + steps * FLT_MIN;
  return total;
}

static const gemm_family family = {.kernel_at = lode_gemm_bf16_kernel_at,
                                   .select = lode_gemm_bf16_select,
                                   .element = sizeof(uint16_t),
                                   .step = 2,
                                   .fill = fill,
                                   .sum = sum};

static void check_special_values(const lode_gemm_kernel *kernel) {
  const shape s = {.m = 20, .n = 40, .k = 9};
  problem p = problem_make(kernel, s, 7);
  uint16_t *a = elements_of(p.a);
  const uint16_t *b = elements_of(p.b);
  a[3 * p.lda + 4] = narrow(NAN);
  a[5 * p.lda + 8] = narrow(INFINITY);
  problem_run(kernel, &p, 0, s.m, 0, s.n);
  for (size_t i = 0; i < s.m; i++) {
    for (size_t j = 0; j < s.n; j++) {
      const float c = p.c.data[i * p.ldc + j];
      if (i == 3) {
        assert_true(isnan(c));
      } else if (i == 5) {
        assert_true(isinf(c) && (c > 0) == (wide(b[j * s.k + 8]) > 0));
      } else {
        check_element(&p, i, j);
      }
    }
  }
  problem_free(&p);
}

static void test_special_values(void **state) {
  (void)state;
  each_kernel(check_special_values);
}

int main(void) {
  const struct CMUnitTest tests[] = {GEMM_CASES, cmocka_unit_test(test_special_values)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
