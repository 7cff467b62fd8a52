/* A tile of 8-bit products on WebAssembly's vectors: all but the multiplication, which the file
 * that includes this has defined before as tile_multiply(t, rows, sums). */
#ifndef LODE_KERNELS_GEMM_I8_TILE_I8_SIMD128_H
#define LODE_KERNELS_GEMM_I8_TILE_I8_SIMD128_H

#include "kernels/gemm/tile_simd128.h"
#include "kernels/gemm_i8/gemm_i8.h"

/* The sums begin with what B's offset will have added too much. */
TILE_INLINE void tile_run(const lode_gemm_tile *t, const int rows) {
  v128_t sums[TILE_ROWS][TILE_VECTORS];
  if (t->first) {
#pragma GCC unroll 3
    for (int i = 0; i < rows; i++) {
      const int32_t start = -LODE_GEMM_I8_OFFSET * t->args->row_sum[t->i + (size_t)i];
      tile_fill(1, wasm_i32x4_splat(start), sums + i);
    }
  } else {
    tile_load(rows, t->sums, sums);
  }
  tile_multiply(t, rows, sums);
  tile_store(rows, t->sums, sums);
  if (t->last) lode_gemm_finish_simd128(t, (size_t)rows, true);
}

#endif
