#include <immintrin.h>
#include <string.h>

#include "base/cpu.h"
#include "kernels/convert/convert.h"

enum { LANES = 8 };

static inline void f16_vector(const uint16_t *x, float *y) {
  _mm256_storeu_ps(y, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)x)));
}

static inline void bf16_vector(const uint16_t *x, float *y) {
  const __m128i narrow = _mm_loadu_si128((const __m128i *)(const void *)x);
  const __m256i wide = _mm256_slli_epi32(_mm256_cvtepu16_epi32(narrow), 16);
  _mm256_storeu_ps(y, _mm256_castsi256_ps(wide));
}

#define DEFINE(function, vector)                                \
  static void function(size_t n, const uint16_t *x, float *y) { \
    size_t i = 0;                                               \
    for (; i + LANES <= n; i += LANES) vector(x + i, y + i);    \
    if (i == n) return;                                         \
    uint16_t rest[LANES] = {0};                                 \
    float wide[LANES];                                          \
    memcpy(rest, x + i, (n - i) * sizeof *x);                   \
    vector(rest, wide);                                         \
    memcpy(y + i, wide, (n - i) * sizeof *y);                   \
  }
DEFINE(f16_to_f32, f16_vector)
DEFINE(bf16_to_f32, bf16_vector)
#undef DEFINE

static void i8_to_f32(size_t n, const int8_t *x, float scale, float *y) {
  const __m256 factor = _mm256_set1_ps(scale);
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    const __m128i narrow = _mm_loadl_epi64((const __m128i *)(const void *)(x + i));
    const __m256 wide = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(narrow));
    _mm256_storeu_ps(y + i, _mm256_mul_ps(wide, factor));
  }
  for (; i < n; i++) y[i] = (float)x[i] * scale;
}

static inline void narrow_vector(const float *x, uint16_t *y) {
  const __m256i bits = _mm256_loadu_si256((const __m256i *)(const void *)x);
  const __m256i magnitude = _mm256_and_si256(bits, _mm256_set1_epi32(0x7FFFFFFF));
  const __m256i nan = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x7F800000));
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i nearest = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7FFF)), odd);
  const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
  const __m256i high = _mm256_srli_epi32(_mm256_blendv_epi8(nearest, quiet, nan), 16);
  const __m128i halves =
      _mm_packus_epi32(_mm256_castsi256_si128(high), _mm256_extracti128_si256(high, 1));
  _mm_storeu_si128((__m128i *)(void *)y, halves);
}

static void f32_to_bf16(size_t n, const float *x, uint16_t *y) {
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) narrow_vector(x + i, y + i);
  if (i == n) return;
  float rest[LANES] = {0};
  uint16_t narrow[LANES];
  memcpy(rest, x + i, (n - i) * sizeof *x);
  narrow_vector(rest, narrow);
  memcpy(y + i, narrow, (n - i) * sizeof *y);
}

static inline __m256i larger(__m256i largest, const float *x) {
  const __m256i bits = _mm256_loadu_si256((const __m256i *)(const void *)x);
  return _mm256_max_epu32(largest, _mm256_and_si256(bits, _mm256_set1_epi32(0x7FFFFFFF)));
}

/* The largest magnitude, as bits; those of infinity and NaN are above all others. */
static bool all_finite(size_t n, const float *x) {
  enum { CHAINS = 4 };
  __m256i largest[CHAINS] = {0};
  size_t i = 0;
  for (; i + CHAINS * LANES <= n; i += CHAINS * LANES) {
#pragma GCC unroll 4
    for (size_t v = 0; v < CHAINS; v++) largest[v] = larger(largest[v], x + i + v * LANES);
  }
  for (; i + LANES <= n; i += LANES) largest[0] = larger(largest[0], x + i);
  if (i < n) {
    float rest[LANES] = {0};
    memcpy(rest, x + i, (n - i) * sizeof *x);
    largest[1] = larger(largest[1], rest);
  }
  const __m256i all = _mm256_max_epu32(_mm256_max_epu32(largest[0], largest[1]),
                                       _mm256_max_epu32(largest[2], largest[3]));
  /* As signed numbers these are not negative, so a signed comparison will do. */
  const __m256i beyond = _mm256_cmpgt_epi32(all, _mm256_set1_epi32(0x7F7FFFFF));
  return _mm256_testz_si256(beyond, beyond) != 0;
}

const lode_convert_kernel lode_convert_avx2 = {.name = "avx2",
                                               .features = LODE_CPU_AVX2,
                                               .f16_to_f32 = f16_to_f32,
                                               .bf16_to_f32 = bf16_to_f32,
                                               .i8_to_f32 = i8_to_f32,
                                               .f32_to_bf16 = f32_to_bf16,
                                               .all_finite = all_finite};
