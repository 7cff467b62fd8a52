#include <immintrin.h>

#include "base/cpu.h"
#include "kernels/lanes_avx512.h"
#include "kernels/quantize/quantize.h"

enum { LANES = 16, ALL = 0xFFFF };

/* Elements j .. j + 15, those outside the mask 0. */
static inline __m512 smoothed(__mmask16 mask, size_t j, const float *x, const float *smooth) {
  const __m512 v = _mm512_maskz_loadu_ps(mask, x + j);
  return smooth != NULL ? _mm512_mul_ps(v, _mm512_maskz_loadu_ps(mask, smooth + j)) : v;
}

/* Two chains of maxima, so that one need not wait for itself. The second operand is the result
 * where the first is NaN. */
static inline float largest(size_t n, const float *x, const float *smooth) {
  __m512 most[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
  size_t j = 0;
  for (; j + 2 * LANES <= n; j += 2 * LANES) {
    most[0] = _mm512_max_ps(_mm512_abs_ps(smoothed(ALL, j, x, smooth)), most[0]);
    most[1] = _mm512_max_ps(_mm512_abs_ps(smoothed(ALL, j + LANES, x, smooth)), most[1]);
  }
  for (; j < n; j += LANES) {
    const __m512 y = smoothed(lode_lanes_avx512(n, j), j, x, smooth);
    most[0] = _mm512_max_ps(_mm512_abs_ps(y), most[0]);
  }
  return _mm512_reduce_max_ps(_mm512_max_ps(most[0], most[1]));
}

/* Sixteen integers of y * factor; into q, and added to `total`. */
static inline __m512i round_16(__m512 y, __m512 factor, int8_t *q, __m512i total) {
  __m512i v = _mm512_cvtps_epi32(_mm512_mul_ps(y, factor));
  v = _mm512_max_epi32(v, _mm512_set1_epi32(-127));
  v = _mm512_min_epi32(v, _mm512_set1_epi32(127));
  _mm_storeu_si128((__m128i *)(void *)q, _mm512_cvtepi32_epi8(v));
  return _mm512_add_epi32(total, v);
}

static void rows(size_t m, size_t n, const float *x, size_t ldx, const float *smooth, int8_t *q,
                 size_t ldq, float *scale, int32_t *sum) {
  const size_t padded = lode_quantize_padded(n);
  for (size_t i = 0; i < m; i++, x += ldx, q += ldq) {
    const float most = largest(n, x, smooth);
    const float inverse = most < LODE_QUANTIZE_LEAST ? 0.0f : 127.0f / most;
    scale[i] = most < LODE_QUANTIZE_LEAST ? 0.0f : most / 127.0f;
    const __m512 factor = _mm512_set1_ps(inverse);
    __m512i total = _mm512_setzero_si512();
    size_t j = 0;
    for (; j + LANES <= n; j += LANES) {
      total = round_16(smoothed(ALL, j, x, smooth), factor, q + j, total);
    }
    for (; j < padded; j += LANES) {
      const __m512 y = smoothed(lode_lanes_avx512(n, j), j, x, smooth);
      total = round_16(y, factor, q + j, total);
    }
    sum[i] = _mm512_reduce_add_epi32(total);
  }
}

const lode_quantize_kernel lode_quantize_avx512 = {
    .name = "avx512", .features = LODE_CPU_AVX512, .rows = rows};
