#include <math.h>

#include "base/cpu.h"
#include "kernels/dot/sum64_avx512.h"
#include "kernels/norm/norm.h"

enum { VECTOR = LODE_SUM64_AVX512_VECTOR, VECTORS = LODE_SUM64_AVX512_VECTORS };

/* sum of (x - centre)^2 */
static inline float sum_squares(size_t n, const float *x, float centre) {
  const __m512 c = _mm512_set1_ps(centre);
  __m512 sums[VECTORS] = {0};
  size_t j = 0;
  for (; j + LODE_SUM64_LANES <= n; j += LODE_SUM64_LANES) {
#pragma GCC unroll 4
    for (size_t v = 0; v < VECTORS; v++) {
      const __m512 d = _mm512_sub_ps(_mm512_loadu_ps(x + j + v * VECTOR), c);
      sums[v] = _mm512_fmadd_ps(d, d, sums[v]);
    }
  }
  if (j < n) {
#pragma GCC unroll 4
    for (size_t v = 0; v < VECTORS; v++) {
      const __mmask16 mask = lode_sum64_mask_avx512(n - j, v);
      const __m512 left = _mm512_maskz_loadu_ps(mask, x + j + v * VECTOR);
      const __m512 d = _mm512_maskz_sub_ps(mask, left, c);
      sums[v] = _mm512_fmadd_ps(d, d, sums[v]);
    }
  }
  return lode_sum64_total_avx512(sums);
}

/* y = (x - mean) * scale * gamma + beta for the lanes of the mask. */
static inline void normalize(__mmask16 mask, const float *x, __m512 mean, __m512 scale,
                             const float *gamma, const float *beta, float *y) {
  const __m512 d = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, x), mean);
  const __m512 g = _mm512_maskz_loadu_ps(mask, gamma);
  const __m512 b = beta ? _mm512_maskz_loadu_ps(mask, beta) : _mm512_setzero_ps();
  _mm512_mask_storeu_ps(y, mask, _mm512_fmadd_ps(_mm512_mul_ps(d, scale), g, b));
}

static void layernorm(size_t m, size_t n, const float *x, size_t ldx, const float *gamma,
                      const float *beta, float eps, float *y, size_t ldy) {
  const size_t whole = n - n % VECTOR;
  const __mmask16 tail = lode_sum64_mask_avx512(n - whole, 0);
  for (size_t i = 0; i < m; i++, x += ldx, y += ldy) {
    const float mean = lode_sum64_avx512(n, x) / (float)n;
    const float variance = sum_squares(n, x, mean) / (float)n;
    const __m512 c = _mm512_set1_ps(mean);
    const __m512 s = _mm512_set1_ps(1.0f / sqrtf(variance + eps));
    for (size_t j = 0; j < whole; j += VECTOR) {
      normalize(0xFFFF, x + j, c, s, gamma + j, beta ? beta + j : NULL, y + j);
    }
    if (tail != 0) {
      normalize(tail, x + whole, c, s, gamma + whole, beta ? beta + whole : NULL, y + whole);
    }
  }
}

static void l2(size_t m, size_t n, const float *x, size_t ldx, float *y, size_t ldy) {
  const size_t whole = n - n % VECTOR;
  const __mmask16 tail = lode_sum64_mask_avx512(n - whole, 0);
  const float least = (float)LODE_NORM_L2_LEAST;
  for (size_t i = 0; i < m; i++, x += ldx, y += ldy) {
    const float length = sqrtf(sum_squares(n, x, 0.0f));
    const __m512 divisor = _mm512_set1_ps(length < least ? least : length);
    for (size_t j = 0; j < whole; j += VECTOR) {
      _mm512_storeu_ps(y + j, _mm512_div_ps(_mm512_loadu_ps(x + j), divisor));
    }
    if (tail != 0) {
      const __m512 v = _mm512_maskz_loadu_ps(tail, x + whole);
      _mm512_mask_storeu_ps(y + whole, tail, _mm512_div_ps(v, divisor));
    }
  }
}

const lode_norm_kernel lode_norm_avx512 = {
    .name = "avx512", .features = LODE_CPU_AVX512, .layernorm = layernorm, .l2 = l2};
