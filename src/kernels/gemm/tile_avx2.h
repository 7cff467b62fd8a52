/* The register tile that the products of matrices share on this instruction set, whatever they
 * multiply: its shape, its way to and from memory. */
#ifndef LODE_KERNELS_GEMM_TILE_AVX2_H
#define LODE_KERNELS_GEMM_TILE_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/gemm/gemm_tiles.h"
#include "kernels/lanes.h"

enum {
  TILE_LANES = 8,
  TILE_VECTORS = 2,
  TILE_PANEL = TILE_VECTORS * TILE_LANES,
  TILE_ROWS = 6,
  TILE_AHEAD = 1024, /* B is asked for this many bytes before its use */
};

/* X(rows) for each height: a height is a constant, so that the sums stay in registers. */
#define TILE_HEIGHTS(X) X(1) X(2) X(3) X(4) X(5) X(6)

#define TILE_INLINE __attribute__((always_inline)) static inline

/* Addresses are numbers here: they may lie past the end of the array, where no pointer may.
 * Macros, because gcc takes an inline function that only prefetches for one without effect. */
#define TILE_PREFETCH_L1(at) _mm_prefetch((const char *)(at), _MM_HINT_T0)
#define TILE_PREFETCH_L2(at) _mm_prefetch((const char *)(at), _MM_HINT_T1)

TILE_INLINE void tile_zero(const int rows, __m256 sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 6
  for (int i = 0; i < rows; i++) {
    sums[i][0] = _mm256_setzero_ps();
    sums[i][1] = _mm256_setzero_ps();
  }
}

/* Sums to and from memory, aligned to 32 bytes. */
TILE_INLINE void tile_load(const int rows, const float *memory,
                           __m256 sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 6
  for (int i = 0; i < rows; i++) {
    sums[i][0] = _mm256_load_ps(memory + i * TILE_PANEL);
    sums[i][1] = _mm256_load_ps(memory + i * TILE_PANEL + TILE_LANES);
  }
}

TILE_INLINE void tile_store(const int rows, float *memory, size_t stride,
                            __m256 sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 6
  for (int i = 0; i < rows; i++) {
    _mm256_store_ps(memory + (size_t)i * stride, sums[i][0]);
    _mm256_store_ps(memory + (size_t)i * stride + TILE_LANES, sums[i][1]);
  }
}

/* The lanes of vector `v` that lie within the first `columns` columns of a panel. */
static inline __m256i tile_mask(size_t columns, size_t v) {
  return lode_lanes_avx2(columns, v * TILE_LANES);
}

/* rows[j][p] becomes rows[p][j]: 8 x 8, in registers. */
TILE_INLINE void tile_transpose(__m256 rows[TILE_LANES]) {
  __m256 t[TILE_LANES];
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) { /* pairs of neighbours */
    t[2 * i] = _mm256_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
    t[2 * i + 1] = _mm256_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 2; i++) { /* 4 x 4 inside each 128-bit lane */
    rows[4 * i] = _mm256_shuffle_ps(t[4 * i], t[4 * i + 2], 0x44);
    rows[4 * i + 1] = _mm256_shuffle_ps(t[4 * i], t[4 * i + 2], 0xEE);
    rows[4 * i + 2] = _mm256_shuffle_ps(t[4 * i + 1], t[4 * i + 3], 0x44);
    rows[4 * i + 3] = _mm256_shuffle_ps(t[4 * i + 1], t[4 * i + 3], 0xEE);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) { /* the 2 x 2 lanes */
    t[i] = _mm256_permute2f128_ps(rows[i], rows[4 + i], 0x20);
    t[4 + i] = _mm256_permute2f128_ps(rows[i], rows[4 + i], 0x31);
  }
#pragma GCC unroll 8
  for (int i = 0; i < TILE_LANES; i++) rows[i] = t[i];
}

#endif
