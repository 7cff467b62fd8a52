#include "base/cpu.h"
#include "kernels/dot/dot.h"
#include "kernels/dot/sum64_avx512.h"

enum { VECTOR = LODE_SUM64_AVX512_VECTOR, VECTORS = LODE_SUM64_AVX512_VECTORS };

static inline __m512 floats(__m128i b) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(b));
}

static float run(size_t n, const float *a, const int8_t *b) {
  __m512 sums[VECTORS] = {0};
  size_t i = 0;
  for (; i + LODE_SUM64_LANES <= n; i += LODE_SUM64_LANES) {
#pragma GCC unroll 4
    for (size_t v = 0; v < VECTORS; v++) {
      const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(b + i + v * VECTOR));
      sums[v] = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + v * VECTOR), floats(bytes), sums[v]);
    }
  }
  if (i < n) {
#pragma GCC unroll 4
    for (size_t v = 0; v < VECTORS; v++) {
      const __mmask16 mask = lode_sum64_mask_avx512(n - i, v);
      const __m128i bytes = _mm_maskz_loadu_epi8(mask, b + i + v * VECTOR);
      sums[v] =
          _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, a + i + v * VECTOR), floats(bytes), sums[v]);
    }
  }
  return lode_sum64_total_avx512(sums);
}

const lode_dot_f32_i8_kernel lode_dot_f32_i8_avx512 = {
    .name = "avx512", .features = LODE_CPU_AVX512, .run = run};
