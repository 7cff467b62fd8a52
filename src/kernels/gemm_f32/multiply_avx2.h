/* The multiply-add loop that gemm_f32 and attention_f32 share: `rows` rows of A against one
 * panel of 16 packed columns (gemm_pack.h).
 *
 * 6 x 16: 12 accumulators, two vectors of B and one broadcast of A take 15 of the 16
 * registers. A step of k issues 12 multiply-adds for 8 loads. */
#ifndef LODE_KERNELS_GEMM_F32_MULTIPLY_AVX2_H
#define LODE_KERNELS_GEMM_F32_MULTIPLY_AVX2_H

#include "kernels/gemm/tile_avx2.h"

/* sums[i] += A B over k: the chain of fused multiply-adds of each element goes on, in order
 * of k. Every `fetch_steps` steps, `fetch_lines` cache lines from `fetch` on are asked
 * into the L2: what later tiles will want, spread over the time that this one takes. */
TILE_INLINE void tile_multiply(const int rows, size_t k, const float *a, size_t lda, const float *b,
                               uintptr_t fetch, size_t fetch_steps, size_t fetch_lines,
                               __m256 sums[TILE_ROWS][TILE_VECTORS]) {
  for (size_t p = 0; p < k;) {
    const size_t stop = k - p <= fetch_steps ? k : p + fetch_steps;
    for (size_t line = 0; line < fetch_lines; line++, fetch += 64) TILE_PREFETCH_L2(fetch);
    for (; p < stop; p++, b += TILE_PANEL) {
      const __m256 b0 = _mm256_loadu_ps(b);
      const __m256 b1 = _mm256_loadu_ps(b + TILE_LANES);
      TILE_PREFETCH_L1((uintptr_t)b + TILE_AHEAD);
#pragma GCC unroll 6
      for (int i = 0; i < rows; i++) {
        const __m256 x = _mm256_broadcast_ss(a + (size_t)i * lda + p);
        sums[i][0] = _mm256_fmadd_ps(x, b0, sums[i][0]);
        sums[i][1] = _mm256_fmadd_ps(x, b1, sums[i][1]);
      }
    }
  }
}

#endif
