/* Attention in integers: every kernel gives the bits of the reference, at every length, head size
 * and split of the queries; and the reference is within a derived bound of attention in double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "bits.h"
#include "guarded.h"
#include "kernels/attention_i8/attention_i8.h"

typedef struct problem {
  size_t n, d, ld;
  guarded q, k, v, out, scratch;
} problem;

static size_t floats_of(size_t n, size_t d, size_t ld) {
  return n == 0 ? 0 : (n - 1) * ld + d;
}

static problem problem_make(const lode_attention_kernel *kernel, size_t n, size_t d, size_t pad,
                            float spread) {
  problem p = {.n = n, .d = d, .ld = d + pad};
  const size_t floats = floats_of(n, d, p.ld), line = 64 / sizeof(float);
  p.q = guarded_floats(floats);
  p.k = guarded_floats(floats);
  p.v = guarded_floats(floats);
  p.out = guarded_floats(floats);
  p.scratch = guarded_floats((kernel->scratch_size(n, d) + line - 1) / line * line);
  memset(p.scratch.data, 0xFF, kernel->scratch_size(n, d) * sizeof(float));
  uint64_t state = n * 1009 + d;
  random_fill(&state, p.q.data, floats);
  random_fill(&state, p.k.data, floats);
  random_fill(&state, p.v.data, floats);
  for (size_t i = 0; i < floats; i++) p.q.data[i] *= spread;
  return p;
}

static void problem_run(const lode_attention_kernel *kernel, const problem *p, size_t row0,
                        size_t row1) {
  kernel->run(&(lode_attention_args){.n = p->n,
                                     .d = p->d,
                                     .row0 = row0,
                                     .row1 = row1,
                                     .q = p->q.data,
                                     .k = p->k.data,
                                     .v = p->v.data,
                                     .ld = p->ld,
                                     .scale = 1.0f / sqrtf((float)p->d),
                                     .out = p->out.data,
                                     .ldo = p->ld,
                                     .scratch = p->scratch.data});
}

static void problem_free(problem *p) {
  guarded_free(&p->q);
  guarded_free(&p->k);
  guarded_free(&p->v);
  guarded_free(&p->out);
  guarded_free(&p->scratch);
}

static const lode_attention_kernel *reference(void) {
  return lode_attention_i8_select(0);
}

static void each_kernel(void (*check)(const lode_attention_kernel *kernel)) {
  const lode_attention_kernel *kernel;
  for (size_t i = 0; (kernel = lode_attention_i8_kernel_at(i)) != NULL; i++) {
    if ((kernel->features & ~lode_cpu_features(NULL, NULL)) == 0) {
      check(kernel);
    } else {
      print_message("skipped: this machine cannot run %s\n", kernel->name);
    }
  }
}

/* ---- the bits of the reference */

static void check_bits(const lode_attention_kernel *kernel, size_t n, size_t d, size_t pad,
                       float spread) {
  problem expected = problem_make(reference(), n, d, pad, spread);
  problem got = problem_make(kernel, n, d, pad, spread);
  problem_run(reference(), &expected, 0, n);
  problem_run(kernel, &got, 0, n);
  for (size_t i = 0; i < n; i++) {
    if (!same_bits(d, expected.out.data + i * got.ld, got.out.data + i * got.ld)) {
      fail_msg("%s: row %zu of %zu tokens, head size %zu: not the reference's bits", kernel->name,
               i, n, d);
    }
  }
  problem_free(&expected);
  problem_free(&got);
}

static void check_lengths(const lode_attention_kernel *kernel) {
  for (size_t n = 1; n <= 70; n++) check_bits(kernel, n, 32, n % 3 * 7, 2.0f);
  check_bits(kernel, 127, 32, 0, 20.0f);
  check_bits(kernel, 512, 32, 64, 5.0f);
  check_bits(kernel, 513, 64, 0, 0.1f);
  check_bits(kernel, 700, 16, 0, 1.0f);
}

/* Sums as large as they can be: equal weights, values of one sign and nearly one magnitude, and
 * lengths about the steps in which kernels add them up; a few rows, as the reference is slow. */
static void check_large_sums(const lode_attention_kernel *kernel) {
  static const size_t ns[] = {255, 256, 257, 511, 513, 700, 1025, LODE_ATTENTION_I8_MOST_TOKENS};
  enum { D = 18, ROWS = 3 };
  for (size_t k = 0; k < sizeof ns / sizeof ns[0]; k++) {
    problem p[2] = {problem_make(reference(), ns[k], D, 0, 0.0f),
                    problem_make(kernel, ns[k], D, 0, 0.0f)};
    for (int side = 0; side < 2; side++) {
      for (size_t i = 0; i < ns[k] * D; i++) {
        const float x = p[side].v.data[i] / 16.0f + 1.0f;
        p[side].v.data[i] = i % 2 == 0 ? x : -x; /* D is even: a component has one sign */
      }
      problem_run(side == 0 ? reference() : kernel, &p[side], 0, ROWS);
    }
    for (size_t i = 0; i < ROWS * D; i++) {
      assert_true(fabsf(p[0].out.data[i]) > 0.5f && fabsf(p[0].out.data[i]) < 1.5f);
    }
    if (!same_bits(ROWS * D, p[0].out.data, p[1].out.data)) {
      fail_msg("%s: %zu tokens of equal weight: not the reference's bits", kernel->name, ns[k]);
    }
    problem_free(&p[0]);
    problem_free(&p[1]);
  }
}

static void check_head_sizes(const lode_attention_kernel *kernel) {
  for (size_t d = 1; d <= 140; d++) check_bits(kernel, 33, d, d % 2, 3.0f);
}

static void test_every_length(void **state) {
  (void)state;
  each_kernel(check_lengths);
}

static void test_large_sums(void **state) {
  (void)state;
  each_kernel(check_large_sums);
}

static void test_every_head_size(void **state) {
  (void)state;
  each_kernel(check_head_sizes);
}

static void check_ranges(const lode_attention_kernel *kernel) {
  enum { N = 45, D = 32 };
  problem whole = problem_make(kernel, N, D, 3, 2.0f), part = problem_make(kernel, N, D, 3, 2.0f);
  problem_run(kernel, &whole, 0, N);
  for (size_t step = 1; step < N; step += 3) {
    memset(part.out.data, 0, floats_of(N, D, part.ld) * sizeof(float));
    for (size_t row = 0; row < N; row += step) {
      problem_run(kernel, &part, row, row + step < N ? row + step : N);
    }
    for (size_t i = 0; i < N; i++) {
      assert_true(same_bits(D, whole.out.data + i * part.ld, part.out.data + i * part.ld));
    }
  }
  problem_free(&whole);
  problem_free(&part);
}

static void test_row_ranges_change_no_bit(void **state) {
  (void)state;
  each_kernel(check_ranges);
}

/* Zero rows, zero components, large and tiny numbers. */
static void check_extremes(const lode_attention_kernel *kernel) {
  enum { N = 40, D = 32 };
  for (int kind = 0; kind < 6; kind++) {
    problem p[2] = {problem_make(reference(), N, D, 0, 1.0f), problem_make(kernel, N, D, 0, 1.0f)};
    for (int side = 0; side < 2; side++) {
      for (size_t i = 0; i < N * D; i++) {
        if (kind == 0) p[side].q.data[i] = 0.0f;
        if (kind == 1) p[side].k.data[i] = 0.0f;
        if (kind == 2 && i % D == 5) p[side].v.data[i] = 0.0f;
        if (kind == 3) p[side].q.data[i] *= 1e4f;
        if (kind == 4) p[side].v.data[i] *= 1e-39f;
        if (kind == 5) p[side].k.data[i] *= i < D ? 1e-38f : 1e3f;
      }
      problem_run(side == 0 ? reference() : kernel, &p[side], 0, N);
    }
    if (!same_bits(N * D, p[0].out.data, p[1].out.data)) {
      fail_msg("%s: not the reference's bits, kind %d", kernel->name, kind);
    }
    for (size_t i = 0; i < N * D; i++) assert_true(isfinite(p[1].out.data[i]));
    problem_free(&p[0]);
    problem_free(&p[1]);
  }
}

static void check_not_finite(const lode_attention_kernel *kernel) {
  problem p = problem_make(kernel, 40, 32, 0, 1.0f);
  p.q.data[3] = NAN;
  p.k.data[70] = INFINITY;
  p.v.data[100] = -INFINITY;
  p.v.data[200] = NAN;
  problem_run(kernel, &p, 0, 40); /* and no fault */
  problem_free(&p);
}

static void test_extreme_values(void **state) {
  (void)state;
  each_kernel(check_extremes);
  each_kernel(check_not_finite);
}

/* ---- the formula */

static double most_of(size_t n, const float *x, size_t stride) {
  double most = 0;
  for (size_t i = 0; i < n; i++) { /* not by fmax: gcc 12 for Arm fails on a chain of it */
    const double y = fabs((double)x[i * stride]);
    if (y > most) most = y;
  }
  return most;
}

/* Half a step of each quantized number, and a little for f32. */
static void check_row(const problem *p, size_t i) {
  enum { MOST_TOKENS = 256 };
  const double half = 0.5 * 1.0001;
  const float *q = p->q.data + i * p->ld;
  const double scale = 1.0 / sqrt((double)p->d), sq = most_of(p->d, q, 1) / 127;
  double score[MOST_TOKENS], largest = -INFINITY, worst = 0, total = 0;
  for (size_t j = 0; j < p->n; j++) {
    const float *k = p->k.data + j * p->ld;
    const double sk = most_of(p->d, k, 1) / 127;
    double sum = 0, error = 0;
    for (size_t c = 0; c < p->d; c++) {
      sum += (double)q[c] * k[c];
      error += half * (sq * (fabs((double)k[c]) + half * sk) + sk * fabs((double)q[c]));
    }
    score[j] = sum * scale;
    worst = fmax(worst, error * scale);
    largest = fmax(largest, score[j]);
  }
  for (size_t j = 0; j < p->n; j++) total += exp(score[j] - largest);
  /* Of each weight, relative: two scores' errors, the cubic; and absolute: 16 bits. */
  const double relative = exp(2 * worst) * (1 + 0x1p-13) - 1;
  const double absolute = 0x1p-16 * exp(2 * worst) / total;
  for (size_t c = 0; c < p->d; c++) {
    double expected = 0, magnitude = 0, sum_v = 0;
    for (size_t j = 0; j < p->n; j++) {
      const double v = p->v.data[j * p->ld + c], w = exp(score[j] - largest) / total;
      expected += w * v;
      magnitude += w * fabs(v);
      sum_v += fabs(v);
    }
    const double sv = most_of(p->n, p->v.data + c, p->ld) / 127;
    const double weights = relative * (magnitude + fabs(expected));
    const double bound = weights + 2 * absolute * sum_v + half * sv + 1e-5;
    const double got = p->out.data[i * p->ld + c];
    if (!(fabs(got - expected) <= bound)) {
      fail_msg("row %zu, component %zu: %.9g, not %.9g within %.2g", i, c, got, expected, bound);
    }
  }
}

static void test_the_formula(void **state) {
  (void)state;
  static const size_t ns[] = {1, 2, 17, 100, 256};
  for (size_t k = 0; k < sizeof ns / sizeof ns[0]; k++) {
    problem p = problem_make(reference(), ns[k], 32, 0, 4.0f);
    problem_run(reference(), &p, 0, ns[k]);
    for (size_t i = 0; i < ns[k]; i++) check_row(&p, i);
    problem_free(&p);
  }
}

/* ---- */

static void check_scratch(const lode_attention_kernel *kernel) {
  for (size_t d = 16; d <= 128; d += 28) {
    for (size_t n = 1; n < 3000; n++) {
      assert_true(kernel->scratch_size(n, d) <= kernel->scratch_size(n + 1, d));
    }
  }
}

static void check_nothing_to_do(const lode_attention_kernel *kernel) {
  kernel->run(&(lode_attention_args){.n = 0, .d = 32});
  kernel->run(&(lode_attention_args){.n = 5, .d = 32, .row0 = 3, .row1 = 3});
}

static void test_scratch_and_nothing_to_do(void **state) {
  (void)state;
  each_kernel(check_scratch);
  each_kernel(check_nothing_to_do);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_formula),
      cmocka_unit_test(test_every_length),
      cmocka_unit_test(test_every_head_size),
      cmocka_unit_test(test_row_ranges_change_no_bit),
      cmocka_unit_test(test_large_sums),
      cmocka_unit_test(test_extreme_values),
      cmocka_unit_test(test_scratch_and_nothing_to_do),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
