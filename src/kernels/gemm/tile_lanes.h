/* The register tile that the products of matrices share on AVX2, AVX-512 and NEON, whatever they
 * multiply: rows of two vectors (lanes.h), on their way to and from memory. Its shape is in
 * tile_<isa>.h. */
#ifndef LODE_KERNELS_GEMM_TILE_LANES_H
#define LODE_KERNELS_GEMM_TILE_LANES_H

#include <assert.h>

#include "kernels/lanes.h"

#if defined(__AVX512F__) && !defined(LODE_LANES_AVX2)
#include "kernels/gemm/tile_avx512.h"
#elif defined(__AVX2__)
#include "kernels/gemm/tile_avx2.h"
#else
#include "kernels/gemm/tile_neon.h"
#endif

static_assert((int)TILE_LANES == (int)LANES && (int)TILE_VECTORS == 2, "rows of two vectors");

TILE_INLINE void tile_zero(const int rows, lanes_f32 sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll TILE_ROWS
  for (int i = 0; i < rows; i++) sums[i][0] = sums[i][1] = lanes_set(0.0f);
}

/* Sums to and from memory [rows, TILE_PANEL], aligned to a vector. */
TILE_INLINE void tile_load(const int rows, const float *memory,
                           lanes_f32 sums[TILE_ROWS][TILE_VECTORS]) {
  const lanes_f32 *from = (const lanes_f32 *)memory;
#pragma GCC unroll TILE_ROWS
  for (int i = 0; i < rows; i++) {
    sums[i][0] = from[2 * i];
    sums[i][1] = from[2 * i + 1];
  }
}

TILE_INLINE void tile_store(const int rows, float *memory, size_t stride,
                            lanes_f32 sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll TILE_ROWS
  for (int i = 0; i < rows; i++) {
    lanes_f32 *to = (lanes_f32 *)(memory + (size_t)i * stride);
    to[0] = sums[i][0];
    to[1] = sums[i][1];
  }
}

#endif
