#include "api/probe_wasm.h"

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "kernels/gemm_i8/gemm_i8.h"

/* A small product: a few panels of what a layer of MiniLM multiplies. */
enum { ROWS = 12, COLUMNS = 36, DEPTH = 384 };

typedef struct operands {
  _Alignas(64) int8_t a[ROWS][DEPTH];
  _Alignas(64) uint8_t packed[COLUMNS * DEPTH];
  float row_scale[ROWS], col_scale[COLUMNS];
  int32_t row_sum[ROWS];
  float c[ROWS][COLUMNS];
} operands;

/* The largest sums of products that there are, of either sign, and others. */
static void fill(operands *o, const lode_gemm_layout *layout, int8_t b[COLUMNS][DEPTH]) {
  static const int8_t extremes[] = {127, -127, 1, -1, 126, 0, -126, 64};
  const void *rows[COLUMNS];
  memset(o, 0, sizeof *o);
  for (size_t i = 0; i < ROWS; i++) {
    o->row_scale[i] = 1.0f;
    for (size_t k = 0; k < DEPTH; k++) {
      o->a[i][k] = i < 2 ? extremes[i] : extremes[(k * (i - 1) + i) % sizeof extremes];
      o->row_sum[i] += o->a[i][k];
    }
  }
  for (size_t j = 0; j < COLUMNS; j++) {
    o->col_scale[j] = 1.0f;
    for (size_t k = 0; k < DEPTH; k++) {
      b[j][k] = (int8_t)((j < 2 ? extremes[j] : extremes[(k * (j - 1) + k / 8) % 8]) / 2);
    }
    rows[j] = b[j];
  }
  lode_gemm_pack(layout, COLUMNS, DEPTH, rows, 0, COLUMNS / layout->panel, o->packed);
}

static void run(const lode_gemm_kernel *kernel, operands *o) {
  kernel->run(&(lode_gemm_args){.m = ROWS,
                                .n1 = COLUMNS,
                                .n = COLUMNS,
                                .k = DEPTH,
                                .a = o->a,
                                .lda = DEPTH,
                                .b = o->packed,
                                .row_scale = o->row_scale,
                                .row_sum = o->row_sum,
                                .col_scale = o->col_scale,
                                .c = o->c[0],
                                .ldc = COLUMNS});
}

/* Every sum is below 2^24: a float without rounding. */
static bool is_exact(const lode_gemm_kernel *kernel, operands *o, int8_t b[COLUMNS][DEPTH]) {
  run(kernel, o);
  for (size_t i = 0; i < ROWS; i++) {
    for (size_t j = 0; j < COLUMNS; j++) {
      int32_t sum = 0;
      for (size_t k = 0; k < DEPTH; k++) sum += o->a[i][k] * b[j][k];
      if (o->c[i][j] != (float)sum) return false;
    }
  }
  return true;
}

static double seconds_of(const lode_gemm_kernel *kernel, operands *o, int times) {
  const double start = lode_clock_seconds();
  for (int i = 0; i < times; i++) run(kernel, o);
  return lode_clock_seconds() - start;
}

/* The least times of both, by turns, since clocks of pages are coarse and machines have other work.
 * An engine compiles better meanwhile: after that both get all their turns once more. Where it has
 * no time for that, `kernel` looks 1.2 times as fast as it is: it has to be clearly faster, as it
 * is where the processor has the instruction. */
static bool is_faster(const lode_gemm_kernel *kernel, const lode_gemm_kernel *other, operands *o) {
  enum { ROUNDS = 4, MOST_ROUNDS = 64, MOST_TIMES = 1 << 12 };
  const double least = 5e-4, clearly = 0.75, better = 0.8;
  double best = 1e9, best_other = 1e9;
  int times = 16;
  for (int round = 0, all = 0; round < ROUNDS && all < MOST_ROUNDS;) {
    const double taken = seconds_of(kernel, o, times);
    const double taken_other = seconds_of(other, o, times);
    if (taken < least && times < MOST_TIMES) {
      times *= 2;
      continue;
    }
    const double one = taken / times, one_other = taken_other / times;
    round = one < better * best || one_other < better * best_other ? 0 : round + 1;
    if (one < best) best = one;
    if (one_other < best_other) best_other = one_other;
    all++;
  }
  return best <= clearly * best_other;
}

const char *lode_wasm_probe(void) {
  const lode_gemm_kernel *relaxed = lode_gemm_i8_select(LODE_CPU_SIMD128 | LODE_CPU_RELAXED);
  const lode_gemm_kernel *simd128 = lode_gemm_i8_select(LODE_CPU_SIMD128);
  if (relaxed == simd128) return lode_isa_name(LODE_ISA_SIMD128);
  operands o;
  int8_t b[COLUMNS][DEPTH];
  fill(&o, relaxed->layout, b);
  if (!is_exact(simd128, &o, b)) return NULL;
  const bool fast = is_exact(relaxed, &o, b) && is_faster(relaxed, simd128, &o);
  return lode_isa_name(fast ? LODE_ISA_RELAXED : LODE_ISA_SIMD128);
}
