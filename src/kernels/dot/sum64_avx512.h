/* The lanes of sum64.h in four registers. */
#ifndef LODE_KERNELS_DOT_SUM64_AVX512_H
#define LODE_KERNELS_DOT_SUM64_AVX512_H

#include <immintrin.h>

#include "kernels/dot/sum64.h"
#include "kernels/lanes_avx512.h"

enum { LODE_SUM64_AVX512_VECTOR = 16, LODE_SUM64_AVX512_VECTORS = 4 };

/* The lanes of vector v that lie within the `left` elements at the end of an array. */
static inline __mmask16 lode_sum64_mask_avx512(size_t left, size_t v) {
  return lode_lanes_avx512(left, v * LODE_SUM64_AVX512_VECTOR);
}

static inline float lode_sum64_total_avx512(const __m512 sums[LODE_SUM64_AVX512_VECTORS]) {
  const __m512 of16 =
      _mm512_add_ps(_mm512_add_ps(sums[0], sums[2]), _mm512_add_ps(sums[1], sums[3]));
  const __m256 of8 = _mm256_add_ps(_mm512_castps512_ps256(of16), _mm512_extractf32x8_ps(of16, 1));
  const __m128 of4 = _mm_add_ps(_mm256_castps256_ps128(of8), _mm256_extractf128_ps(of8, 1));
  const __m128 of2 = _mm_add_ps(of4, _mm_movehl_ps(of4, of4));
  return _mm_cvtss_f32(_mm_add_ss(of2, _mm_movehdup_ps(of2)));
}

/* The sum of x [n]. */
static inline float lode_sum64_avx512(size_t n, const float *x) {
  __m512 sums[LODE_SUM64_AVX512_VECTORS] = {0};
  size_t j = 0;
  for (; j + LODE_SUM64_LANES <= n; j += LODE_SUM64_LANES) {
#pragma GCC unroll 4
    for (size_t v = 0; v < LODE_SUM64_AVX512_VECTORS; v++) {
      sums[v] = _mm512_add_ps(sums[v], _mm512_loadu_ps(x + j + v * LODE_SUM64_AVX512_VECTOR));
    }
  }
  if (j < n) {
#pragma GCC unroll 4
    for (size_t v = 0; v < LODE_SUM64_AVX512_VECTORS; v++) {
      const __mmask16 mask = lode_sum64_mask_avx512(n - j, v);
      sums[v] =
          _mm512_add_ps(sums[v], _mm512_maskz_loadu_ps(mask, x + j + v * LODE_SUM64_AVX512_VECTOR));
    }
  }
  return lode_sum64_total_avx512(sums);
}

#endif
