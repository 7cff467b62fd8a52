/* The multiply-add loop that gemm_bf16 and attention_bf16 share: `rows` rows of A against one
 * panel of 32 packed columns (gemm_pack.h). vdpbf16ps adds 32 products to 16 sums. */
#ifndef LODE_KERNELS_GEMM_BF16_MULTIPLY_AVX512BF16_H
#define LODE_KERNELS_GEMM_BF16_MULTIPLY_AVX512BF16_H

#include <string.h>

#include "kernels/gemm/tile_lanes.h"
#include "kernels/prefetch.h"

/* Sixteen pairs of bf16 of a panel, or one pair in every lane. */
static inline __m512bh tile_pairs(const void *from) {
  __m512bh pairs;
  memcpy(&pairs, from, sizeof pairs);
  return pairs;
}

static inline __m512bh tile_pair(const void *a, size_t word) {
  int32_t x;
  memcpy(&x, (const char *)a + word * sizeof x, sizeof x);
  const __m512i all = _mm512_set1_epi32(x);
  __m512bh pairs;
  memcpy(&pairs, &all, sizeof pairs);
  return pairs;
}

/* sums[i] += A B over k words, that is pairs; the rows of A are lda words apart. */
TILE_INLINE void tile_multiply(const int rows, size_t k, const void *a, size_t lda,
                               const void *panel, uintptr_t fetch, size_t fetch_steps,
                               size_t fetch_lines, __m512 sums[TILE_ROWS][TILE_VECTORS]) {
  const char *b = panel;
  for (size_t p = 0; p < k;) {
    const size_t stop = k - p <= fetch_steps ? k : p + fetch_steps;
    for (size_t line = 0; line < fetch_lines; line++, fetch += 64) LODE_PREFETCH_L2(fetch);
    for (; p < stop; p++, b += 128) {
      const __m512bh b0 = tile_pairs(b);
      const __m512bh b1 = tile_pairs(b + 64);
      LODE_PREFETCH((uintptr_t)b + TILE_AHEAD);
      LODE_PREFETCH((uintptr_t)b + TILE_AHEAD + 64);
#pragma GCC unroll 14
      for (int i = 0; i < rows; i++) {
        const __m512bh x = tile_pair(a, (size_t)i * lda + p);
        sums[i][0] = _mm512_dpbf16_ps(sums[i][0], b0, x);
        sums[i][1] = _mm512_dpbf16_ps(sums[i][1], b1, x);
      }
    }
  }
}

#endif
