/* The multiply-add loop that gemm_f32 and attention_f32 share: `rows` rows of A against one panel
 * of 12 packed columns (gemm_pack.h), by a file's own
 *
 *   TILE_MADD(a, b, c)   a * b + c in each lane */
#ifndef LODE_KERNELS_GEMM_F32_MULTIPLY_SIMD128_H
#define LODE_KERNELS_GEMM_F32_MULTIPLY_SIMD128_H

#include "kernels/gemm/tile_simd128.h"

/* sums[i] += A B over k: the chain of multiply-adds of each element goes on, in order of k. */
TILE_INLINE void tile_multiply(const int rows, size_t k, const float *a, size_t lda, const float *b,
                               v128_t sums[TILE_ROWS][TILE_VECTORS]) {
  for (size_t p = 0; p < k; p++, b += TILE_PANEL) {
    v128_t columns[TILE_VECTORS];
#pragma GCC unroll 3
    for (int v = 0; v < TILE_VECTORS; v++) columns[v] = wasm_v128_load(b + v * TILE_LANES);
#pragma GCC unroll 3
    for (int i = 0; i < rows; i++) {
      const v128_t x = wasm_v128_load32_splat(a + (size_t)i * lda + p);
#pragma GCC unroll 3
      for (int v = 0; v < TILE_VECTORS; v++) sums[i][v] = TILE_MADD(x, columns[v], sums[i][v]);
    }
  }
}

#endif
