/* The multiply-add loop that gemm_f32 and attention_f32 share: `rows` rows of A against one
 * panel of 8 packed columns (gemm_pack.h).
 *
 * 8 x 8: 16 accumulators, enough for four pipes of latency 4; four steps of k of each row of A
 * in one register, multiplied by lane; two vectors of B: 26 of the 32 registers. Four steps
 * issue 64 multiply-adds for 16 loads. */
#ifndef LODE_KERNELS_GEMM_F32_MULTIPLY_NEON_H
#define LODE_KERNELS_GEMM_F32_MULTIPLY_NEON_H

#include "kernels/gemm/tile_lanes.h"
#include "kernels/prefetch.h"

/* One step of k: `lane` of each row's four. The instruction wants the lane as a constant. */
#define TILE_STEP(lane)                                            \
  do {                                                             \
    const float32x4_t b0 = vld1q_f32(b + (lane) * TILE_PANEL);     \
    const float32x4_t b1 = vld1q_f32(b + (lane) * TILE_PANEL + 4); \
    _Pragma("GCC unroll 8") for (int i = 0; i < rows; i++) {       \
      sums[i][0] = vfmaq_laneq_f32(sums[i][0], b0, x[i], lane);    \
      sums[i][1] = vfmaq_laneq_f32(sums[i][1], b1, x[i], lane);    \
    }                                                              \
  } while (0)

/* sums[i] += A B over k: the chain of fused multiply-adds of each element goes on, in order
 * of k. Every `fetch_steps` steps, `fetch_lines` cache lines from `fetch` on are asked
 * into the L2: what later tiles will want, spread over the time that this one takes. */
TILE_INLINE void tile_multiply(const int rows, size_t k, const float *a, size_t lda, const float *b,
                               uintptr_t fetch, size_t fetch_steps, size_t fetch_lines,
                               float32x4_t sums[TILE_ROWS][TILE_VECTORS]) {
  size_t p = 0;
  for (size_t next = 0; p + 4 <= k; p += 4, b += 4 * TILE_PANEL) {
    if (fetch_lines > 0 && p >= next) {
      for (size_t line = 0; line < fetch_lines; line++, fetch += 64) LODE_PREFETCH_L2(fetch);
      next += fetch_steps;
    }
    float32x4_t x[TILE_ROWS];
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) x[i] = vld1q_f32(a + (size_t)i * lda + p);
    TILE_STEP(0);
    TILE_STEP(1);
    TILE_STEP(2);
    TILE_STEP(3);
  }
  for (; p < k; p++, b += TILE_PANEL) {
    const float32x4_t b0 = vld1q_f32(b), b1 = vld1q_f32(b + TILE_LANES);
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
      const float32x4_t x = vld1q_dup_f32(a + (size_t)i * lda + p);
      sums[i][0] = vfmaq_f32(sums[i][0], b0, x);
      sums[i][1] = vfmaq_f32(sums[i][1], b1, x);
    }
  }
}
#undef TILE_STEP

#endif
