/* Four codes at a time. The bits of each half byte are looked up, those of bytes added up by
 * vpsadbw. */
#include <immintrin.h>

#include "base/cpu.h"
#include "kernels/hamming/hamming.h"
#include "kernels/prefetch.h"

enum { STEP = 32, ROWS = 4, AHEAD = 4096 };

#define HAMMING_INLINE __attribute__((always_inline)) static inline

HAMMING_INLINE __m256i load(const uint8_t *at) {
  return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

/* The last words of a code, 1 to 3, zeros after them. */
HAMMING_INLINE __m256i load_rest(const uint8_t *at, __m256i mask) {
  return _mm256_maskload_epi64((const long long *)(const void *)at, mask);
}

/* How many bits are set in each of four words. */
HAMMING_INLINE __m256i count_bits(__m256i x) {
  const __m256i table =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
  const __m256i low = _mm256_set1_epi8(15);
  const __m256i bytes =
      _mm256_add_epi8(_mm256_shuffle_epi8(table, _mm256_and_si256(x, low)),
                      _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(x, 4), low)));
  return _mm256_sad_epu8(bytes, _mm256_setzero_si256());
}

/* The distances of `rows` codes; lanes of others are 0. */
HAMMING_INLINE __m128i count(const int rows, size_t size, const uint8_t *at, const uint8_t *query) {
  __m256i counts[ROWS];
#pragma GCC unroll 4
  for (int i = 0; i < ROWS; i++) counts[i] = _mm256_setzero_si256();
  size_t j = 0;
  for (; j + STEP <= size; j += STEP) {
    const __m256i q = load(query + j);
    const uintptr_t next = (uintptr_t)at + j * ROWS;
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
      const uint8_t *code = at + (size_t)i * size + j;
      if (rows == ROWS && i % 2 == 0) LODE_PREFETCH(next + (size_t)i * STEP + AHEAD);
      counts[i] = _mm256_add_epi64(counts[i], count_bits(_mm256_xor_si256(load(code), q)));
    }
  }
  if (j < size) {
    const __m256i words = _mm256_set1_epi64x((long long)((size - j) / LODE_HAMMING_WORD));
    const __m256i mask = _mm256_cmpgt_epi64(words, _mm256_setr_epi64x(0, 1, 2, 3));
    const __m256i q = load_rest(query + j, mask);
    const uintptr_t next = (uintptr_t)at + j * ROWS;
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
      const uint8_t *code = at + (size_t)i * size + j;
      if (rows == ROWS && i % 2 == 0) LODE_PREFETCH(next + (size_t)i * STEP + AHEAD);
      const __m256i bits = _mm256_xor_si256(load_rest(code, mask), q);
      counts[i] = _mm256_add_epi64(counts[i], count_bits(bits));
    }
  }
  /* Counts are small: rows 1 and 3 go into the upper halves of 0's and 2's words. */
  const __m256i of01 = _mm256_or_si256(counts[0], _mm256_slli_epi64(counts[1], 32));
  const __m256i of23 = _mm256_or_si256(counts[2], _mm256_slli_epi64(counts[3], 32));
  const __m256i all =
      _mm256_add_epi32(_mm256_unpacklo_epi64(of01, of23), _mm256_unpackhi_epi64(of01, of23));
  return _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
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

const lode_hamming_kernel lode_hamming_avx2 = {
    .name = "avx2", .features = LODE_CPU_AVX2, .run = run};
