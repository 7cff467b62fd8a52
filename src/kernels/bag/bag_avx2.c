#include <immintrin.h>

#include "base/cpu.h"
#include "kernels/bag/columns.h"

#define INLINE __attribute__((always_inline)) static inline

enum { LANES = 8, VECTORS = 8, BLOCK = LANES * VECTORS };

/* Eight elements from x[j] on. */
typedef __m256 load_fn(const void *x, size_t j);

INLINE __m256 load_f32(const void *x, size_t j) {
  return _mm256_loadu_ps((const float *)x + j);
}

INLINE __m256 load_f16(const void *x, size_t j) {
  const void *at = (const uint16_t *)x + j;
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)at));
}

INLINE __m256 load_bf16(const void *x, size_t j) {
  const void *at = (const uint16_t *)x + j;
  const __m128i half = _mm_loadu_si128((const __m128i *)at);
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}

INLINE __m256 load_i8(const void *x, size_t j) {
  const void *at = (const int8_t *)x + j;
  const __m128i bytes = _mm_loadl_epi64((const __m128i *)at);
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes));
}

INLINE void finish(const lode_bag_args *args, size_t first, const __m256 *sum) {
  const __m256 n = _mm256_set1_ps((float)args->n);
#pragma GCC unroll 8
  for (size_t v = 0; v < VECTORS; v++) {
    _mm256_storeu_ps(args->out + first + v * LANES, _mm256_div_ps(sum[v], n));
  }
}

INLINE void block(const lode_bag_args *args, size_t first, size_t size, load_fn *load) {
  __m256 sum[VECTORS];
#pragma GCC unroll 8
  for (size_t v = 0; v < VECTORS; v++) sum[v] = _mm256_setzero_ps();
  for (size_t i = 0; i < args->n; i++) {
    const size_t row = lode_bag_row(args, i);
    const __m256 c = _mm256_set1_ps(lode_bag_factor(args, i, row));
    const void *x = (const char *)args->table + (row * args->cols + first) * size;
#pragma GCC unroll 8
    for (size_t v = 0; v < VECTORS; v++) {
      sum[v] = _mm256_add_ps(sum[v], _mm256_mul_ps(load(x, v * LANES), c));
    }
  }
  finish(args, first, sum);
}

/* 32 elements of 16 bytes; the products with c are added to four sums. */
INLINE void add_i4(const uint8_t *x, __m256 c, __m256 *sum) {
  const __m128i value_of = _mm_setr_epi8(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
  const __m128i low_half = _mm_set1_epi8(15);
  const __m128i pairs = _mm_loadu_si128((const __m128i *)(const void *)x);
  const __m128i even = _mm_shuffle_epi8(value_of, _mm_and_si128(pairs, low_half));
  const __m128i odd = _mm_shuffle_epi8(value_of, _mm_and_si128(_mm_srli_epi16(pairs, 4), low_half));
  const __m128i low = _mm_unpacklo_epi8(even, odd);
  const __m128i high = _mm_unpackhi_epi8(even, odd);
  const __m128i eights[4] = {low, _mm_unpackhi_epi64(low, low), high,
                             _mm_unpackhi_epi64(high, high)};
#pragma GCC unroll 4
  for (size_t v = 0; v < 4; v++) {
    const __m256 value = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(eights[v]));
    sum[v] = _mm256_add_ps(sum[v], _mm256_mul_ps(value, c));
  }
}

INLINE void block_i4(const lode_bag_args *args, size_t first) {
  __m256 sum[VECTORS];
#pragma GCC unroll 8
  for (size_t v = 0; v < VECTORS; v++) sum[v] = _mm256_setzero_ps();
  for (size_t i = 0; i < args->n; i++) {
    const size_t row = lode_bag_row(args, i);
    const __m256 c = _mm256_set1_ps(lode_bag_factor(args, i, row));
    const uint8_t *x = (const uint8_t *)args->table + (row * args->cols + first) / 2;
    add_i4(x, c, sum);
    add_i4(x + 16, c, sum + 4);
  }
  finish(args, first, sum);
}

static void mean(const lode_bag_args *args) {
  const size_t whole = args->n ? args->cols / BLOCK * BLOCK : 0;
  for (size_t first = 0; first < whole; first += BLOCK) {
    switch (args->dtype) {
      case LODE_DTYPE_F16:
        block(args, first, sizeof(uint16_t), load_f16);
        break;
      case LODE_DTYPE_BF16:
        block(args, first, sizeof(uint16_t), load_bf16);
        break;
      case LODE_DTYPE_I8:
        block(args, first, sizeof(int8_t), load_i8);
        break;
      case LODE_DTYPE_I4:
        block_i4(args, first);
        break;
      default:
        block(args, first, sizeof(float), load_f32);
        break;
    }
  }
  lode_bag_columns(args, whole, args->cols);
}

const lode_bag_kernel lode_bag_avx2 = {.name = "avx2", .features = LODE_CPU_AVX2, .mean = mean};
