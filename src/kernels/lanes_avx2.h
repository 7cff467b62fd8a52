/* The vectors of lanes.h on AVX2, and masks for the ends of arrays. */
#ifndef LODE_KERNELS_LANES_AVX2_H
#define LODE_KERNELS_LANES_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

/* Those of 8 lanes, of which the first is element `first` of an array, that lie within its
 * `count` elements. */
static inline __m256i lode_lanes_avx2(size_t count, size_t first) {
  const size_t left = count > first ? count - first : 0;
  const int lanes = left >= 8 ? 8 : (int)left;
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

typedef __m256 lanes_f32;
typedef int32_t lanes_i32 __attribute__((vector_size(32)));

enum { LANES_FUSED = 1, LANES_SUMS = 8 };

static inline lanes_f32 lanes_set(float x) {
  return _mm256_set1_ps(x);
}

static inline lanes_i32 lanes_first(size_t n) {
  return (lanes_i32)lode_lanes_avx2(n, 0);
}

static inline lanes_f32 lanes_load_some(const float *from, size_t n) {
  return _mm256_maskload_ps(from, lode_lanes_avx2(n, 0));
}

static inline void lanes_store_some(float *to, size_t n, lanes_f32 x) {
  _mm256_maskstore_ps(to, lode_lanes_avx2(n, 0), x);
}

static inline lanes_f32 lanes_madd(lanes_f32 a, lanes_f32 b, lanes_f32 c) {
  return _mm256_fmadd_ps(a, b, c);
}

static inline lanes_f32 lanes_larger(lanes_f32 a, lanes_f32 b) {
  return _mm256_max_ps(a, b);
}

static inline lanes_f32 lanes_smaller(lanes_f32 a, lanes_f32 b) {
  return _mm256_min_ps(a, b);
}

static inline lanes_f32 lanes_kept(lanes_f32 x, float least, lanes_f32 y) {
  return _mm256_and_ps(_mm256_cmp_ps(x, _mm256_set1_ps(least), _CMP_NLT_UQ), y);
}

static inline lanes_f32 lanes_floor(lanes_f32 x) {
  return _mm256_floor_ps(x);
}

#define LANES_HAS_ROUND
static inline lanes_i32 lanes_round(lanes_f32 x) {
  return (lanes_i32)_mm256_cvtps_epi32(x);
}

static inline float lanes_total(lanes_f32 x) {
  const __m128 of4 = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  const __m128 of2 = _mm_add_ps(of4, _mm_movehl_ps(of4, of4));
  return _mm_cvtss_f32(_mm_add_ss(of2, _mm_movehdup_ps(of2)));
}

static inline float lanes_largest(lanes_f32 x) {
  const __m128 of4 = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  const __m128 of2 = _mm_max_ps(of4, _mm_movehl_ps(of4, of4));
  return _mm_cvtss_f32(_mm_max_ss(of2, _mm_movehdup_ps(of2)));
}

static inline int32_t lanes_sum(lanes_i32 i) {
  const __m256i v = (__m256i)i;
  __m128i x = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(x, _mm_shuffle_epi32(x, 0xB1)));
}

/* Packing keeps to 128-bit halves: four of a, four of b in each. */
static inline void lanes_put_bytes(int8_t *to, lanes_i32 a, lanes_i32 b) {
  const __m256i both = _mm256_packs_epi32((__m256i)a, (__m256i)b);
  const __m256i in_order = _mm256_permute4x64_epi64(both, 0xD8);
  const __m128i bytes =
      _mm_packs_epi16(_mm256_castsi256_si128(in_order), _mm256_extracti128_si256(in_order, 1));
  _mm_storeu_si128((__m128i *)(void *)to, bytes);
}

static inline void lanes_load_bytes(const int8_t *from, lanes_f32 x[4]) {
#pragma GCC unroll 4
  for (int v = 0; v < 4; v++) {
    const __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)(from + 8 * v));
    x[v] = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes));
  }
}

static inline lanes_f32 lanes_load_f16(const uint16_t *from) {
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)from));
}

static inline lanes_f32 lanes_load_bf16(const uint16_t *from) {
  const __m128i halves = _mm_loadu_si128((const __m128i *)(const void *)from);
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}

static inline void lanes_put_halves(uint16_t *to, lanes_i32 i) {
  const __m256i v = (__m256i)i;
  const __m128i halves =
      _mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  _mm_storeu_si128((__m128i *)(void *)to, halves);
}

#endif
