/* A tile of 8-bit products on AVX2 registers, from a file's own
 *
 *   static inline __m256i tile_dot(__m256i sums, __m256i b, __m256i a)
 *
 * which adds to each of 8 sums four products of b, u8 of at most 127, and a, s8.
 *
 * 6 x 16: 12 sums, two vectors of B, four values of A in every lane, and one to work with. */
#ifndef LODE_KERNELS_GEMM_I8_TILE_I8_AVX2_H
#define LODE_KERNELS_GEMM_I8_TILE_I8_AVX2_H

#include <string.h>

#include "kernels/gemm/finish_lanes.h"
#include "kernels/gemm_i8/gemm_i8.h"
#include "kernels/prefetch.h"

enum { TILE_GROUP = 4 };

static inline __m256i tile_words(const void *words) {
  return _mm256_load_si256((const __m256i *)words);
}

/* Four consecutive values of a row of A, in every lane. */
static inline __m256i tile_four(const void *a, size_t word) {
  int32_t x;
  memcpy(&x, (const char *)a + word * sizeof x, sizeof x);
  return _mm256_set1_epi32(x);
}

TILE_INLINE void tile_multiply(const lode_gemm_tile *t, const int rows,
                               __m256i sums[TILE_ROWS][TILE_VECTORS]) {
  const uint8_t *b = t->panel;
  uintptr_t fetch = t->fetch;
  for (size_t p = 0; p < t->k;) {
    const size_t stop = t->k - p <= t->fetch_steps ? t->k : p + t->fetch_steps;
    for (size_t line = 0; line < t->fetch_lines; line++, fetch += 64) LODE_PREFETCH_L2(fetch);
    for (; p < stop; p++, b += TILE_PANEL * TILE_GROUP) {
      const __m256i b0 = tile_words(b), b1 = tile_words(b + 32);
      LODE_PREFETCH((uintptr_t)b + TILE_AHEAD);
#pragma GCC unroll 6
      for (int i = 0; i < rows; i++) {
        const __m256i a = tile_four(t->a, (size_t)i * t->lda + p);
        sums[i][0] = tile_dot(sums[i][0], b0, a);
        sums[i][1] = tile_dot(sums[i][1], b1, a);
      }
    }
  }
}

/* The sums begin with what B's offset will have added too much. */
TILE_INLINE void tile_begin_i8(const lode_gemm_tile *t, const int rows,
                               __m256i sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 6
  for (int i = 0; i < rows; i++) {
    const int32_t *kept = (const int32_t *)t->sums + i * TILE_PANEL;
    if (t->first) {
      const int32_t start = -LODE_GEMM_I8_OFFSET * t->args->row_sum[t->i + (size_t)i];
      sums[i][0] = sums[i][1] = _mm256_set1_epi32(start);
    } else {
      sums[i][0] = tile_words(kept);
      sums[i][1] = tile_words(kept + TILE_LANES);
    }
  }
}

TILE_INLINE void tile_keep_i8(const lode_gemm_tile *t, const int rows,
                              __m256i sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 6
  for (int i = 0; i < rows; i++) {
    int32_t *kept = (int32_t *)t->sums + i * TILE_PANEL;
    _mm256_store_si256((__m256i *)(void *)kept, sums[i][0]);
    _mm256_store_si256((__m256i *)(void *)(kept + TILE_LANES), sums[i][1]);
  }
}

/* Column v of vectors: y = sums * row_scale * col_scale + bias. */
TILE_INLINE void tile_scale_i8(const lode_gemm_tile *t, const int rows, const size_t v,
                               __m256i sums[TILE_ROWS][TILE_VECTORS],
                               __m256 y[TILE_ROWS][TILE_VECTORS]) {
  const __m256i mask = tile_mask(t->columns, v);
  const size_t j = t->j + v * TILE_LANES;
  const __m256 scale = _mm256_maskload_ps(t->args->col_scale + j, mask);
  const __m256 bias =
      t->args->bias != NULL ? _mm256_maskload_ps(t->args->bias + j, mask) : _mm256_setzero_ps();
#pragma GCC unroll 6
  for (int i = 0; i < rows; i++) {
    const __m256 row_scale = _mm256_set1_ps(t->args->row_scale[t->i + (size_t)i]);
    const __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(sums[i][v]), row_scale);
    y[i][v] = _mm256_add_ps(_mm256_mul_ps(scaled, scale), bias);
  }
}

TILE_INLINE void tile_run(const lode_gemm_tile *t, const int rows) {
  __m256i sums[TILE_ROWS][TILE_VECTORS];
  tile_begin_i8(t, rows, sums);
  tile_multiply(t, rows, sums);
  if (!t->last) {
    tile_keep_i8(t, rows, sums);
    return;
  }
  __m256 y[TILE_ROWS][TILE_VECTORS];
  tile_scale_i8(t, rows, 0, sums, y);
  tile_scale_i8(t, rows, 1, sums, y);
  tile_finish(t, rows, y);
}

static const lode_gemm_layout layout = {
    .panel = TILE_PANEL, .element = 1, .group = TILE_GROUP, .deep = TILE_GROUP, .offset = true};

#include "kernels/gemm/tile_kernel.h"

#endif
