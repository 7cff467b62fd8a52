#include <immintrin.h>

#include "base/cpu.h"
#include "kernels/convert/convert.h"
#include "kernels/lanes.h"

static void f16_to_f32(size_t n, const uint16_t *x, float *y) {
  for (size_t i = 0; i < n; i += LANES) {
    const __mmask16 mask = lode_lanes_avx512(n, i);
    const __m256i half = _mm256_maskz_loadu_epi16(mask, x + i);
    _mm512_mask_storeu_ps(y + i, mask, _mm512_cvtph_ps(half));
  }
}

static void bf16_to_f32(size_t n, const uint16_t *x, float *y) {
  for (size_t i = 0; i < n; i += LANES) {
    const __mmask16 mask = lode_lanes_avx512(n, i);
    const __m512i wide = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, x + i));
    _mm512_mask_storeu_epi32(y + i, mask, _mm512_slli_epi32(wide, 16));
  }
}

static void i8_to_f32(size_t n, const int8_t *x, float scale, float *y) {
  const __m512 factor = _mm512_set1_ps(scale);
  for (size_t i = 0; i < n; i += LANES) {
    const __mmask16 mask = lode_lanes_avx512(n, i);
    const __m512i wide = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(mask, x + i));
    _mm512_mask_storeu_ps(y + i, mask, _mm512_mul_ps(_mm512_cvtepi32_ps(wide), factor));
  }
}

static void f32_to_bf16(size_t n, const float *x, uint16_t *y) {
  const __m512i infinity = _mm512_set1_epi32(0x7F800000);
  for (size_t i = 0; i < n; i += LANES) {
    const __mmask16 mask = lode_lanes_avx512(n, i);
    const __m512i bits = _mm512_maskz_loadu_epi32(mask, x + i);
    const __m512i magnitude = _mm512_and_si512(bits, _mm512_set1_epi32(0x7FFFFFFF));
    const __mmask16 nan = _mm512_cmpgt_epi32_mask(magnitude, infinity);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    __m512i high = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), odd);
    high = _mm512_mask_or_epi32(high, nan, bits, _mm512_set1_epi32(0x400000));
    high = _mm512_srli_epi32(high, 16);
    _mm256_mask_storeu_epi16(y + i, mask, _mm512_cvtepi32_epi16(high));
  }
}

/* The largest magnitude, as bits; those of infinity and NaN are above all others. */
static bool all_finite(size_t n, const float *x) {
  enum { CHAINS = 4 };
  const __m512i magnitude = _mm512_set1_epi32(0x7FFFFFFF);
  __m512i largest[CHAINS] = {0};
  size_t i = 0;
  for (; i + CHAINS * LANES <= n; i += CHAINS * LANES) {
#pragma GCC unroll 4
    for (size_t v = 0; v < CHAINS; v++) {
      const __m512i bits = _mm512_loadu_si512(x + i + v * LANES);
      largest[v] = _mm512_max_epu32(largest[v], _mm512_and_si512(bits, magnitude));
    }
  }
  for (; i < n; i += LANES) {
    const __m512i bits = _mm512_maskz_loadu_epi32(lode_lanes_avx512(n, i), x + i);
    largest[0] = _mm512_max_epu32(largest[0], _mm512_and_si512(bits, magnitude));
  }
  const __m512i all = _mm512_max_epu32(_mm512_max_epu32(largest[0], largest[1]),
                                       _mm512_max_epu32(largest[2], largest[3]));
  return _mm512_reduce_max_epu32(all) < 0x7F800000u;
}

const lode_convert_kernel lode_convert_avx512 = {.name = "avx512",
                                                 .features = LODE_CPU_AVX512,
                                                 .f16_to_f32 = f16_to_f32,
                                                 .bf16_to_f32 = bf16_to_f32,
                                                 .i8_to_f32 = i8_to_f32,
                                                 .f32_to_bf16 = f32_to_bf16,
                                                 .all_finite = all_finite};
