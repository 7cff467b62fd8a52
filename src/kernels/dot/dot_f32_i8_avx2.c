#include <string.h>

#include "base/cpu.h"
#include "kernels/dot/dot.h"
#include "kernels/dot/sum64_avx2.h"

enum { VECTOR = LODE_SUM64_AVX2_VECTOR, VECTORS = LODE_SUM64_AVX2_VECTORS };

static inline __m256 load(const int8_t *b) {
  return _mm256_cvtepi32_ps(
      _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)b)));
}

static float run(size_t n, const float *a, const int8_t *b) {
  __m256 sums[VECTORS];
#pragma GCC unroll 8
  for (size_t v = 0; v < VECTORS; v++) sums[v] = _mm256_setzero_ps();
  size_t i = 0;
  for (; i + LODE_SUM64_LANES <= n; i += LODE_SUM64_LANES) {
#pragma GCC unroll 8
    for (size_t v = 0; v < VECTORS; v++) {
      sums[v] =
          _mm256_fmadd_ps(_mm256_loadu_ps(a + i + v * VECTOR), load(b + i + v * VECTOR), sums[v]);
    }
  }
  if (i < n) {
    int8_t rest[LODE_SUM64_LANES] = {0};
    memcpy(rest, b + i, n - i);
#pragma GCC unroll 8
    for (size_t v = 0; v < VECTORS; v++) {
      const __m256i mask = lode_sum64_mask_avx2(n - i, v);
      sums[v] = _mm256_fmadd_ps(_mm256_maskload_ps(a + i + v * VECTOR, mask),
                                load(rest + v * VECTOR), sums[v]);
    }
  }
  return lode_sum64_total_avx2(sums);
}

const lode_dot_f32_i8_kernel lode_dot_f32_i8_avx2 = {
    .name = "avx2", .features = LODE_CPU_AVX2, .run = run};
