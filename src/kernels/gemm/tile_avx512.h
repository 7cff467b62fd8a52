/* The register tile of tile_lanes.h on this instruction set: its shape, and what else differs. */
#ifndef LODE_KERNELS_GEMM_TILE_AVX512_H
#define LODE_KERNELS_GEMM_TILE_AVX512_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/gemm/gemm_tiles.h"
#include "kernels/lanes.h"

enum {
  TILE_LANES = 16,
  TILE_VECTORS = 2,
  TILE_PANEL = TILE_VECTORS * TILE_LANES,
  TILE_ROWS = 14,
  TILE_AHEAD = 1024, /* B is asked for this many bytes before its use */
};

/* X(rows) for each height: a height is a constant, so that the sums stay in registers. */
#define TILE_HEIGHTS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)

/* The lanes of vector `v` that lie within the first `columns` columns of a panel. */
typedef __mmask16 tile_part;
static inline tile_part tile_mask(size_t columns, size_t v) {
  return lode_lanes_avx512(columns, v * TILE_LANES);
}

/* They alone, from memory, 0 in the others, and to it. */
static inline __m512 tile_load_part(const float *from, tile_part mask) {
  return _mm512_maskz_loadu_ps(mask, from);
}

static inline void tile_store_part(float *to, tile_part mask, __m512 x) {
  _mm512_mask_storeu_ps(to, mask, x);
}

/* rows[j][p] becomes rows[p][j]: 16 x 16, in registers. */
TILE_INLINE void tile_transpose(__m512 rows[TILE_LANES]) {
  __m512 t[TILE_LANES];
#pragma GCC unroll 8
  for (int i = 0; i < 8; i++) { /* pairs of neighbours */
    t[2 * i] = _mm512_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) { /* 4 x 4 inside each 128-bit lane */
    const __m512d lo0 = _mm512_castps_pd(t[4 * i]), hi0 = _mm512_castps_pd(t[4 * i + 1]);
    const __m512d lo1 = _mm512_castps_pd(t[4 * i + 2]), hi1 = _mm512_castps_pd(t[4 * i + 3]);
    rows[4 * i] = _mm512_castpd_ps(_mm512_unpacklo_pd(lo0, lo1));
    rows[4 * i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(lo0, lo1));
    rows[4 * i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(hi0, hi1));
    rows[4 * i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(hi0, hi1));
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) { /* the 4 x 4 lanes */
    const __m512 even01 = _mm512_shuffle_f32x4(rows[i], rows[4 + i], 0x88);
    const __m512 odd01 = _mm512_shuffle_f32x4(rows[i], rows[4 + i], 0xDD);
    const __m512 even23 = _mm512_shuffle_f32x4(rows[8 + i], rows[12 + i], 0x88);
    const __m512 odd23 = _mm512_shuffle_f32x4(rows[8 + i], rows[12 + i], 0xDD);
    t[i] = _mm512_shuffle_f32x4(even01, even23, 0x88);
    t[8 + i] = _mm512_shuffle_f32x4(even01, even23, 0xDD);
    t[4 + i] = _mm512_shuffle_f32x4(odd01, odd23, 0x88);
    t[12 + i] = _mm512_shuffle_f32x4(odd01, odd23, 0xDD);
  }
#pragma GCC unroll 16
  for (int i = 0; i < TILE_LANES; i++) rows[i] = t[i];
}

#endif
