/* Masks for the ends of arrays. */
#ifndef LODE_KERNELS_LANES_AVX2_H
#define LODE_KERNELS_LANES_AVX2_H

#include <immintrin.h>
#include <stddef.h>

/* Those of 8 lanes, of which the first is element `first` of an array, that lie within its
 * `count` elements. */
static inline __m256i lode_lanes_avx2(size_t count, size_t first) {
  const size_t left = count > first ? count - first : 0;
  const int lanes = left >= 8 ? 8 : (int)left;
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

#endif
