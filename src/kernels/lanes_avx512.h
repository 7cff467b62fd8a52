/* Masks for the ends of arrays. */
#ifndef LODE_KERNELS_LANES_AVX512_H
#define LODE_KERNELS_LANES_AVX512_H

#include <immintrin.h>
#include <stddef.h>

/* Those of 16 lanes, of which the first is element `first` of an array, that lie within its
 * `count` elements. */
static inline __mmask16 lode_lanes_avx512(size_t count, size_t first) {
  if (count >= first + 16) return (__mmask16)0xFFFF;
  return count > first ? (__mmask16)((1u << (count - first)) - 1u) : 0;
}

#endif
