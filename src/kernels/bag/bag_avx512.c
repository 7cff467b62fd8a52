#include <immintrin.h>

#include "base/cpu.h"
#include "kernels/bag/bag.h"
#include "kernels/lanes.h"

enum { BAG_VECTORS = 16, BAG_SMALL_VECTORS = 4 };

/* Sixteen bytes are 32 elements: those of even columns are added to one sum, those of odd
 * columns to another. All products with c that there can be are in one register. */
__attribute__((always_inline)) static inline void block_i4(const lode_bag_args *args, size_t first,
                                                           size_t vectors) {
  const size_t pairs = vectors / 2;
  __m512 even[BAG_VECTORS / 2];
  __m512 odd[BAG_VECTORS / 2];
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

#define BAG_HAS_BLOCK_I4
#include "kernels/bag/bag_lanes.h"

const lode_bag_kernel lode_bag_avx512 = {
    .name = "avx512", .features = LODE_CPU_AVX512, .mean = mean};
