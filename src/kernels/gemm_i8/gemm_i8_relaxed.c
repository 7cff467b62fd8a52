/* relaxed_dot_i8x16_i7x16_add: 16 products of s8 (A) and u7 (B + 64) into 4 sums. It is exact on
 * every processor, since the second operand has no top bit, and 2 x 127 x 127 < 2^15. */
#include "base/cpu.h"
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
        sums[i][v] = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(x, columns[v], sums[i][v]);
      }
    }
  }
}

#include "kernels/gemm_i8/tile_i8_simd128.h"

static const lode_gemm_layout layout = {
    .panel = TILE_PANEL, .element = 1, .group = GROUP, .deep = GROUP, .offset = true};

#include "kernels/gemm/tile_kernel.h"

const lode_gemm_kernel lode_gemm_i8_relaxed_3x12 = {
    .name = "relaxed_3x12",
    .features = LODE_CPU_SIMD128 | LODE_CPU_RELAXED,
    .layout = &layout,
    .run = run,
};
