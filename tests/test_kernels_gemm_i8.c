/* Products of 8-bit integers: the sum over k as a 64-bit integer, then the contract's roundings
 * one by one. Without an activation every bit of C is known. */
#include "gemm_cases.h"

#include "kernels/gemm_i8/gemm_i8.h"

static void fill(uint64_t *state, bool is_b, void *elements, size_t n) {
  int8_t *x = elements;
  for (size_t i = 0; i < n; i++) {
    x[i] = (int8_t)lrintf(random_float(state) * (float)(is_b ? LODE_GEMM_I8_MOST : 127));
  }
}

static const int8_t *row_of(const char *matrix, size_t i, size_t ld) {
  return (const int8_t *)matrix + i * ld;
}

static void prepare(problem *p) {
  int32_t *sums = (int32_t *)(void *)p->row_sum.data;
  for (size_t i = 0; i < p->s.m; i++) {
    sums[i] = 0;
    for (size_t l = 0; l < p->s.k; l++) sums[i] += row_of(p->a, i, p->lda)[l];
  }
}

static double sum(const problem *p, size_t i, size_t j, double *bound) {
  const int8_t *a = row_of(p->a, i, p->lda), *b = row_of(p->b, j, p->s.k);
  int64_t total = 0;
  for (size_t l = 0; l < p->s.k; l++) total += (int64_t)a[l] * b[l];
  const float t = (float)total * p->row_scale.data[i];
  *bound = 0.0;
  return t * p->col_scale.data[j] + (p->s.bias ? p->bias.data[j] : 0.0f);
}

static const gemm_family family = {.kernel_at = lode_gemm_i8_kernel_at,
                                   .select = lode_gemm_i8_select,
                                   .element = 1,
                                   .step = 64,
                                   .fill = fill,
                                   .prepare = prepare,
                                   .sum = sum};

/* The largest sums of either sign, at every length up to the longest: 16-bit steps on the way
 * would saturate here, and 32 bits overflow beyond. */
static void check_extremes_of(const lode_gemm_kernel *kernel, size_t k) {
  const shape s = {.m = 5, .n = 9, .k = k};
  problem p = problem_make(kernel, s, k);
  for (size_t i = 0; i < s.m; i++) {
    memset(p.a + i * p.lda, i % 2 == 0 ? 127 : -127, k);
    p.row_scale.data[i] = 1.0f;
  }
  for (size_t j = 0; j < s.n; j++) {
    memset(p.b + j * k, j % 3 == 0 ? LODE_GEMM_I8_MOST : -LODE_GEMM_I8_MOST, k);
    p.col_scale.data[j] = 1.0f;
  }
  prepare(&p);
  pack_panels(kernel, &p, 0, panel_count(kernel, s.n));
  problem_run(kernel, &p, 0, s.m, 0, s.n);
  check_all(&p);
  const double most = 127.0 * (double)LODE_GEMM_I8_MOST * (double)k;
  assert_true(p.c.data[0] == (float)most && p.c.data[1] == (float)-most);
  problem_free(&p);
}

static void check_extremes(const lode_gemm_kernel *kernel) {
  for (size_t k = 1; k <= 160; k++) check_extremes_of(kernel, k);
  check_extremes_of(kernel, 4096);
  check_extremes_of(kernel, LODE_GEMM_I8_MAX_K);
}

static void test_extremes(void **state) {
  (void)state;
  each_kernel(check_extremes);
}

/* Single products: which of A's elements meets which of B's. */
static void check_places(const lode_gemm_kernel *kernel) {
  const shape s = {.m = 3, .n = 34, .k = 70};
  problem p = problem_make(kernel, s, 3);
  for (size_t l = 0; l < s.k; l++) {
    for (size_t i = 0; i < s.m; i++) {
      memset(p.a + i * p.lda, 0, s.k);
      p.a[i * p.lda + l] = (char)(i + 1);
    }
    prepare(&p);
    problem_run(kernel, &p, 0, s.m, 0, s.n);
    check_all(&p);
  }
  problem_free(&p);
}

static void test_places(void **state) {
  (void)state;
  each_kernel(check_places);
}

int main(void) {
  const struct CMUnitTest tests[] = {GEMM_CASES, cmocka_unit_test(test_extremes),
                                     cmocka_unit_test(test_places)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
