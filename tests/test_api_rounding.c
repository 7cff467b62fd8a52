/* Rounding with compensation of errors, against its definition in double: given the integers of the
 * columns after c, q[c] is the nearest to what would be best for column c if those before it could
 * be anything. That best is found here by elimination, not by the factors that rounding.c uses. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/rounding.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "bits.h"
#include "guarded.h"
#include "kernels/gemm_f32/gemm_f32.h"

enum { MOST = 63, ROWS = 5 };

/* Inputs [count, n] of which neighbours resemble each other, and what is rounded for them. */
typedef struct problem {
  size_t n, count;
  float *inputs; /* transposed: [n, count] */
  float *gram;   /* [n, n] */
  float *x;      /* [ROWS, n] */
} problem;

static void *must(void *p) {
  if (!p) fail_msg("out of memory");
  return p;
}

static problem make_problem(size_t n, size_t count, float size) {
  problem p = {n, count, must(malloc(n * count * sizeof(float))),
               must(calloc(n * n, sizeof(float))), must(malloc(ROWS * n * sizeof(float)))};
  uint64_t seed = n * 1000 + count;
  for (size_t t = 0; t < count; t++) {
    float common = 0;
    for (size_t i = 0; i < n; i++) {
      common = 0.9f * common + random_float(&seed);
      p.inputs[i * count + t] = common + 0.3f;
    }
  }
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) {
      double sum = 0;
      for (size_t t = 0; t < count; t++) {
        sum += (double)p.inputs[i * count + t] * (double)p.inputs[j * count + t];
      }
      p.gram[i * n + j] = (float)sum;
    }
  }
  for (size_t i = 0; i < ROWS * n; i++) p.x[i] = size * random_float(&seed);
  return p;
}

static void free_problem(problem *p) {
  free(p->inputs);
  free(p->gram);
  free(p->x);
}

typedef struct answer {
  bool done;
  int8_t *q;   /* [ROWS, n] */
  float *left; /* [ROWS, n] */
} answer;

static answer solve(const lode_gemm_kernel *gemm, const problem *p, double damping) {
  const size_t n = p->n;
  answer a = {false, must(malloc(ROWS * n)), must(malloc(ROWS * n * sizeof(float)))};
  float *gram = must(malloc(n * n * sizeof *gram));
  void *scratch = must(lode_aligned_alloc(lode_rounding_scratch(gemm, ROWS, n)));
  memset(a.q, 99, ROWS * n);
  memcpy(a.left, p->x, ROWS * n * sizeof *a.left);
  memcpy(gram, p->gram, n * n * sizeof *gram);
  /* The upper half is not read. */
  for (size_t i = 0; i < n; i++) {
    for (size_t j = i + 1; j < n; j++) gram[i * n + j] = NAN;
  }
  a.done = lode_round_compensated(gemm, ROWS, n, a.left, gram, damping, MOST, a.q, scratch);
  lode_aligned_free(scratch);
  free(gram);
  return a;
}

static void free_answer(answer *a) {
  free(a->q);
  free(a->left);
}

static void each_kernel(void (*check)(const lode_gemm_kernel *gemm)) {
  const lode_gemm_kernel *gemm;
  for (size_t k = 0; (gemm = lode_gemm_f32_kernel_at(k)) != NULL; k++) {
    if ((gemm->features & ~lode_cpu_features(NULL, NULL)) == 0) {
      check(gemm);
    } else {
      print_message("%s was not run: not on this machine\n", gemm->name);
    }
  }
}

static double *damped(const problem *p, double damping) {
  const size_t n = p->n;
  double *h = must(malloc(n * n * sizeof *h));
  double mean = 0;
  for (size_t i = 0; i < n; i++) mean += (double)p->gram[i * n + i] / (double)n;
  for (size_t i = 0; i < n * n; i++) h[i] = (double)p->gram[i];
  for (size_t i = 0; i < n; i++) h[i * n + i] += damping * mean;
  return h;
}

/* d[c] of the d[0..c] that make d H d^T least, for given d[c+1..]: H[0..c, 0..c] d = -rest, solved
 * by elimination from the top; the last unknown falls out first. */
static double best_error(const double *h, size_t n, size_t c, const double *d) {
  const size_t m = c + 1;
  double *a = must(malloc(m * (m + 1) * sizeof *a));
  for (size_t i = 0; i < m; i++) {
    memcpy(a + i * (m + 1), h + i * n, m * sizeof *a);
    double rest = 0;
    for (size_t j = m; j < n; j++) rest += h[i * n + j] * d[j];
    a[i * (m + 1) + m] = -rest;
  }
  for (size_t i = 0; i < m; i++) {
    for (size_t r = i + 1; r < m; r++) {
      const double f = a[r * (m + 1) + i] / a[i * (m + 1) + i];
      for (size_t j = i; j <= m; j++) a[r * (m + 1) + j] -= f * a[i * (m + 1) + j];
    }
  }
  const double best = a[c * (m + 1) + m] / a[c * (m + 1) + c];
  free(a);
  return best;
}

static void check_definition(const lode_gemm_kernel *gemm, size_t n, size_t count, float size) {
  const double damping = 0.3, slack = 1e-3; /* of f32, far from what a wrong sum would be off */
  problem p = make_problem(n, count, size);
  double *h = damped(&p, damping), *d = must(malloc(n * sizeof *d));
  answer a = solve(gemm, &p, damping);
  assert_true(a.done);
  for (size_t r = 0; r < ROWS; r++) {
    const float *x = p.x + r * n;
    const int8_t *q = a.q + r * n;
    for (size_t i = 0; i < n; i++) {
      assert_in_range(q[i] + MOST, 0, 2 * MOST);
      assert_true(bits_of(a.left[r * n + i]) == bits_of(x[i] - (float)q[i]));
      d[i] = (double)x[i] - q[i];
    }
    for (size_t c = n; c-- > 0;) {
      const double wanted = (double)x[c] - best_error(h, n, c, d);
      const double inside = fmin(fmax(wanted, -MOST), MOST);
      if (!(fabs(inside - q[c]) <= 0.5 + slack)) {
        fail_msg("%s, n %zu, row %zu, column %zu: %d, should be near %g", gemm->name, n, r, c, q[c],
                 wanted);
      }
    }
  }
  free(d);
  free(h);
  free_answer(&a);
  free_problem(&p);
}

static void definition_of(const lode_gemm_kernel *gemm) {
  for (size_t n = 1; n <= 12; n++) check_definition(gemm, n, 40, 60.0f);
  check_definition(gemm, 63, 200, 60.0f);
  check_definition(gemm, 64, 200, 20.0f);
  check_definition(gemm, 65, 200, 60.0f);
  check_definition(gemm, 131, 300, 60.0f);
  check_definition(gemm, 20, 3, 60.0f);   /* fewer inputs than columns: damping alone decides */
  check_definition(gemm, 30, 100, 63.0f); /* many at the limit */
}

static void every_column_is_the_best_that_is_left(void **state) {
  (void)state;
  each_kernel(definition_of);
}

/* sum of squares of inputs times errors, over all rows */
static double output_error(const problem *p, const float *left) {
  double sum = 0;
  for (size_t r = 0; r < ROWS; r++) {
    for (size_t t = 0; t < p->count; t++) {
      double y = 0;
      for (size_t i = 0; i < p->n; i++) {
        y += (double)p->inputs[i * p->count + t] * (double)left[r * p->n + i];
      }
      sum += y * y;
    }
  }
  return sum;
}

static void outputs_of(const lode_gemm_kernel *gemm) {
  const size_t sizes[] = {16, 100, 200};
  for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
    problem p = make_problem(sizes[s], 4 * sizes[s], 60.0f);
    answer a = solve(gemm, &p, 0.01);
    assert_true(a.done);
    float *nearest = must(malloc(ROWS * p.n * sizeof *nearest));
    for (size_t i = 0; i < ROWS * p.n; i++) nearest[i] = p.x[i] - rintf(p.x[i]);
    assert_true(output_error(&p, a.left) < 0.7 * output_error(&p, nearest));
    free(nearest);
    free_answer(&a);
    free_problem(&p);
  }
}

static void outputs_are_nearer_than_by_rounding_to_nearest(void **state) {
  (void)state;
  each_kernel(outputs_of);
}

static void check_untouched(const lode_gemm_kernel *gemm, const problem *p, double damping) {
  answer a = solve(gemm, p, damping);
  assert_false(a.done);
  for (size_t i = 0; i < ROWS * p->n; i++) assert_int_equal(a.q[i], 99);
  assert_memory_equal(a.left, p->x, ROWS * p->n * sizeof *p->x);
  free_answer(&a);
}

static void what_cannot_be_factored_is_left_alone(void **state) {
  (void)state;
  const lode_gemm_kernel *gemm = lode_gemm_f32_select(lode_cpu_features(NULL, NULL));
  problem p = make_problem(70, 100, 60.0f);
  p.gram[69 * 70 + 69] = -1e6f;
  check_untouched(gemm, &p, 0.3); /* not positive definite */
  p.gram[69 * 70 + 69] = NAN;
  check_untouched(gemm, &p, 0.3);
  p.gram[69 * 70 + 69] = INFINITY;
  check_untouched(gemm, &p, 0.3);
  memset(p.gram, 0, p.n * p.n * sizeof *p.gram);
  check_untouched(gemm, &p, 0.3); /* no input was ever anything but 0 */
  free_problem(&p);
}

static void vector_kernels_give_the_same_bits(void **state) {
  (void)state;
  problem p = make_problem(150, 500, 60.0f);
  answer first = {0};
  const lode_gemm_kernel *gemm;
  for (size_t k = 0; (gemm = lode_gemm_f32_kernel_at(k)) != NULL; k++) {
    if (gemm->features == 0 || (gemm->features & ~lode_cpu_features(NULL, NULL)) != 0) continue;
    answer a = solve(gemm, &p, 0.3);
    assert_true(a.done);
    if (!first.q) {
      first = a;
      continue;
    }
    assert_memory_equal(first.q, a.q, ROWS * p.n);
    assert_memory_equal(first.left, a.left, ROWS * p.n * sizeof *a.left);
    free_answer(&a);
  }
  free_answer(&first);
  free_problem(&p);
}

/* lode_gram_add in two parts, twice, against sums in double. */
static void gram_of(const lode_gemm_kernel *gemm) {
  const size_t n = 300, count = 37;
  problem p = make_problem(n, count, 1.0f);
  float *gram = must(calloc(n * n, sizeof *gram));
  void *packed = must(lode_aligned_alloc(lode_gemm_packed_size(gemm->layout, n, count)));
  const void **rows = must(malloc(n * sizeof *rows));
  for (size_t i = 0; i < n; i++) rows[i] = p.inputs + i * count;
  lode_gemm_pack(gemm->layout, n, count, rows, 0,
                 (n + gemm->layout->panel - 1) / gemm->layout->panel, packed);
  for (int times = 0; times < 2; times++) {
    lode_gram_add(gemm, n, count, p.inputs, count, packed, LODE_GRAM_BLOCK, n, gram);
    lode_gram_add(gemm, n, count, p.inputs, count, packed, 0, LODE_GRAM_BLOCK, gram);
  }
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j <= i; j++) {
      double sum = 0, sizes = 0;
      for (size_t t = 0; t < count; t++) {
        const double term = (double)p.inputs[i * count + t] * (double)p.inputs[j * count + t];
        sum += 2 * term;
        sizes += 2 * fabs(term);
      }
      const double bound = (double)(count + 4) * 0x1p-24 * sizes;
      assert_true(fabs((double)gram[i * n + j] - sum) <= bound);
    }
  }
  free(rows);
  lode_aligned_free(packed);
  free(gram);
  free_problem(&p);
}

static void grams_are_sums_of_products(void **state) {
  (void)state;
  each_kernel(gram_of);
}

static void sizes_that_overflow_are_told(void **state) {
  (void)state;
  const lode_gemm_kernel *gemm = lode_gemm_f32_select(lode_cpu_features(NULL, NULL));
  assert_true(lode_rounding_scratch(gemm, 384, 1536) > 0);
  assert_true(lode_rounding_scratch(gemm, SIZE_MAX / 16, 1536) == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_column_is_the_best_that_is_left),
      cmocka_unit_test(outputs_are_nearer_than_by_rounding_to_nearest),
      cmocka_unit_test(what_cannot_be_factored_is_left_alone),
      cmocka_unit_test(vector_kernels_give_the_same_bits),
      cmocka_unit_test(grams_are_sums_of_products),
      cmocka_unit_test(sizes_that_overflow_are_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
