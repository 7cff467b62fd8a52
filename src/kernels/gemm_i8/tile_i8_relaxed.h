/* The rest of a kernel of relaxed SIMD, from its file's tile_dot(a, b, sum): each of 4 sums and 4
 * products of s8 (A) and u7 (B + 64). */
#ifndef LODE_KERNELS_GEMM_I8_TILE_I8_RELAXED_H
#define LODE_KERNELS_GEMM_I8_TILE_I8_RELAXED_H

#include "kernels/gemm/tile_simd128.h"

enum { GROUP = 4, VECTOR = 16 };

TILE_INLINE void tile_multiply(const lode_gemm_tile *t, const int rows,
                               v128_t sums[TILE_ROWS][TILE_VECTORS]) {
  const uint8_t *b = t->panel;
  for (size_t p = 0; p < t->k; p++, b += TILE_PANEL * GROUP) {
    v128_t columns[TILE_VECTORS];
#pragma GCC unroll 3
    for (int v = 0; v < TILE_VECTORS; v++) columns[v] = wasm_v128_load(b + v * VECTOR);
#pragma GCC unroll 3
    for (int i = 0; i < rows; i++) {
      const v128_t x = wasm_v128_load32_splat((const uint32_t *)t->a + (size_t)i * t->lda + p);
#pragma GCC unroll 3
      for (int v = 0; v < TILE_VECTORS; v++) {
        sums[i][v] = tile_dot(x, columns[v], sums[i][v]);
      }
    }
  }
}

#include "kernels/gemm_i8/tile_i8_simd128.h"

static const lode_gemm_layout layout = {
    .panel = TILE_PANEL, .element = 1, .group = GROUP, .deep = GROUP, .offset = true};

#include "kernels/gemm/tile_kernel.h"

#endif
