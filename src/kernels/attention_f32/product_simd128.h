/* What attention_f32_lanes.h asks for, from a file's own TILE_MADD (multiply_simd128.h). */
#ifndef LODE_KERNELS_ATTENTION_F32_PRODUCT_SIMD128_H
#define LODE_KERNELS_ATTENTION_F32_PRODUCT_SIMD128_H

#include "kernels/gemm_f32/multiply_simd128.h"
#include "kernels/lanes.h"

TILE_INLINE void product(const int rows, size_t k, const float *a, size_t lda, const float *b,
                         lanes_f32 sums[TILE_ROWS][TILE_VECTORS]) {
  v128_t bits[TILE_ROWS][TILE_VECTORS];
  tile_fill(rows, wasm_f32x4_const_splat(0.0f), bits);
  tile_multiply(rows, k, a, lda, b, bits);
#pragma GCC unroll 3
  for (int i = 0; i < rows; i++) {
#pragma GCC unroll 3
    for (int v = 0; v < TILE_VECTORS; v++) sums[i][v] = (lanes_f32)bits[i][v];
  }
}

TILE_INLINE void tile_transpose(lanes_f32 rows[LANES]) {
  const lanes_f32 low01 = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5);
  const lanes_f32 low23 = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);
  const lanes_f32 high01 = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);
  const lanes_f32 high23 = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
  rows[0] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
  rows[1] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
  rows[2] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
  rows[3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
}

#endif
