#include <immintrin.h>

#include "base/cpu.h"
#include "kernels/lanes.h"

enum { BAG_VECTORS = 8, BAG_SMALL_VECTORS = BAG_VECTORS };

/* 32 elements of 16 bytes. */
__attribute__((always_inline)) static inline void load_i4(const void *x, size_t j, lanes_f32 y[4]) {
  const __m128i value_of = _mm_setr_epi8(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
  const __m128i low_half = _mm_set1_epi8(15);
  const void *at = (const uint8_t *)x + j / 2;
  const __m128i pairs = _mm_loadu_si128((const __m128i *)at);
  const __m128i even = _mm_shuffle_epi8(value_of, _mm_and_si128(pairs, low_half));
  const __m128i odd = _mm_shuffle_epi8(value_of, _mm_and_si128(_mm_srli_epi16(pairs, 4), low_half));
  const __m128i low = _mm_unpacklo_epi8(even, odd);
  const __m128i high = _mm_unpackhi_epi8(even, odd);
  const __m128i eights[4] = {low, _mm_unpackhi_epi64(low, low), high,
                             _mm_unpackhi_epi64(high, high)};
#pragma GCC unroll 4
  for (size_t v = 0; v < 4; v++) y[v] = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(eights[v]));
}

#include "kernels/bag/bag_lanes.h"

const lode_bag_kernel lode_bag_avx2 = {.name = "avx2", .features = LODE_CPU_AVX2, .mean = mean};
