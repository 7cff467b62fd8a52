/* i32x4.dot_i16x8_s multiplies 16-bit integers and adds neighbours. Four values of B in a word,
 * b0 .. b3, bytes without their top bit, are two such integers as they stand, b0 + 256 b1 and
 * b2 + 256 b3, and after a shift by 8 two others, b1 and b3. With a row of A as
 *
 *   first:   a0             a2
 *   second:  a1 - 256 a0    a3 - 256 a2
 *
 * both dots together are a0 b0 + a1 b1 + a2 b2 + a3 b3: exact modulo 2^32, and the sum is less. So
 * one shift of B is all that it takes, where widening would take two or memory for twice as much
 * of B; and A, which is small, is prepared once for all the columns of a group. */
#include "base/cpu.h"
#include "kernels/gemm/tile_simd128.h"

enum { GROUP = 4, VECTOR = 16 };

/* A row's first words, then, STRIDE words on, its second. */
enum { STRIDE = LODE_GEMM_STAGE_STRIDE, ROW = 2 * STRIDE };

static void stage(size_t rows, size_t k, const uint32_t *a, size_t lda, uint32_t *staged) {
  for (size_t i = 0; i < rows; i++, a += lda, staged += ROW) {
    for (size_t p = 0; p < k; p += TILE_LANES) { /* A goes on with zeros: kernels/quantize */
      const v128_t x = wasm_v128_load(a + p);
      const v128_t even = wasm_i16x8_shl(x, 8);
      wasm_v128_store(staged + p, wasm_i16x8_shr(even, 8));
      wasm_v128_store(staged + STRIDE + p, wasm_i16x8_sub(wasm_i16x8_shr(x, 8), even));
    }
  }
}

TILE_INLINE void add_products(const int rows, const uint32_t *a, const v128_t b[TILE_VECTORS],
                              v128_t sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 3
  for (int i = 0; i < rows; i++) {
    const v128_t x = wasm_v128_load32_splat(a + i * ROW);
#pragma GCC unroll 3
    for (int v = 0; v < TILE_VECTORS; v++) {
      sums[i][v] = wasm_i32x4_add(sums[i][v], wasm_i32x4_dot_i16x8(x, b[v]));
    }
  }
}

/* Two loops, because compilers mix what is in one, and then want more registers than there are. */
TILE_INLINE void tile_multiply(const lode_gemm_tile *t, const int rows,
                               v128_t sums[TILE_ROWS][TILE_VECTORS]) {
  const uint32_t *a = t->a;
  const uint8_t *b = t->panel;
  v128_t columns[TILE_VECTORS];
  for (size_t p = 0; p < t->k; p++, b += TILE_PANEL * GROUP) {
#pragma GCC unroll 3
    for (int v = 0; v < TILE_VECTORS; v++) columns[v] = wasm_v128_load(b + v * VECTOR);
    add_products(rows, a + p, columns, sums);
  }
  b = t->panel;
  for (size_t p = 0; p < t->k; p++, b += TILE_PANEL * GROUP) {
#pragma GCC unroll 3
    for (int v = 0; v < TILE_VECTORS; v++) {
      columns[v] = wasm_u16x8_shr(wasm_v128_load(b + v * VECTOR), 8);
    }
    add_products(rows, a + STRIDE + p, columns, sums);
  }
}

#include "kernels/gemm_i8/tile_i8_simd128.h"

static const lode_gemm_layout layout = {
    .panel = TILE_PANEL, .element = 1, .group = GROUP, .deep = GROUP, .offset = true};

#define TILE_STAGE stage
#include "kernels/gemm/tile_kernel.h"

const lode_gemm_kernel lode_gemm_i8_simd128_3x12 = {
    .name = "simd128_3x12",
    .features = LODE_CPU_SIMD128,
    .layout = &layout,
    .run = run,
};
