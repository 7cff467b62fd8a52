/* The vectors of lanes.h on AVX-512, and masks for the ends of arrays. */
#ifndef LODE_KERNELS_LANES_AVX512_H
#define LODE_KERNELS_LANES_AVX512_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

/* Those of 16 lanes, of which the first is element `first` of an array, that lie within its
 * `count` elements. */
static inline __mmask16 lode_lanes_avx512(size_t count, size_t first) {
  if (count >= first + 16) return (__mmask16)0xFFFF;
  return count > first ? (__mmask16)((1u << (count - first)) - 1u) : 0;
}

typedef __m512 lanes_f32;
typedef int32_t lanes_i32 __attribute__((vector_size(64)));

enum { LANES_FUSED = 1, LANES_SUMS = 4 };

static inline lanes_f32 lanes_set(float x) {
  return _mm512_set1_ps(x);
}

static inline lanes_i32 lanes_first(size_t n) {
  return (lanes_i32)_mm512_movm_epi32(lode_lanes_avx512(n, 0));
}

static inline lanes_f32 lanes_load_some(const float *from, size_t n) {
  return _mm512_maskz_loadu_ps(lode_lanes_avx512(n, 0), from);
}

static inline void lanes_store_some(float *to, size_t n, lanes_f32 x) {
  _mm512_mask_storeu_ps(to, lode_lanes_avx512(n, 0), x);
}

static inline lanes_f32 lanes_madd(lanes_f32 a, lanes_f32 b, lanes_f32 c) {
  return _mm512_fmadd_ps(a, b, c);
}

static inline lanes_f32 lanes_larger(lanes_f32 a, lanes_f32 b) {
  return _mm512_max_ps(a, b);
}

static inline lanes_f32 lanes_smaller(lanes_f32 a, lanes_f32 b) {
  return _mm512_min_ps(a, b);
}

static inline lanes_f32 lanes_kept(lanes_f32 x, float least, lanes_f32 y) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, _mm512_set1_ps(least), _CMP_NLT_UQ), y);
}

#define LANES_HAS_SCALE
static inline lanes_f32 lanes_scale(lanes_f32 p, lanes_f32 shifted) {
  return _mm512_scalef_ps(p, shifted - LANES_ROUND);
}

static inline lanes_f32 lanes_scale_down(lanes_f32 p, lanes_f32 shifted) {
  return lanes_scale(p, shifted);
}

static inline lanes_f32 lanes_floor(lanes_f32 x) {
  return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}

#define LANES_HAS_ROUND
static inline lanes_i32 lanes_round(lanes_f32 x) {
  return (lanes_i32)_mm512_cvtps_epi32(x);
}

static inline float lanes_total(lanes_f32 x) {
  const __m256 of8 = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
  const __m128 of4 = _mm_add_ps(_mm256_castps256_ps128(of8), _mm256_extractf128_ps(of8, 1));
  const __m128 of2 = _mm_add_ps(of4, _mm_movehl_ps(of4, of4));
  return _mm_cvtss_f32(_mm_add_ss(of2, _mm_movehdup_ps(of2)));
}

static inline float lanes_largest(lanes_f32 x) {
  return _mm512_reduce_max_ps(x);
}

static inline int32_t lanes_sum(lanes_i32 i) {
  return _mm512_reduce_add_epi32((__m512i)i);
}

static inline void lanes_put_bytes(int8_t *to, lanes_i32 a, lanes_i32 b) {
  _mm_storeu_si128((__m128i *)(void *)to, _mm512_cvtepi32_epi8((__m512i)a));
  _mm_storeu_si128((__m128i *)(void *)(to + 16), _mm512_cvtepi32_epi8((__m512i)b));
}

static inline void lanes_load_bytes(const int8_t *from, lanes_f32 x[4]) {
#pragma GCC unroll 4
  for (int v = 0; v < 4; v++) {
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(from + 16 * v));
    x[v] = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes));
  }
}

static inline lanes_f32 lanes_load_f16(const uint16_t *from) {
  return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)from));
}

static inline lanes_f32 lanes_load_bf16(const uint16_t *from) {
  const __m256i halves = _mm256_loadu_si256((const __m256i *)(const void *)from);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

static inline void lanes_put_halves(uint16_t *to, lanes_i32 i) {
  _mm256_storeu_si256((__m256i *)(void *)to, _mm512_cvtepi32_epi16((__m512i)i));
}

#endif
