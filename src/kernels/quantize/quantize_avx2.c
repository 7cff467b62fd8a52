#include <immintrin.h>

#include "base/cpu.h"
#include "kernels/lanes_avx2.h"
#include "kernels/quantize/quantize.h"

enum { LANES = 8 };

static inline __m256 smoothed(size_t j, const float *x, const float *smooth) {
  const __m256 v = _mm256_loadu_ps(x + j);
  return smooth != NULL ? _mm256_mul_ps(v, _mm256_loadu_ps(smooth + j)) : v;
}

/* The same where n ends within the vector, or before it; zeros follow. */
static inline __m256 smoothed_end(size_t n, size_t j, const float *x, const float *smooth) {
  const __m256i mask = lode_lanes_avx2(n, j);
  const __m256 v = _mm256_maskload_ps(x + j, mask);
  return smooth != NULL ? _mm256_mul_ps(v, _mm256_maskload_ps(smooth + j, mask)) : v;
}

/* The larger magnitude; the second operand of max is the result where the first is NaN. */
static inline __m256 larger(__m256 y, __m256 most) {
  const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FFFFFFF));
  return _mm256_max_ps(_mm256_and_ps(y, magnitude), most);
}

/* Two chains of maxima, so that one need not wait for itself. */
static inline float largest(size_t n, const float *x, const float *smooth) {
  __m256 most[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
  size_t j = 0;
  for (; j + 2 * LANES <= n; j += 2 * LANES) {
    most[0] = larger(smoothed(j, x, smooth), most[0]);
    most[1] = larger(smoothed(j + LANES, x, smooth), most[1]);
  }
  for (; j < n; j += LANES) most[0] = larger(smoothed_end(n, j, x, smooth), most[0]);
  const __m256 all = _mm256_max_ps(most[0], most[1]);
  const __m128 of4 = _mm_max_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
  const __m128 of2 = _mm_max_ps(of4, _mm_movehl_ps(of4, of4));
  return _mm_cvtss_f32(_mm_max_ss(of2, _mm_movehdup_ps(of2)));
}

/* Eight integers of -127 .. 127 as bytes. */
static inline void store_bytes(int8_t *q, __m256i v) {
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  _mm_storel_epi64((__m128i *)(void *)q, _mm_packs_epi16(words, words));
}

static inline int32_t sum_of(__m256i v) {
  __m128i x = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(x, _mm_shuffle_epi32(x, 0xB1)));
}

/* Eight integers of y * factor; into q, and added to `total`. */
static inline __m256i round_8(__m256 y, __m256 factor, int8_t *q, __m256i total) {
  __m256i v = _mm256_cvtps_epi32(_mm256_mul_ps(y, factor));
  v = _mm256_max_epi32(v, _mm256_set1_epi32(-127));
  v = _mm256_min_epi32(v, _mm256_set1_epi32(127));
  store_bytes(q, v);
  return _mm256_add_epi32(total, v);
}

static void rows(size_t m, size_t n, const float *x, size_t ldx, const float *smooth, int8_t *q,
                 size_t ldq, float *scale, int32_t *sum) {
  const size_t padded = lode_quantize_padded(n);
  for (size_t i = 0; i < m; i++, x += ldx, q += ldq) {
    const float most = largest(n, x, smooth);
    const float inverse = most < LODE_QUANTIZE_LEAST ? 0.0f : 127.0f / most;
    scale[i] = most < LODE_QUANTIZE_LEAST ? 0.0f : most / 127.0f;
    const __m256 factor = _mm256_set1_ps(inverse);
    __m256i total = _mm256_setzero_si256();
    size_t j = 0;
    for (; j + LANES <= n; j += LANES) {
      total = round_8(smoothed(j, x, smooth), factor, q + j, total);
    }
    for (; j < padded; j += LANES) {
      total = round_8(smoothed_end(n, j, x, smooth), factor, q + j, total);
    }
    sum[i] = sum_of(total);
  }
}

const lode_quantize_kernel lode_quantize_avx2 = {
    .name = "avx2", .features = LODE_CPU_AVX2, .rows = rows};
