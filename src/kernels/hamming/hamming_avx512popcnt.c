/* Four codes at a time, words of 64 bits counted in place (VPOPCNTDQ). */
#include <immintrin.h>

#include "base/cpu.h"
#include "kernels/hamming/hamming.h"
#include "kernels/prefetch.h"

enum { STEP = 64, ROWS = 4, AHEAD = 4096, LINE = 64 };

#define HAMMING_INLINE __attribute__((always_inline)) static inline

/* The sums of four vectors of 8, in four lanes. */
HAMMING_INLINE __m128i sums_of(const __m512i counts[ROWS]) {
  const __m512i of01 = _mm512_add_epi64(_mm512_unpacklo_epi64(counts[0], counts[1]),
                                        _mm512_unpackhi_epi64(counts[0], counts[1]));
  const __m512i of23 = _mm512_add_epi64(_mm512_unpacklo_epi64(counts[2], counts[3]),
                                        _mm512_unpackhi_epi64(counts[2], counts[3]));
  /* Counts are small: the others' go into the upper halves. Lanes 0 2 1 3. */
  const __m512i all = _mm512_or_si512(of01, _mm512_slli_epi64(of23, 32));
  const __m256i half =
      _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
  const __m128i four =
      _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  return _mm_shuffle_epi32(four, _MM_SHUFFLE(3, 1, 2, 0));
}

/* The distances of `rows` codes; lanes of others are 0. */
HAMMING_INLINE __m128i count(const int rows, size_t size, const uint8_t *at, const uint8_t *query) {
  __m512i counts[ROWS];
#pragma GCC unroll 4
  for (int i = 0; i < ROWS; i++) counts[i] = _mm512_setzero_si512();
  for (size_t j = 0; j < size; j += STEP) {
    const size_t words = (size - j) / LODE_HAMMING_WORD;
    const __mmask8 mask = (__mmask8)(words >= 8 ? 0xFF : (1u << words) - 1u);
    const __m512i q = _mm512_maskz_loadu_epi64(mask, query + j);
    const uintptr_t next = (uintptr_t)at + j * ROWS;
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
      const uint8_t *code = at + (size_t)i * size + j;
      if (rows == ROWS) LODE_PREFETCH(next + (size_t)i * LINE + AHEAD);
      const __m512i bits = _mm512_xor_si512(_mm512_maskz_loadu_epi64(mask, code), q);
      counts[i] = _mm512_add_epi64(counts[i], _mm512_popcnt_epi64(bits));
    }
  }
  return sums_of(counts);
}

static void run(size_t m, size_t size, const uint8_t *codes, const uint8_t *query,
                uint32_t *distances) {
  size_t i = 0;
  for (; i + ROWS <= m; i += ROWS) {
    _mm_storeu_si128((__m128i *)(void *)(distances + i),
                     count(ROWS, size, codes + i * size, query));
  }
  for (; i < m; i++) {
    distances[i] = (uint32_t)_mm_cvtsi128_si32(count(1, size, codes + i * size, query));
  }
}

const lode_hamming_kernel lode_hamming_avx512popcnt = {
    .name = "avx512popcnt", .features = LODE_CPU_AVX512 | LODE_CPU_AVX512POPCNT, .run = run};
