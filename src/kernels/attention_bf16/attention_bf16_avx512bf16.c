#include <math.h>

#include "base/cpu.h"
#include "kernels/activation/math_constants.h"
#include "kernels/attention/attention_blocks.h"
#include "kernels/attention_bf16/attention_bf16.h"
#include "kernels/gemm_bf16/multiply_avx512bf16.h"

/* Components c .. c + 31 of a row as 16 pairs of bf16, those past d zero. */
static inline __m512 row_pairs(const float *row, size_t c, size_t d) {
  const __m512 low = _mm512_maskz_loadu_ps(tile_mask(d - c, 0), row + c);
  const __m512 high = _mm512_maskz_loadu_ps(tile_mask(d - c, 1), row + c + TILE_LANES);
  const __m512bh pairs = _mm512_cvtne2ps_pbh(high, low);
  __m512 words;
  memcpy(&words, &pairs, sizeof words);
  return words;
}

static size_t pairs_of(size_t n) {
  return (n + 1) / 2;
}

/* keys: [width / 32][pairs of d][32 keys][2] */
static void pack_keys(const lode_attention_head *h) {
  const lode_attention_args *args = h->args;
  const size_t pairs = pairs_of(args->d);
  for (size_t j0 = 0; j0 < h->width; j0 += TILE_LANES) {
    float *out = h->keys + j0 / TILE_PANEL * TILE_PANEL * pairs + j0 % TILE_PANEL;
    for (size_t p0 = 0; p0 < pairs; p0 += TILE_LANES) {
      __m512 rows[TILE_LANES];
#pragma GCC unroll 16
      for (size_t j = 0; j < TILE_LANES; j++) {
        rows[j] = j0 + j < args->n ? row_pairs(args->k + (j0 + j) * args->ld, 2 * p0, args->d)
                                   : _mm512_setzero_ps();
      }
      tile_transpose(rows);
      const size_t count = pairs - p0 < TILE_LANES ? pairs - p0 : TILE_LANES;
      for (size_t p = 0; p < count; p++) _mm512_store_ps(out + (p0 + p) * TILE_PANEL, rows[p]);
    }
  }
}

/* 16 components of values j and j + 1, pairs of them side by side. */
static inline __m512i value_pairs(__mmask16 mask, const float *v, const float *next) {
  const __m256bh first = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, v));
  __m256i low, high = _mm256_setzero_si256();
  memcpy(&low, &first, sizeof low);
  if (next != NULL) {
    const __m256bh second = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, next));
    memcpy(&high, &second, sizeof high);
  }
  return _mm512_or_si512(_mm512_cvtepu16_epi32(low),
                         _mm512_slli_epi32(_mm512_cvtepu16_epi32(high), 16));
}

/* values: [panels of d][pairs of n][32 components][2] */
static void pack_values(const lode_attention_head *h) {
  const lode_attention_args *args = h->args;
  float *out = h->values;
  for (size_t c = 0; c < args->d; c += TILE_PANEL) {
    const __mmask16 mask0 = tile_mask(args->d - c, 0), mask1 = tile_mask(args->d - c, 1);
    for (size_t j = 0; j < args->n; j += 2, out += TILE_PANEL) {
      const float *v = args->v + j * args->ld + c;
      const float *next = j + 1 < args->n ? v + args->ld : NULL;
      _mm512_store_si512(out, value_pairs(mask0, v, next));
      _mm512_store_si512(out + TILE_LANES,
                         value_pairs(mask1, v + TILE_LANES, next ? next + TILE_LANES : NULL));
    }
  }
}

static void pack(const lode_attention_head *h) {
  pack_keys(h);
  pack_values(h);
}

/* 2^x for x <= 0; scalef takes the whole part of x, reduce the rest. */
static inline __m512 exp2_short(__m512 x) {
  enum { DOWN = 1 }; /* of vreduceps: x - floor(x) */
  const __m512 r = _mm512_reduce_ps(x, DOWN);
  __m512 p = _mm512_set1_ps(LODE_EXP2_C3);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(LODE_EXP2_C2));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(LODE_EXP2_C1));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(LODE_EXP2_C0));
  return _mm512_scalef_ps(p, x);
}

/* The row s becomes bf16 in place, exp(scale * (s[j] - max s)), zeros from n to the end of its
 * last 32; returns the sum of the exponentials before they were rounded. */
static float exponentials(size_t n, float scale, float *s) {
  const __m512 least = _mm512_set1_ps(-INFINITY);
  __m512 max0 = least, max1 = least;
  for (size_t j = 0; j < n; j += 2 * TILE_LANES) {
    max0 = _mm512_max_ps(max0, _mm512_mask_loadu_ps(least, tile_mask(n - j, 0), s + j));
    max1 =
        _mm512_max_ps(max1, _mm512_mask_loadu_ps(least, tile_mask(n - j, 1), s + j + TILE_LANES));
  }
  const __m512 factor = _mm512_set1_ps(scale * LODE_EXP_LOG2E);
  const float largest = _mm512_reduce_max_ps(_mm512_max_ps(max0, max1));
  const __m512 shift = _mm512_set1_ps(-largest * scale * LODE_EXP_LOG2E);
  __m512 sum0 = _mm512_setzero_ps(), sum1 = sum0;
  char *out = (char *)s;
  for (size_t j = 0; j < n; j += 2 * TILE_LANES, out += 64) {
    const __m512 x0 = _mm512_fmadd_ps(_mm512_load_ps(s + j), factor, shift);
    const __m512 x1 = _mm512_fmadd_ps(_mm512_load_ps(s + j + TILE_LANES), factor, shift);
    const __m512 e0 = _mm512_maskz_mov_ps(tile_mask(n - j, 0), exp2_short(x0));
    const __m512 e1 = _mm512_maskz_mov_ps(tile_mask(n - j, 1), exp2_short(x1));
    sum0 = _mm512_add_ps(sum0, e0);
    sum1 = _mm512_add_ps(sum1, e1);
    const __m512bh pairs = _mm512_cvtne2ps_pbh(e1, e0);
    memcpy(out, &pairs, sizeof pairs);
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(sum0, sum1));
}

/* Queries i .. i + rows - 1. */
TILE_INLINE void block_run(const lode_attention_head *h, size_t i, const int rows) {
  const lode_attention_args *args = h->args;
  const size_t pairs = pairs_of(args->d);
  for (int r = 0; r < rows; r++) {
    float *to = h->queries + (size_t)r * h->query_stride;
    for (size_t p = 0; p < pairs; p += TILE_LANES) {
      _mm512_store_ps(to + p, row_pairs(args->q + (i + (size_t)r) * args->ld, 2 * p, args->d));
    }
  }
  __m512 sums[TILE_ROWS][TILE_VECTORS];
  for (size_t j = 0; j < h->width; j += TILE_PANEL) {
    tile_zero(rows, sums);
    tile_multiply(rows, pairs, h->queries, h->query_stride, h->keys + j * pairs, 0, SIZE_MAX, 0,
                  sums);
    tile_store(rows, h->scores + j, h->stride, sums);
  }
  float total[TILE_ROWS];
  for (int r = 0; r < rows; r++) {
    total[r] = exponentials(args->n, args->scale, h->scores + (size_t)r * h->stride);
  }
  for (size_t c = 0; c < args->d; c += TILE_PANEL) {
    const __mmask16 mask0 = tile_mask(args->d - c, 0), mask1 = tile_mask(args->d - c, 1);
    float *out = args->out + i * args->ldo + c;
    tile_zero(rows, sums);
    tile_multiply(rows, pairs_of(args->n), h->scores, h->stride, h->values + c * pairs_of(args->n),
                  0, SIZE_MAX, 0, sums);
#pragma GCC unroll 14
    for (int r = 0; r < rows; r++) {
      const __m512 factor = _mm512_set1_ps(1.0f / total[r]);
      float *to = out + (size_t)r * args->ldo;
      _mm512_mask_storeu_ps(to, mask0, _mm512_mul_ps(sums[r][0], factor));
      _mm512_mask_storeu_ps(to + TILE_LANES, mask1, _mm512_mul_ps(sums[r][1], factor));
    }
  }
}

#include "kernels/attention/block_kernel.h"

const lode_attention_kernel lode_attention_bf16_avx512bf16 = {
    .name = "avx512bf16",
    .features = LODE_CPU_AVX512 | LODE_CPU_AVX512BF16,
    .scratch_size = scratch_size,
    .run = run,
};
