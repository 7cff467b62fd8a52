/* The register tile of tile_lanes.h on this instruction set: its shape, and what else differs. */
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

/* The lanes of vector `v` that lie within the first `columns` columns of a panel. */
typedef __m256i tile_part;
static inline tile_part tile_mask(size_t columns, size_t v) {
  return lode_lanes_avx2(columns, v * TILE_LANES);
}

/* They alone, from memory, 0 in the others, and to it. */
static inline __m256 tile_load_part(const float *from, tile_part mask) {
  return _mm256_maskload_ps(from, mask);
}

static inline void tile_store_part(float *to, tile_part mask, __m256 x) {
  _mm256_maskstore_ps(to, mask, x);
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
