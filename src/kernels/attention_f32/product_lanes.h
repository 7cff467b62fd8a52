/* The product that attention_f32_lanes.h wants, on AVX2, AVX-512 and NEON: a kernel's file has
 * included its tile_multiply before this. */
#ifndef LODE_KERNELS_ATTENTION_F32_PRODUCT_LANES_H
#define LODE_KERNELS_ATTENTION_F32_PRODUCT_LANES_H

#include "kernels/gemm/tile_lanes.h"

TILE_INLINE void product(const int rows, size_t k, const float *a, size_t lda, const float *b,
                         lanes_f32 sums[TILE_ROWS][TILE_VECTORS]) {
  tile_zero(rows, sums);
  tile_multiply(rows, k, a, lda, b, 0, SIZE_MAX, 0, sums);
}

#endif
