/* vpdpbusd multiplies unsigned by signed: rows with 128 added, which flips their top bit. Four
 * rows at a time: enough chains of additions, and the query is loaded once for all. */
#include <immintrin.h>

#include "base/cpu.h"
#include "kernels/prefetch.h"
#include "kernels/scan_i8/scan_i8.h"

enum { STEP = 64, ROWS = 4, AHEAD = 1536, LINE = 64 };

#define SCAN_INLINE __attribute__((always_inline)) static inline

/* The sums of four vectors, in four lanes. */
SCAN_INLINE __m128i sums_of(const __m512i sums[ROWS]) {
  const __m512i of01 = _mm512_add_epi32(_mm512_unpacklo_epi32(sums[0], sums[1]),
                                        _mm512_unpackhi_epi32(sums[0], sums[1]));
  const __m512i of23 = _mm512_add_epi32(_mm512_unpacklo_epi32(sums[2], sums[3]),
                                        _mm512_unpackhi_epi32(sums[2], sums[3]));
  const __m512i all =
      _mm512_add_epi32(_mm512_unpacklo_epi64(of01, of23), _mm512_unpackhi_epi64(of01, of23));
  const __m256i half =
      _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
  return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

/* The sums of `rows` rows with 128 added to each value; lanes of other rows are 0. */
SCAN_INLINE __m128i add_up(const int rows, size_t n, const int8_t *at, const int8_t *query) {
  const __m512i top = _mm512_set1_epi8((char)0x80);
  __m512i sums[ROWS];
#pragma GCC unroll 4
  for (int i = 0; i < ROWS; i++) sums[i] = _mm512_setzero_si512();
  size_t j = 0;
  for (; j + STEP <= n; j += STEP) {
    const __m512i q = _mm512_loadu_si512(query + j);
    const uintptr_t next = (uintptr_t)at + j * ROWS;
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
      const int8_t *row = at + (size_t)i * n + j;
      if (rows == ROWS) LODE_PREFETCH(next + (size_t)i * LINE + AHEAD);
      sums[i] = _mm512_dpbusd_epi32(sums[i], _mm512_xor_si512(_mm512_loadu_si512(row), top), q);
    }
  }
  if (j < n) {
    const __mmask64 mask = UINT64_MAX >> (STEP - (n - j));
    const __m512i q = _mm512_maskz_loadu_epi8(mask, query + j);
    const uintptr_t next = (uintptr_t)at + j * ROWS;
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
      if (rows == ROWS) LODE_PREFETCH(next + (size_t)i * LINE + AHEAD);
      const __m512i x = _mm512_maskz_loadu_epi8(mask, at + (size_t)i * n + j);
      sums[i] = _mm512_dpbusd_epi32(sums[i], _mm512_xor_si512(x, top), q);
    }
  }
  return sums_of(sums);
}

/* 128 times the query's sum; all sums may wrap on the way. */
static __m128i offsets_of(size_t n, const int8_t *query) {
  __m512i sum = _mm512_setzero_si512();
  for (size_t j = 0; j < n; j += STEP) {
    const __mmask64 mask = n - j >= STEP ? UINT64_MAX : UINT64_MAX >> (STEP - (n - j));
    const __m512i q = _mm512_maskz_loadu_epi8(mask, query + j);
    sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8((char)0x80), q);
  }
  return _mm_set1_epi32(_mm512_reduce_add_epi32(sum));
}

static void run(size_t m, size_t n, const int8_t *rows, const int8_t *query, int32_t *sums) {
  const __m128i offsets = offsets_of(n, query);
  size_t i = 0;
  for (; i + ROWS <= m; i += ROWS) {
    const __m128i four = _mm_sub_epi32(add_up(ROWS, n, rows + i * n, query), offsets);
    _mm_storeu_si128((__m128i *)(void *)(sums + i), four);
  }
  for (; i < m; i++) {
    sums[i] = _mm_cvtsi128_si32(_mm_sub_epi32(add_up(1, n, rows + i * n, query), offsets));
  }
}

const lode_scan_i8_kernel lode_scan_i8_avx512vnni = {
    .name = "avx512vnni", .features = LODE_CPU_AVX512 | LODE_CPU_AVX512VNNI, .run = run};
