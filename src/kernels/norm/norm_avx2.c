#include <math.h>

#include "base/cpu.h"
#include "kernels/dot/sum64_avx2.h"
#include "kernels/norm/norm.h"

enum { VECTOR = LODE_SUM64_AVX2_VECTOR, VECTORS = LODE_SUM64_AVX2_VECTORS };

/* sum of (x - centre)^2 */
static inline float sum_squares(size_t n, const float *x, float centre) {
  const __m256 c = _mm256_set1_ps(centre);
  __m256 sums[VECTORS];
#pragma GCC unroll 8
  for (size_t v = 0; v < VECTORS; v++) sums[v] = _mm256_setzero_ps();
  size_t j = 0;
  for (; j + LODE_SUM64_LANES <= n; j += LODE_SUM64_LANES) {
#pragma GCC unroll 8
    for (size_t v = 0; v < VECTORS; v++) {
      const __m256 d = _mm256_sub_ps(_mm256_loadu_ps(x + j + v * VECTOR), c);
      sums[v] = _mm256_fmadd_ps(d, d, sums[v]);
    }
  }
  if (j < n) {
#pragma GCC unroll 8
    for (size_t v = 0; v < VECTORS; v++) {
      const __m256i mask = lode_sum64_mask_avx2(n - j, v);
      const __m256 left = _mm256_maskload_ps(x + j + v * VECTOR, mask);
      const __m256 d = _mm256_and_ps(_mm256_castsi256_ps(mask), _mm256_sub_ps(left, c));
      sums[v] = _mm256_fmadd_ps(d, d, sums[v]);
    }
  }
  return lode_sum64_total_avx2(sums);
}

/* y = (x - mean) * scale * gamma + beta for one row. */
static inline void apply(size_t n, const float *x, float mean, float scale, const float *gamma,
                         const float *beta, float *y) {
  const __m256 c = _mm256_set1_ps(mean);
  const __m256 s = _mm256_set1_ps(scale);
  size_t j = 0;
  for (; j + VECTOR <= n; j += VECTOR) {
    const __m256 d = _mm256_sub_ps(_mm256_loadu_ps(x + j), c);
    const __m256 b = beta ? _mm256_loadu_ps(beta + j) : _mm256_setzero_ps();
    const __m256 g = _mm256_loadu_ps(gamma + j);
    _mm256_storeu_ps(y + j, _mm256_fmadd_ps(_mm256_mul_ps(d, s), g, b));
  }
  for (; j < n; j++) y[j] = fmaf((x[j] - mean) * scale, gamma[j], beta ? beta[j] : 0.0f);
}

static void layernorm(size_t m, size_t n, const float *x, size_t ldx, const float *gamma,
                      const float *beta, float eps, float *y, size_t ldy) {
  for (size_t i = 0; i < m; i++, x += ldx, y += ldy) {
    const float mean = lode_sum64_avx2(n, x) / (float)n;
    const float variance = sum_squares(n, x, mean) / (float)n;
    apply(n, x, mean, 1.0f / sqrtf(variance + eps), gamma, beta, y);
  }
}

static void l2(size_t m, size_t n, const float *x, size_t ldx, float *y, size_t ldy) {
  for (size_t i = 0; i < m; i++, x += ldx, y += ldy) {
    const float length = sqrtf(sum_squares(n, x, 0.0f));
    const float least = (float)LODE_NORM_L2_LEAST;
    const float divisor = length < least ? least : length;
    const __m256 d = _mm256_set1_ps(divisor);
    size_t j = 0;
    for (; j + VECTOR <= n; j += VECTOR) {
      _mm256_storeu_ps(y + j, _mm256_div_ps(_mm256_loadu_ps(x + j), d));
    }
    for (; j < n; j++) y[j] = x[j] / divisor;
  }
}

const lode_norm_kernel lode_norm_avx2 = {
    .name = "avx2", .features = LODE_CPU_AVX2, .layernorm = layernorm, .l2 = l2};
