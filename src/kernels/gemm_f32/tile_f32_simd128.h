/* The rest of a kernel of WebAssembly, from its file's TILE_MADD (multiply_simd128.h). */
#ifndef LODE_KERNELS_GEMM_F32_TILE_F32_SIMD128_H
#define LODE_KERNELS_GEMM_F32_TILE_F32_SIMD128_H

#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_f32/multiply_simd128.h"

TILE_INLINE void tile_run(const lode_gemm_tile *t, const int rows) {
  v128_t sums[TILE_ROWS][TILE_VECTORS];
  if (t->first) {
    tile_fill(rows, wasm_f32x4_const_splat(0.0f), sums);
  } else {
    tile_load(rows, t->sums, sums);
  }
  tile_multiply(rows, t->k, t->a, t->lda, t->panel, sums);
  tile_store(rows, t->sums, sums);
  if (t->last) lode_gemm_finish_simd128(t, (size_t)rows, false);
}

static const lode_gemm_layout layout = {
    .panel = TILE_PANEL, .element = sizeof(float), .group = 1, .deep = 1};

#include "kernels/gemm/tile_kernel.h"

#endif
