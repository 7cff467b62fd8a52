/* The loops over rows, for a file's own
 *
 *   SCAN_STEP(sums, row, query)   adds to 8 sums the products of 32 bytes of each
 *   SCAN_OFFSET                   what SCAN_STEP adds to a row's values: 0, or 128
 *
 * Four rows at a time: enough chains of additions, and the query is loaded once for all. */
#ifndef LODE_KERNELS_SCAN_I8_ROWS_AVX2_H
#define LODE_KERNELS_SCAN_I8_ROWS_AVX2_H

#include <immintrin.h>
#include <string.h>

#include "kernels/prefetch.h"
#include "kernels/scan_i8/scan_i8.h"

enum { STEP = 32, ROWS = 4, AHEAD = 2560 };

#define SCAN_INLINE __attribute__((always_inline)) static inline

SCAN_INLINE __m256i load(const int8_t *at) {
  return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

/* The last `left` < STEP values, zeros after them. */
static inline __m256i load_rest(const int8_t *at, size_t left) {
  int8_t rest[STEP] = {0};
  memcpy(rest, at, left);
  return load(rest);
}

/* The sums of `rows` rows; lanes of other rows are 0. */
SCAN_INLINE __m128i add_up(const int rows, size_t n, const int8_t *at, const int8_t *query) {
  __m256i sums[ROWS];
#pragma GCC unroll 4
  for (int i = 0; i < ROWS; i++) sums[i] = _mm256_setzero_si256();
  size_t j = 0;
  for (; j + STEP <= n; j += STEP) {
    const __m256i q = load(query + j);
    const uintptr_t next = (uintptr_t)at + j * ROWS;
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
      const int8_t *row = at + (size_t)i * n + j;
      if (rows == ROWS && i % 2 == 0) LODE_PREFETCH(next + (size_t)i * STEP + AHEAD);
      sums[i] = SCAN_STEP(sums[i], load(row), q);
    }
  }
  if (j < n) {
    const __m256i q = load_rest(query + j, n - j);
    const uintptr_t next = (uintptr_t)at + j * ROWS;
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
      if (rows == ROWS && i % 2 == 0) LODE_PREFETCH(next + (size_t)i * STEP + AHEAD);
      sums[i] = SCAN_STEP(sums[i], load_rest(at + (size_t)i * n + j, n - j), q);
    }
  }
  const __m256i of01 = _mm256_hadd_epi32(sums[0], sums[1]);
  const __m256i of23 = _mm256_hadd_epi32(sums[2], sums[3]);
  const __m256i all = _mm256_hadd_epi32(of01, of23);
  return _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
}

static void run(size_t m, size_t n, const int8_t *rows, const int8_t *query, int32_t *sums) {
  uint32_t offset = 0; /* SCAN_OFFSET times the query's sum; all sums may wrap on the way */
  for (size_t j = 0; SCAN_OFFSET != 0 && j < n; j++) offset += (uint32_t)(SCAN_OFFSET * query[j]);
  const __m128i offsets = _mm_set1_epi32((int)offset);
  size_t i = 0;
  for (; i + ROWS <= m; i += ROWS) {
    const __m128i four = _mm_sub_epi32(add_up(ROWS, n, rows + i * n, query), offsets);
    _mm_storeu_si128((__m128i *)(void *)(sums + i), four);
  }
  for (; i < m; i++) {
    sums[i] = _mm_cvtsi128_si32(_mm_sub_epi32(add_up(1, n, rows + i * n, query), offsets));
  }
}

#endif
