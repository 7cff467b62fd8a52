/* Every listed kernel that this machine can run, against sums in double. The tolerances are
 * the error bounds of the contract, not tuned numbers; every array ends at an unmapped page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "guarded.h"
#include "kernels/gemm_f32/gemm_f32.h"

static const double unit = 0x1p-24; /* half a unit in the last place of 1.0f */

typedef enum residual_kind { RESIDUAL_NONE, RESIDUAL_APART, RESIDUAL_IS_C } residual_kind;

typedef struct shape {
  size_t m, n, k;
  size_t pad; /* lda, ldr and ldc exceed the row by this */
  lode_act act;
  bool bias;
  residual_kind residual;
} shape;

typedef struct problem {
  shape s;
  size_t lda, ldc;
  guarded a, b, bias, residual, c, packed;
  float *original_c; /* c before the run: the residual, if it is c, and the padding */
} problem;

static size_t matrix_floats(size_t m, size_t n, size_t ld) {
  return m == 0 ? 0 : (m - 1) * ld + n;
}

static void pack(const lode_gemm_kernel *kernel, problem *p, size_t first, size_t last) {
  const void **rows = malloc((p->s.n + 1) * sizeof *rows);
  assert_non_null(rows);
  for (size_t j = 0; j < p->s.n; j++) rows[j] = p->b.data + j * p->s.k;
  kernel->pack(p->s.n, p->s.k, rows, first, last, p->packed.data);
  free(rows);
}

static size_t panel_count(const lode_gemm_kernel *kernel, size_t n) {
  return (n + kernel->panel - 1) / kernel->panel;
}

static problem problem_make(const lode_gemm_kernel *kernel, shape s, uint64_t seed) {
  problem p = {.s = s, .lda = s.k + s.pad, .ldc = s.n + s.pad};
  const size_t c_floats = matrix_floats(s.m, s.n, p.ldc);
  p.a = guarded_floats(matrix_floats(s.m, s.k, p.lda));
  p.b = guarded_floats(s.n * s.k);
  p.bias = guarded_floats(s.n);
  p.residual = guarded_floats(c_floats);
  p.c = guarded_floats(c_floats);
  p.packed = guarded_floats(kernel->packed_size(s.n, s.k) / sizeof(float));
  p.original_c = calloc(c_floats + 1, sizeof *p.original_c);
  assert_non_null(p.original_c);
  uint64_t state = seed + 1;
  random_fill(&state, p.a.data, matrix_floats(s.m, s.k, p.lda));
  random_fill(&state, p.b.data, s.n * s.k);
  random_fill(&state, p.bias.data, s.n);
  random_fill(&state, p.residual.data, c_floats);
  random_fill(&state, p.c.data, c_floats);
  memcpy(p.original_c, p.c.data, c_floats * sizeof(float));
  pack(kernel, &p, 0, panel_count(kernel, s.n));
  return p;
}

static void problem_free(problem *p) {
  guarded_free(&p->a);
  guarded_free(&p->b);
  guarded_free(&p->bias);
  guarded_free(&p->residual);
  guarded_free(&p->c);
  guarded_free(&p->packed);
  free(p->original_c);
}

/* Rows i0 .. i1-1 and columns n0 .. n1-1 of the problem, into its c. */
static void problem_run(const lode_gemm_kernel *kernel, const problem *p, size_t i0, size_t i1,
                        size_t n0, size_t n1) {
  const float *residual = p->s.residual == RESIDUAL_IS_C ? p->c.data : p->residual.data;
  kernel->run(&(lode_gemm_args){
      .m = i1 - i0,
      .n0 = n0,
      .n1 = n1,
      .n = p->s.n,
      .k = p->s.k,
      .a = p->a.data + i0 * p->lda,
      .lda = p->lda,
      .b = p->packed.data,
      .bias = p->s.bias ? p->bias.data : NULL,
      .residual = p->s.residual == RESIDUAL_NONE ? NULL : residual + i0 * p->ldc,
      .ldr = p->ldc,
      .c = p->c.data + i0 * p->ldc,
      .ldc = p->ldc,
      .act = p->s.act,
  });
}

static double activate(lode_act act, double x) {
  switch (act) {
    case LODE_ACT_NONE:
      return x;
    case LODE_ACT_GELU_ERF:
      return 0.5 * x * erfc(-x * M_SQRT1_2);
    case LODE_ACT_GELU_TANH: {
      const double t = sqrt(2.0 * M_2_PI / 2.0) * (x + 0.044715 * x * x * x);
      return x / (1.0 + exp(-2.0 * t)); /* 1 + tanh(t) = 2 / (1 + exp(-2 t)) */
    }
    case LODE_ACT_RELU:
      return x > 0.0 ? x : 0.0;
    case LODE_ACT_TANH:
      return tanh(x);
    case LODE_ACT_SILU:
      return x / (1.0 + exp(-x));
    case LODE_ACT_SIGMOID:
      return 1.0 / (1.0 + exp(-x));
  }
  return NAN;
}

/* No activation here is steeper than GELU, 1.129 at sqrt 2; the kernels' own error, asserted
 * in test_kernels_activation.c, is below 8 units of max(1, |x|). */
static double activated_bound(lode_act act, double x, double bound) {
  if (act == LODE_ACT_NONE) return bound;
  return 1.13 * bound + 8.0 * unit * fmax(1.0, fabs(x));
}

static void check_element(const problem *p, size_t i, size_t j) {
  const float *a = p->a.data + i * p->lda, *b = p->b.data + j * p->s.k;
  double sum = 0.0, magnitude = 0.0;
  for (size_t l = 0; l < p->s.k; l++) {
    sum += (double)a[l] * b[l];
    magnitude += fabs((double)a[l] * b[l]);
  }
  if (p->s.bias) {
    sum += p->bias.data[j];
    magnitude += fabs((double)p->bias.data[j]);
  }
  const double steps = (double)p->s.k + 2.0;
  double bound = steps * unit / (1.0 - steps * unit) * magnitude;
  double expected = activate(p->s.act, sum);
  bound = activated_bound(p->s.act, sum, bound);
  if (p->s.residual != RESIDUAL_NONE) {
    expected += p->s.residual == RESIDUAL_IS_C ? p->original_c[i * p->ldc + j]
                                               : p->residual.data[i * p->ldc + j];
    bound += unit * (fabs(expected) + bound);
  }
  const double got = p->c.data[i * p->ldc + j];
  if (!(fabs(got - expected) <= bound)) {
    fail_msg("m %zu n %zu k %zu act %d: C[%zu,%zu] = %.9g, not %.9g within %.2g", p->s.m, p->s.n,
             p->s.k, (int)p->s.act, i, j, got, expected, bound);
  }
}

static void check_all(const problem *p) {
  for (size_t i = 0; i < p->s.m; i++) {
    for (size_t j = 0; j < p->s.n; j++) check_element(p, i, j);
    if (i + 1 == p->s.m) continue;
    for (size_t j = p->s.n; j < p->ldc; j++) {
      assert_true(p->c.data[i * p->ldc + j] == p->original_c[i * p->ldc + j]);
    }
  }
}

static void check_shape(const lode_gemm_kernel *kernel, shape s) {
  problem p = problem_make(kernel, s, s.m * 1000003 + s.n * 1009 + s.k);
  problem_run(kernel, &p, 0, s.m, 0, s.n);
  check_all(&p);
  problem_free(&p);
}

static void each_kernel(void (*check)(const lode_gemm_kernel *kernel)) {
  const uint32_t features = lode_cpu_features(NULL, NULL);
  const lode_gemm_kernel *kernel;
  for (size_t i = 0; (kernel = lode_gemm_f32_kernel_at(i)) != NULL; i++) {
    if ((kernel->features & ~features) != 0) {
      print_message("skipped: this machine cannot run %s\n", kernel->name);
    } else {
      check(kernel);
    }
  }
}

/* ------------------------------------------------------------------ values */

static void check_small_shapes(const lode_gemm_kernel *kernel) {
  static const size_t ns[] = {1, 7, 8, 15, 16, 17, 31, 32, 33, 47, 70};
  static const size_t ks[] = {0, 1, 2, 3, 4, 5, 8, 19};
  for (size_t m = 1; m <= 40; m++) {
    for (size_t i = 0; i < sizeof ns / sizeof ns[0]; i++) {
      for (size_t l = 0; l < sizeof ks / sizeof ks[0]; l++) {
        check_shape(kernel, (shape){.m = m,
                                    .n = ns[i],
                                    .k = ks[l],
                                    .pad = (m + i) % 3 * 5,
                                    .bias = l % 2 == 0,
                                    .residual = (residual_kind)((m + l) % 3)});
      }
    }
  }
}

static void test_every_height_and_tail(void **state) {
  (void)state;
  each_kernel(check_small_shapes);
}

static void check_epilogues(const lode_gemm_kernel *kernel) {
  for (int act = LODE_ACT_NONE; act <= LODE_ACT_SIGMOID; act++) {
    for (int variant = 0; variant < 6; variant++) {
      for (size_t n = 29; n <= 36; n++) {
        check_shape(kernel, (shape){.m = 17,
                                    .n = n,
                                    .k = 24,
                                    .pad = 3,
                                    .act = (lode_act)act,
                                    .bias = variant >= 3,
                                    .residual = (residual_kind)(variant % 3)});
      }
    }
  }
}

static void test_every_epilogue(void **state) {
  (void)state;
  each_kernel(check_epilogues);
}

/* The layers of MiniLM: several panels' blocks wide, long in k, each with its epilogue. */
static void check_model_shapes(const lode_gemm_kernel *kernel) {
  check_shape(kernel, (shape){.m = 17, .n = 1152, .k = 384, .bias = true});
  check_shape(kernel,
              (shape){.m = 17, .n = 384, .k = 384, .bias = true, .residual = RESIDUAL_APART});
  check_shape(kernel,
              (shape){.m = 17, .n = 1536, .k = 384, .bias = true, .act = LODE_ACT_GELU_ERF});
  check_shape(kernel,
              (shape){.m = 17, .n = 384, .k = 1536, .bias = true, .residual = RESIDUAL_IS_C});
}

static void test_model_shapes(void **state) {
  (void)state;
  each_kernel(check_model_shapes);
}

/* ------------------------------------------------------------------ the same bits */

static void check_same_bits(const problem *p, const float *whole, const char *how, size_t at) {
  const size_t size = matrix_floats(p->s.m, p->s.n, p->ldc) * sizeof(float);
  if (memcmp(p->c.data, whole, size) != 0) {
    fail_msg("m %zu n %zu k %zu: split by %s at %zu changes bits", p->s.m, p->s.n, p->s.k, how, at);
  }
}

static void check_splits(const lode_gemm_kernel *kernel, shape s) {
  problem p = problem_make(kernel, s, s.m + s.n + s.k);
  const size_t size = matrix_floats(s.m, s.n, p.ldc) * sizeof(float);
  float *whole = malloc(size);
  assert_non_null(whole);
  problem_run(kernel, &p, 0, s.m, 0, s.n);
  memcpy(whole, p.c.data, size);
  for (size_t i = 1; i < s.m; i++) {
    memcpy(p.c.data, p.original_c, size);
    problem_run(kernel, &p, 0, i, 0, s.n);
    problem_run(kernel, &p, i, s.m, 0, s.n);
    check_same_bits(&p, whole, "rows", i);
  }
  for (size_t j = kernel->panel; j < s.n; j += kernel->panel) {
    memcpy(p.c.data, p.original_c, size);
    problem_run(kernel, &p, 0, s.m, j, s.n);
    problem_run(kernel, &p, 0, s.m, 0, j);
    check_same_bits(&p, whole, "columns", j);
  }
  free(whole);
  problem_free(&p);
}

static void check_all_splits(const lode_gemm_kernel *kernel) {
  for (int act = LODE_ACT_NONE; act <= LODE_ACT_SIGMOID; act++) {
    check_splits(kernel, (shape){.m = 45,
                                 .n = 85,
                                 .k = 67,
                                 .pad = 1,
                                 .act = (lode_act)act,
                                 .bias = true,
                                 .residual = RESIDUAL_IS_C});
  }
  check_splits(kernel, (shape){.m = 31, .n = 300, .k = 1536});
}

static void test_splits_change_no_bit(void **state) {
  (void)state;
  each_kernel(check_all_splits);
}

/* A row's result may not depend on the rows above it either: same row, every position. */
static void check_equal_rows(const lode_gemm_kernel *kernel) {
  const shape s = {.m = 40, .n = 37, .k = 50, .act = LODE_ACT_GELU_ERF, .bias = true};
  problem p = problem_make(kernel, s, 5);
  for (size_t i = 1; i < s.m; i++) {
    memcpy(p.a.data + i * p.lda, p.a.data, s.k * sizeof(float));
  }
  problem_run(kernel, &p, 0, s.m, 0, s.n);
  for (size_t i = 1; i < s.m; i++) {
    assert_memory_equal(p.c.data + i * p.ldc, p.c.data, s.n * sizeof(float));
  }
  problem_free(&p);
}

static void test_equal_rows_give_equal_bits(void **state) {
  (void)state;
  each_kernel(check_equal_rows);
}

/* ------------------------------------------------------------------ packing */

static void check_pack_pieces(const lode_gemm_kernel *kernel) {
  problem p = problem_make(kernel, (shape){.n = 100, .k = 37}, 6);
  const size_t size = kernel->packed_size(100, 37);
  float *whole = malloc(size);
  assert_non_null(whole);
  memcpy(whole, p.packed.data, size);
  memset(p.packed.data, 0xFF, size);
  for (size_t panel = panel_count(kernel, 100); panel-- > 0;) pack(kernel, &p, panel, panel + 1);
  assert_memory_equal(p.packed.data, whole, size);
  free(whole);
  problem_free(&p);
}

static void test_packing_in_pieces(void **state) {
  (void)state;
  each_kernel(check_pack_pieces);
}

/* ------------------------------------------------------------------ special values */

static void check_special_values(const lode_gemm_kernel *kernel) {
  const shape s = {.m = 20, .n = 40, .k = 9};
  problem p = problem_make(kernel, s, 7);
  p.a.data[3 * p.lda + 4] = NAN;
  p.a.data[5 * p.lda + 8] = INFINITY;
  problem_run(kernel, &p, 0, s.m, 0, s.n);
  for (size_t i = 0; i < s.m; i++) {
    for (size_t j = 0; j < s.n; j++) {
      const float c = p.c.data[i * p.ldc + j];
      if (i == 3) {
        assert_true(isnan(c));
      } else if (i == 5) {
        assert_true(isinf(c) && (c > 0) == (p.b.data[j * s.k + 8] > 0));
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
  for (size_t i = 0; i < s.m; i++) p.a.data[i] = FLT_MIN;
  for (size_t j = 0; j < s.n; j++) p.b.data[j] = 0.25f;
  pack(kernel, &p, 0, panel_count(kernel, s.n));
  problem_run(kernel, &p, 0, s.m, 0, s.n);
  for (size_t i = 0; i < s.m * s.n; i++) assert_true(p.c.data[i] == FLT_MIN / 4);
  problem_free(&p);
}

static void test_special_values(void **state) {
  (void)state;
  each_kernel(check_special_values);
  each_kernel(check_subnormals);
}

static void check_nothing_to_do(const lode_gemm_kernel *kernel) {
  kernel->run(&(lode_gemm_args){.m = 0, .n0 = 0, .n1 = 40, .n = 40, .k = 8});
  kernel->run(&(lode_gemm_args){.m = 5, .n0 = kernel->panel, .n1 = kernel->panel, .n = 400});
  assert_int_equal(kernel->packed_size(0, 8), 0);
  kernel->pack(0, 8, NULL, 0, 0, NULL);
}

static void test_nothing_to_do(void **state) {
  (void)state;
  each_kernel(check_nothing_to_do);
}

/* ------------------------------------------------------------------ selection */

static void test_selection(void **state) {
  (void)state;
  assert_string_equal(lode_gemm_f32_select(0)->name, "ref");
  assert_ptr_equal(lode_gemm_f32_select(UINT32_MAX), lode_gemm_f32_kernel_at(0));
  size_t count = 0;
  while (lode_gemm_f32_kernel_at(count) != NULL) count++;
  assert_null(lode_gemm_f32_kernel_at(count + 1));
  assert_int_equal(lode_gemm_f32_kernel_at(count - 1)->features, 0);
  for (size_t i = 0; i < count; i++) {
    const lode_gemm_kernel *kernel = lode_gemm_f32_kernel_at(i);
    const lode_gemm_kernel *chosen = lode_gemm_f32_select(kernel->features);
    assert_int_equal(chosen->features & ~kernel->features, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_selection),
      cmocka_unit_test(test_every_height_and_tail),
      cmocka_unit_test(test_every_epilogue),
      cmocka_unit_test(test_model_shapes),
      cmocka_unit_test(test_splits_change_no_bit),
      cmocka_unit_test(test_equal_rows_give_equal_bits),
      cmocka_unit_test(test_packing_in_pieces),
      cmocka_unit_test(test_special_values),
      cmocka_unit_test(test_nothing_to_do),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
