/* The register tile that the products of matrices share on WebAssembly's vectors, whatever they
 * multiply: its shape, its way to and from memory.
 *
 * 3 x 12: on x86-64, where an engine has 15 registers to give and a product and its sum are two
 * instructions, 9 sums, 3 vectors of B, one broadcast of A and one product are what fits. 4 x 8 has
 * more loads, 6 x 8 spills: on Zen 4, in V8, 41 GFLOP/s become 38 and 29. */
#ifndef LODE_KERNELS_GEMM_TILE_SIMD128_H
#define LODE_KERNELS_GEMM_TILE_SIMD128_H

#include <stdint.h>
#include <wasm_simd128.h>

#include "kernels/gemm/gemm_tiles.h"

enum {
  TILE_LANES = 4,
  TILE_VECTORS = 3,
  TILE_PANEL = TILE_VECTORS * TILE_LANES,
  TILE_ROWS = 3,
};

/* X(rows) for each height: a height is a constant, so that the sums stay in registers. */
#define TILE_HEIGHTS(X) X(1) X(2) X(3)

/* Sums from memory, floats or integers, */
TILE_INLINE void tile_load(const int rows, const void *memory,
                           v128_t sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 3
  for (int i = 0; i < rows; i++) {
#pragma GCC unroll 3
    for (int v = 0; v < TILE_VECTORS; v++) {
      sums[i][v] = wasm_v128_load((const v128_t *)memory + i * TILE_VECTORS + v);
    }
  }
}

/* and to it. */
TILE_INLINE void tile_store(const int rows, void *memory, v128_t sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 3
  for (int i = 0; i < rows; i++) {
#pragma GCC unroll 3
    for (int v = 0; v < TILE_VECTORS; v++) {
      wasm_v128_store((v128_t *)memory + i * TILE_VECTORS + v, sums[i][v]);
    }
  }
}

/* All the same number. */
TILE_INLINE void tile_fill(const int rows, v128_t x, v128_t sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 3
  for (int i = 0; i < rows; i++) {
#pragma GCC unroll 3
    for (int v = 0; v < TILE_VECTORS; v++) sums[i][v] = x;
  }
}

/* The last steps of a tile, from sums in t->sums, [rows][TILE_PANEL] floats or, if `scaled`,
 * integers: scales, bias, activation, residual, and C is written. */
void lode_gemm_finish_simd128(const lode_gemm_tile *t, size_t rows, bool scaled);

#endif
