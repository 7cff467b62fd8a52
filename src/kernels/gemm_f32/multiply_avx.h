/* The multiply-add loop that gemm_f32 and attention_f32 share: `rows` rows of A against one
 * panel of two vectors of packed columns (gemm_pack.h).
 *
 * AVX-512, 14 x 32: 28 accumulators, two vectors of B and one broadcast of A take 31 of the 32
 * registers. A step of k issues 28 multiply-adds for 16 loads and reads 128 bytes of B in 14
 * cycles: B may come from the L2 while the rows of A stay in the L1.
 * AVX2, 6 x 16: 12 accumulators, two vectors of B and one broadcast of A take 15 of the 16
 * registers. A step of k issues 12 multiply-adds for 8 loads. */
#ifndef LODE_KERNELS_GEMM_F32_MULTIPLY_AVX_H
#define LODE_KERNELS_GEMM_F32_MULTIPLY_AVX_H

#include "kernels/gemm/tile_lanes.h"
#include "kernels/prefetch.h"

/* sums[i] += A B over k: the chain of fused multiply-adds of each element goes on, in order
 * of k. Every `fetch_steps` steps, `fetch_lines` cache lines from `fetch` on are asked into
 * the L2: what later tiles will want, spread over the time that this one takes. */
TILE_INLINE void tile_multiply(const int rows, size_t k, const float *a, size_t lda, const float *b,
                               uintptr_t fetch, size_t fetch_steps, size_t fetch_lines,
                               lanes_f32 sums[TILE_ROWS][TILE_VECTORS]) {
  for (size_t p = 0; p < k;) {
    const size_t stop = k - p <= fetch_steps ? k : p + fetch_steps;
    for (size_t line = 0; line < fetch_lines; line++, fetch += 64) LODE_PREFETCH_L2(fetch);
    for (; p < stop; p++, b += TILE_PANEL) {
      const lanes_f32 b0 = lanes_load(b);
      const lanes_f32 b1 = lanes_load(b + TILE_LANES);
      LODE_PREFETCH((uintptr_t)b + TILE_AHEAD);
      if (TILE_PANEL * sizeof *b > 64) LODE_PREFETCH((uintptr_t)b + TILE_AHEAD + 64);
#pragma GCC unroll TILE_ROWS
      for (int i = 0; i < rows; i++) {
        const lanes_f32 x = lanes_set(a[(size_t)i * lda + p]);
        sums[i][0] = lanes_madd(x, b0, sums[i][0]);
        sums[i][1] = lanes_madd(x, b1, sums[i][1]);
      }
    }
  }
}

#endif
