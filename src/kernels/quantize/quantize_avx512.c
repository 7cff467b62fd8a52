#include <immintrin.h>

#include "base/cpu.h"
#include "kernels/lanes_avx512.h"
#include "kernels/quantize/quantize.h"

enum { LANES = 16 };

static inline __m512 smoothed(__mmask16 mask, const float *x, const float *smooth) {
  const __m512 v = _mm512_maskz_loadu_ps(mask, x);
  return smooth != NULL ? _mm512_mul_ps(v, _mm512_maskz_loadu_ps(mask, smooth)) : v;
}

static inline float largest(size_t n, const float *x, const float *smooth) {
  enum { LARGER_MAGNITUDE = 0xB }; /* of vrangeps: max(|a|, |b|), sign cleared */
  __m512 most = _mm512_setzero_ps();
  for (size_t j = 0; j < n; j += LANES) {
    const __m512 y = smoothed(lode_lanes_avx512(n, j), x + j, smooth != NULL ? smooth + j : NULL);
    most = _mm512_range_ps(most, y, LARGER_MAGNITUDE);
  }
  return _mm512_reduce_max_ps(most);
}

static void rows(size_t m, size_t n, const float *x, size_t ldx, const float *smooth, int8_t *q,
                 size_t ldq, float *scale, int32_t *sum) {
  const size_t padded = lode_quantize_padded(n);
  const __m512i lowest = _mm512_set1_epi32(-127);
  for (size_t i = 0; i < m; i++, x += ldx, q += ldq) {
    const float most = largest(n, x, smooth);
    const float inverse = most < LODE_QUANTIZE_LEAST ? 0.0f : 127.0f / most;
    scale[i] = most < LODE_QUANTIZE_LEAST ? 0.0f : most / 127.0f;
    const __m512 factor = _mm512_set1_ps(inverse);
    __m512i total = _mm512_setzero_si512();
    for (size_t j = 0; j < padded; j += LANES) {
      const __mmask16 mask = lode_lanes_avx512(n, j);
      const __m512 y = smoothed(mask, x + j, smooth != NULL ? smooth + j : NULL);
      __m512i v = _mm512_cvtps_epi32(_mm512_mul_ps(y, factor));
      v = _mm512_max_epi32(v, lowest);
      v = _mm512_min_epi32(v, _mm512_set1_epi32(127));
      total = _mm512_add_epi32(total, v);
      _mm_storeu_si128((__m128i *)(void *)(q + j), _mm512_cvtepi32_epi8(v));
    }
    sum[i] = _mm512_reduce_add_epi32(total);
  }
}

const lode_quantize_kernel lode_quantize_avx512 = {
    .name = "avx512", .features = LODE_CPU_AVX512, .rows = rows};
