/* The tests that every family of matrix products goes through (kernels/gemm/gemm.h): each
 * kernel that this machine can run, every height and tail, every epilogue, and that no split of
 * the work changes a bit. A test defines `family` and runs GEMM_CASES.
 *
 * Every array ends at an unmapped page; what lies between rows of A is filled with bytes that
 * are no number. */
#ifndef LODE_TESTS_GEMM_CASES_H
#define LODE_TESTS_GEMM_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "guarded.h"
#include "kernels/gemm/gemm.h"

#define UNIT 0x1p-24 /* half a unit in the last place of 1.0f */

typedef enum residual_kind { RESIDUAL_NONE, RESIDUAL_APART, RESIDUAL_IS_C } residual_kind;

typedef struct shape {
  size_t m, n, k;
  size_t pad; /* ldr and ldc exceed the row by this; lda by as many of its steps */
  size_t lda; /* or exactly this, if not 0 */
  lode_act act;
  bool bias;
  residual_kind residual;
} shape;

typedef struct problem {
  shape s;
  size_t lda, ldc;
  guarded a_memory, b_memory;
  char *a, *b; /* of the family's elements */
  guarded row_scale, row_sum, col_scale;
  guarded bias, residual, c, packed;
  float *original_c; /* c before the run: the residual, if it is c, and the padding */
} problem;

typedef struct gemm_family {
  const lode_gemm_kernel *(*kernel_at)(size_t i);
  const lode_gemm_kernel *(*select)(uint32_t features);
  size_t element; /* bytes of an element of A and B */
  size_t step;    /* rows of A go on with zeros to a multiple of this many elements */
  void (*fill)(uint64_t *state, bool is_b, void *elements, size_t n);
  void (*prepare)(problem *p); /* or NULL: what follows from A */
  /* What the activation gets for C[i,j], and how far off it may be. */
  double (*sum)(const problem *p, size_t i, size_t j, double *bound);
} gemm_family;

static const gemm_family family;

static inline size_t matrix_size(size_t m, size_t n, size_t ld) {
  return m == 0 ? 0 : (m - 1) * ld + n;
}

static inline size_t rounded_up(size_t x, size_t step) {
  return (x + step - 1) / step * step;
}

/* `bytes` bytes that end at an unmapped page. */
static inline char *guarded_bytes(guarded *memory, size_t bytes) {
  const size_t floats = rounded_up(bytes, sizeof(float)) / sizeof(float);
  *memory = guarded_floats(floats);
  return (char *)(memory->data + floats) - bytes;
}

static inline void pack_panels(const lode_gemm_kernel *kernel, problem *p, size_t first,
                               size_t last) {
  const void **rows = malloc((p->s.n + 1) * sizeof *rows);
  assert_non_null(rows);
  for (size_t j = 0; j < p->s.n; j++) rows[j] = p->b + j * p->s.k * family.element;
  lode_gemm_pack(kernel->layout, p->s.n, p->s.k, rows, first, last, p->packed.data);
  free(rows);
}

static inline size_t panel_count(const lode_gemm_kernel *kernel, size_t n) {
  return (n + kernel->layout->panel - 1) / kernel->layout->panel;
}

static inline void fill_a(problem *p, uint64_t *state) {
  const size_t row = rounded_up(p->s.k, family.step);
  memset(p->a, 0xFF, matrix_size(p->s.m, row, p->lda) * family.element);
  for (size_t i = 0; i < p->s.m; i++) {
    char *to = p->a + i * p->lda * family.element;
    family.fill(state, false, to, p->s.k);
    memset(to + p->s.k * family.element, 0, (row - p->s.k) * family.element);
  }
}

static inline problem problem_make(const lode_gemm_kernel *kernel, shape s, uint64_t seed) {
  const size_t row = rounded_up(s.k, family.step);
  problem p = {.s = s, .ldc = s.n + s.pad};
  p.lda = s.lda != 0 ? s.lda : row + s.pad * family.step;
  const size_t c_floats = matrix_size(s.m, s.n, p.ldc);
  p.a = guarded_bytes(&p.a_memory, matrix_size(s.m, row, p.lda) * family.element);
  p.b = guarded_bytes(&p.b_memory, s.n * s.k * family.element);
  p.row_scale = guarded_floats(s.m);
  p.row_sum = guarded_floats(s.m);
  p.col_scale = guarded_floats(s.n);
  p.bias = guarded_floats(s.n);
  p.residual = guarded_floats(c_floats);
  p.c = guarded_floats(c_floats);
  p.packed = guarded_floats(lode_gemm_packed_size(kernel->layout, s.n, s.k) / sizeof(float));
  p.original_c = calloc(c_floats + 1, sizeof *p.original_c);
  assert_non_null(p.original_c);
  uint64_t state = seed + 1;
  fill_a(&p, &state);
  family.fill(&state, true, p.b, s.n * s.k);
  random_fill(&state, p.bias.data, s.n);
  random_fill(&state, p.residual.data, c_floats);
  random_fill(&state, p.c.data, c_floats);
  memcpy(p.original_c, p.c.data, c_floats * sizeof(float));
  random_fill(&state, p.row_scale.data, s.m);
  random_fill(&state, p.col_scale.data, s.n);
  if (family.prepare != NULL) family.prepare(&p);
  pack_panels(kernel, &p, 0, panel_count(kernel, s.n));
  return p;
}

static inline void problem_free(problem *p) {
  guarded_free(&p->a_memory);
  guarded_free(&p->b_memory);
  guarded_free(&p->row_scale);
  guarded_free(&p->row_sum);
  guarded_free(&p->col_scale);
  guarded_free(&p->bias);
  guarded_free(&p->residual);
  guarded_free(&p->c);
  guarded_free(&p->packed);
  free(p->original_c);
}

/* Rows i0 .. i1-1 and columns n0 .. n1-1 of the problem, into its c. */
static inline void problem_run(const lode_gemm_kernel *kernel, const problem *p, size_t i0,
                               size_t i1, size_t n0, size_t n1) {
  const float *residual = p->s.residual == RESIDUAL_IS_C ? p->c.data : p->residual.data;
  kernel->run(&(lode_gemm_args){
      .m = i1 - i0,
      .n0 = n0,
      .n1 = n1,
      .n = p->s.n,
      .k = p->s.k,
      .a = p->a + i0 * p->lda * family.element,
      .lda = p->lda,
      .b = p->packed.data,
      .row_scale = p->row_scale.data + i0,
      .row_sum = (const int32_t *)(const void *)p->row_sum.data + i0,
      .col_scale = p->col_scale.data,
      .bias = p->s.bias ? p->bias.data : NULL,
      .residual = p->s.residual == RESIDUAL_NONE ? NULL : residual + i0 * p->ldc,
      .ldr = p->ldc,
      .c = p->c.data + i0 * p->ldc,
      .ldc = p->ldc,
      .act = p->s.act,
  });
}

static inline double activate(lode_act act, double x) {
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
static inline double activated_bound(lode_act act, double x, double bound) {
  if (act == LODE_ACT_NONE) return bound;
  return 1.13 * bound + 8.0 * UNIT * fmax(1.0, fabs(x));
}

static inline void check_element(const problem *p, size_t i, size_t j) {
  double bound = 0.0;
  const double sum = family.sum(p, i, j, &bound);
  double expected = activate(p->s.act, sum);
  bound = activated_bound(p->s.act, sum, bound);
  if (p->s.residual != RESIDUAL_NONE) {
    expected += p->s.residual == RESIDUAL_IS_C ? p->original_c[i * p->ldc + j]
                                               : p->residual.data[i * p->ldc + j];
    if (bound == 0.0) {
      expected = (float)expected; /* of two floats, exact in double */
    } else {
      bound += UNIT * (fabs(expected) + bound);
    }
  }
  const double got = p->c.data[i * p->ldc + j];
  if (!(fabs(got - expected) <= bound)) {
    fail_msg("m %zu n %zu k %zu act %d: C[%zu,%zu] = %.9g, not %.9g within %.2g", p->s.m, p->s.n,
             p->s.k, (int)p->s.act, i, j, got, expected, bound);
  }
}

static inline void check_all(const problem *p) {
  for (size_t i = 0; i < p->s.m; i++) {
    for (size_t j = 0; j < p->s.n; j++) check_element(p, i, j);
    if (i + 1 == p->s.m) continue;
    for (size_t j = p->s.n; j < p->ldc; j++) {
      assert_true(p->c.data[i * p->ldc + j] == p->original_c[i * p->ldc + j]);
    }
  }
}

static inline void check_shape(const lode_gemm_kernel *kernel, shape s) {
  problem p = problem_make(kernel, s, s.m * 1000003 + s.n * 1009 + s.k);
  problem_run(kernel, &p, 0, s.m, 0, s.n);
  check_all(&p);
  problem_free(&p);
}

static inline void each_kernel(void (*check)(const lode_gemm_kernel *kernel)) {
  const uint32_t features = lode_cpu_features(NULL, NULL);
  const lode_gemm_kernel *kernel;
  for (size_t i = 0; (kernel = family.kernel_at(i)) != NULL; i++) {
    if ((kernel->features & ~features) != 0) {
      print_message("%s was not run: not on this machine\n", kernel->name);
    } else {
      check(kernel);
    }
  }
}

/* ------------------------------------------------------------------ values */

static inline void check_small_shapes(const lode_gemm_kernel *kernel) {
  static const size_t ns[] = {1, 7, 8, 15, 16, 17, 31, 32, 33, 47, 70};
  static const size_t ks[] = {0, 1, 2, 3, 4, 5, 8, 19, 33, 65, 130};
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

static inline void test_every_height_and_tail(void **state) {
  (void)state;
  each_kernel(check_small_shapes);
}

static inline void check_epilogues(const lode_gemm_kernel *kernel) {
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

static inline void test_every_epilogue(void **state) {
  (void)state;
  each_kernel(check_epilogues);
}

/* The layers of MiniLM: several panels' blocks wide, long in k, each with its epilogue. */
static inline void check_model_shapes(const lode_gemm_kernel *kernel) {
  check_shape(kernel, (shape){.m = 17, .n = 1152, .k = 384, .bias = true});
  check_shape(kernel,
              (shape){.m = 17, .n = 384, .k = 384, .bias = true, .residual = RESIDUAL_APART});
  check_shape(kernel,
              (shape){.m = 17, .n = 1536, .k = 384, .bias = true, .act = LODE_ACT_GELU_ERF});
  check_shape(kernel,
              (shape){.m = 17, .n = 384, .k = 1536, .bias = true, .residual = RESIDUAL_IS_C});
}

static inline void test_model_shapes(void **state) {
  (void)state;
  each_kernel(check_model_shapes);
}

/* Rows 4 KiB apart, which meet in one set of the L1, and longer than a copy of them holds. */
static inline void check_colliding_rows(const lode_gemm_kernel *kernel) {
  const size_t lda = 4096 / family.element;
  for (size_t m = 1; m <= 16; m += 5) {
    check_shape(kernel, (shape){.m = m, .n = 40, .k = lda - 3, .lda = lda, .bias = true});
    check_shape(kernel, (shape){.m = m, .n = 9, .k = 2 * lda - 7, .lda = 2 * lda});
  }
}

static inline void test_colliding_rows(void **state) {
  (void)state;
  each_kernel(check_colliding_rows);
}

/* ------------------------------------------------------------------ the same bits */

static inline void check_same_bits(const problem *p, const float *whole, const char *how,
                                   size_t at) {
  const size_t size = matrix_size(p->s.m, p->s.n, p->ldc) * sizeof(float);
  if (memcmp(p->c.data, whole, size) != 0) {
    fail_msg("m %zu n %zu k %zu: split by %s at %zu changes bits", p->s.m, p->s.n, p->s.k, how, at);
  }
}

static inline void check_splits(const lode_gemm_kernel *kernel, shape s) {
  problem p = problem_make(kernel, s, s.m + s.n + s.k);
  const size_t size = matrix_size(s.m, s.n, p.ldc) * sizeof(float);
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
  for (size_t j = kernel->layout->panel; j < s.n; j += kernel->layout->panel) {
    memcpy(p.c.data, p.original_c, size);
    problem_run(kernel, &p, 0, s.m, j, s.n);
    problem_run(kernel, &p, 0, s.m, 0, j);
    check_same_bits(&p, whole, "columns", j);
  }
  free(whole);
  problem_free(&p);
}

static inline void check_all_splits(const lode_gemm_kernel *kernel) {
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

static inline void test_splits_change_no_bit(void **state) {
  (void)state;
  each_kernel(check_all_splits);
}

/* A row's result may not depend on the rows above it either: same row, every position. */
static inline void check_equal_rows(const lode_gemm_kernel *kernel) {
  const shape s = {.m = 40, .n = 37, .k = 50, .act = LODE_ACT_GELU_ERF, .bias = true};
  problem p = problem_make(kernel, s, 5);
  for (size_t i = 1; i < s.m; i++) {
    memcpy(p.a + i * p.lda * family.element, p.a, s.k * family.element);
    p.row_scale.data[i] = p.row_scale.data[0];
  }
  if (family.prepare != NULL) family.prepare(&p);
  problem_run(kernel, &p, 0, s.m, 0, s.n);
  for (size_t i = 1; i < s.m; i++) {
    assert_memory_equal(p.c.data + i * p.ldc, p.c.data, s.n * sizeof(float));
  }
  problem_free(&p);
}

static inline void test_equal_rows_give_equal_bits(void **state) {
  (void)state;
  each_kernel(check_equal_rows);
}

/* ------------------------------------------------------------------ packing, selection */

static inline void check_pack_pieces(const lode_gemm_kernel *kernel) {
  problem p = problem_make(kernel, (shape){.n = 100, .k = 37}, 6);
  const size_t size = lode_gemm_packed_size(kernel->layout, 100, 37);
  float *whole = malloc(size);
  assert_non_null(whole);
  memcpy(whole, p.packed.data, size);
  memset(p.packed.data, 0xFF, size);
  for (size_t panel = panel_count(kernel, 100); panel-- > 0;) {
    pack_panels(kernel, &p, panel, panel + 1);
  }
  assert_memory_equal(p.packed.data, whole, size);
  free(whole);
  problem_free(&p);
}

static inline void test_packing_in_pieces(void **state) {
  (void)state;
  each_kernel(check_pack_pieces);
}

static inline void check_nothing_to_do(const lode_gemm_kernel *kernel) {
  kernel->run(&(lode_gemm_args){.m = 0, .n0 = 0, .n1 = 40, .n = 40, .k = 8});
  kernel->run(&(lode_gemm_args){
      .m = 5, .n0 = kernel->layout->panel, .n1 = kernel->layout->panel, .n = 400});
  assert_int_equal(lode_gemm_packed_size(kernel->layout, 0, 8), 0);
  lode_gemm_pack(kernel->layout, 0, 8, NULL, 0, 0, NULL);
}

static inline void test_nothing_to_do(void **state) {
  (void)state;
  each_kernel(check_nothing_to_do);
}

static inline void test_selection(void **state) {
  (void)state;
  assert_string_equal(family.select(0)->name, "ref");
  size_t count = 0;
  while (family.kernel_at(count) != NULL) count++;
  assert_null(family.kernel_at(count + 1));
  assert_int_equal(family.kernel_at(count - 1)->features, 0);
  assert_ptr_equal(family.select(UINT32_MAX), family.kernel_at(0));
  for (size_t i = 0; i < count; i++) {
    const uint32_t features = family.kernel_at(i)->features;
    assert_int_equal(family.select(features)->features & ~features, 0);
  }
}

#define GEMM_CASES                                                                                 \
  cmocka_unit_test(test_selection), cmocka_unit_test(test_every_height_and_tail),                  \
      cmocka_unit_test(test_every_epilogue), cmocka_unit_test(test_model_shapes),                  \
      cmocka_unit_test(test_colliding_rows), cmocka_unit_test(test_splits_change_no_bit),          \
      cmocka_unit_test(test_equal_rows_give_equal_bits), cmocka_unit_test(test_packing_in_pieces), \
      cmocka_unit_test(test_nothing_to_do)

#endif
