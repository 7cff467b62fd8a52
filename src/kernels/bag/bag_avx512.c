#include <immintrin.h>

#include "base/cpu.h"
#include "kernels/bag/columns.h"

#define INLINE __attribute__((always_inline)) static inline

/* Columns whose sums are kept in registers at once, and what is done with the rest of them. */
enum { LANES = 16, VECTORS = 16, BLOCK = LANES * VECTORS, SMALL_BLOCK = 64 };

/* Sixteen elements from x[j] on. */
typedef __m512 load_fn(const void *x, size_t j);

INLINE __m512 load_f32(const void *x, size_t j) {
  return _mm512_loadu_ps((const float *)x + j);
}

INLINE __m512 load_f16(const void *x, size_t j) {
  const void *at = (const uint16_t *)x + j;
  return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)at));
}

INLINE __m512 load_bf16(const void *x, size_t j) {
  const void *at = (const uint16_t *)x + j;
  const __m256i half = _mm256_loadu_si256((const __m256i *)at);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

INLINE __m512 load_i8(const void *x, size_t j) {
  const void *at = (const int8_t *)x + j;
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)at)));
}

INLINE void block(const lode_bag_args *args, size_t first, size_t vectors, size_t size,
                  load_fn *load) {
  __m512 sum[VECTORS];
#pragma GCC unroll 16
  for (size_t v = 0; v < vectors; v++) sum[v] = _mm512_setzero_ps();
  for (size_t i = 0; i < args->n; i++) {
    const size_t row = lode_bag_row(args, i);
    const __m512 c = _mm512_set1_ps(lode_bag_factor(args, i, row));
    const void *x = (const char *)args->table + (row * args->cols + first) * size;
#pragma GCC unroll 16
    for (size_t v = 0; v < vectors; v++) {
      sum[v] = _mm512_add_ps(sum[v], _mm512_mul_ps(load(x, v * LANES), c));
    }
  }
  const __m512 n = _mm512_set1_ps((float)args->n);
#pragma GCC unroll 16
  for (size_t v = 0; v < vectors; v++) {
    _mm512_storeu_ps(args->out + first + v * LANES, _mm512_div_ps(sum[v], n));
  }
}

/* Sixteen bytes are 32 elements: those of even columns are added to one sum, those of odd
 * columns to another. All products with c that there can be are in one register. */
INLINE void block_i4(const lode_bag_args *args, size_t first, size_t pairs) {
  __m512 even[VECTORS / 2];
  __m512 odd[VECTORS / 2];
#pragma GCC unroll 8
  for (size_t v = 0; v < pairs; v++) even[v] = odd[v] = _mm512_setzero_ps();
  const __m512 value_of = _mm512_setr_ps(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
  for (size_t i = 0; i < args->n; i++) {
    const size_t row = lode_bag_row(args, i);
    const __m512 c = _mm512_set1_ps(lode_bag_factor(args, i, row));
    const __m512 product_of = _mm512_mul_ps(value_of, c);
    const uint8_t *x = (const uint8_t *)args->table + (row * args->cols + first) / 2;
#pragma GCC unroll 8
    for (size_t v = 0; v < pairs; v++) {
      const void *at = x + v * LANES;
      /* the permutation looks at four bits of an index */
      const __m512i low = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)at));
      const __m512i high = _mm512_srli_epi32(low, 4);
      even[v] = _mm512_add_ps(even[v], _mm512_permutexvar_ps(low, product_of));
      odd[v] = _mm512_add_ps(odd[v], _mm512_permutexvar_ps(high, product_of));
    }
  }
  const __m512i lower = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const __m512i upper = _mm512_add_epi32(lower, _mm512_set1_epi32(8));
  const __m512 n = _mm512_set1_ps((float)args->n);
#pragma GCC unroll 8
  for (size_t v = 0; v < pairs; v++) {
    float *out = args->out + first + 2 * v * LANES;
    const __m512 a = _mm512_div_ps(even[v], n);
    const __m512 b = _mm512_div_ps(odd[v], n);
    _mm512_storeu_ps(out, _mm512_permutex2var_ps(a, lower, b));
    _mm512_storeu_ps(out + LANES, _mm512_permutex2var_ps(a, upper, b));
  }
}

INLINE void columns(const lode_bag_args *args, size_t first, size_t vectors) {
  switch (args->dtype) {
    case LODE_DTYPE_F16:
      block(args, first, vectors, sizeof(uint16_t), load_f16);
      break;
    case LODE_DTYPE_BF16:
      block(args, first, vectors, sizeof(uint16_t), load_bf16);
      break;
    case LODE_DTYPE_I8:
      block(args, first, vectors, sizeof(int8_t), load_i8);
      break;
    case LODE_DTYPE_I4:
      block_i4(args, first, vectors / 2);
      break;
    default:
      block(args, first, vectors, sizeof(float), load_f32);
      break;
  }
}

static void mean(const lode_bag_args *args) {
  const size_t cols = args->n ? args->cols : 0;
  size_t first = 0;
  for (; first + BLOCK <= cols; first += BLOCK) columns(args, first, VECTORS);
  for (; first + SMALL_BLOCK <= cols; first += SMALL_BLOCK) {
    columns(args, first, SMALL_BLOCK / LANES);
  }
  lode_bag_columns(args, first, args->cols);
}

const lode_bag_kernel lode_bag_avx512 = {
    .name = "avx512", .features = LODE_CPU_AVX512, .mean = mean};
