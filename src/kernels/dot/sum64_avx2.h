/* The lanes of sum64.h in eight registers. */
#ifndef LODE_KERNELS_DOT_SUM64_AVX2_H
#define LODE_KERNELS_DOT_SUM64_AVX2_H

#include <immintrin.h>

#include "kernels/dot/sum64.h"
#include "kernels/lanes_avx2.h"

enum { LODE_SUM64_AVX2_VECTOR = 8, LODE_SUM64_AVX2_VECTORS = 8 };

static inline float lode_sum64_total_avx2(const __m256 sums[LODE_SUM64_AVX2_VECTORS]) {
  __m256 of32[4];
  for (int v = 0; v < 4; v++) of32[v] = _mm256_add_ps(sums[v], sums[v + 4]);
  const __m256 of8 =
      _mm256_add_ps(_mm256_add_ps(of32[0], of32[2]), _mm256_add_ps(of32[1], of32[3]));
  const __m128 of4 = _mm_add_ps(_mm256_castps256_ps128(of8), _mm256_extractf128_ps(of8, 1));
  const __m128 of2 = _mm_add_ps(of4, _mm_movehl_ps(of4, of4));
  return _mm_cvtss_f32(_mm_add_ss(of2, _mm_movehdup_ps(of2)));
}

/* The lanes of vector v that lie within the `left` elements at the end of an array. */
static inline __m256i lode_sum64_mask_avx2(size_t left, size_t v) {
  return lode_lanes_avx2(left, v * LODE_SUM64_AVX2_VECTOR);
}

/* The sum of x [n]. */
static inline float lode_sum64_avx2(size_t n, const float *x) {
  __m256 sums[LODE_SUM64_AVX2_VECTORS];
#pragma GCC unroll 8
  for (size_t v = 0; v < LODE_SUM64_AVX2_VECTORS; v++) sums[v] = _mm256_setzero_ps();
  size_t j = 0;
  for (; j + LODE_SUM64_LANES <= n; j += LODE_SUM64_LANES) {
#pragma GCC unroll 8
    for (size_t v = 0; v < LODE_SUM64_AVX2_VECTORS; v++) {
      sums[v] = _mm256_add_ps(sums[v], _mm256_loadu_ps(x + j + v * LODE_SUM64_AVX2_VECTOR));
    }
  }
  if (j < n) {
#pragma GCC unroll 8
    for (size_t v = 0; v < LODE_SUM64_AVX2_VECTORS; v++) {
      const __m256i mask = lode_sum64_mask_avx2(n - j, v);
      sums[v] =
          _mm256_add_ps(sums[v], _mm256_maskload_ps(x + j + v * LODE_SUM64_AVX2_VECTOR, mask));
    }
  }
  return lode_sum64_total_avx2(sums);
}

#endif
