/* What the kernels for AVX-512 BF16 and for AMX share: queries, keys and values in bfloat16, and
 * the exponentials. */
#ifndef LODE_KERNELS_ATTENTION_BF16_PARTS_AVX512_H
#define LODE_KERNELS_ATTENTION_BF16_PARTS_AVX512_H

#include <math.h>
#include <string.h>

#include "kernels/activation/math_constants.h"
#include "kernels/attention/attention_blocks.h"
#include "kernels/attention_bf16/attention_bf16.h"
#include "kernels/gemm/tile_lanes.h"

/* Components c .. c + 31 of a row as 16 pairs of bf16, those past d zero. */
static inline __m512 row_pairs(const float *row, size_t c, size_t d) {
  const __m512 low = _mm512_maskz_loadu_ps(tile_mask(d - c, 0), row + c);
  const __m512 high = _mm512_maskz_loadu_ps(tile_mask(d - c, 1), row + c + TILE_LANES);
  const __m512bh pairs = _mm512_cvtne2ps_pbh(high, low);
  __m512 words;
  memcpy(&words, &pairs, sizeof words);
  return words;
}

/* keys: [width / 32][pairs][32 keys][2], pairs of components, at least those of d */
static inline void pack_keys(const lode_attention_head *h, size_t pairs) {
  const lode_attention_args *args = h->args;
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

/* 16 components from c on of value j, as 16 bits in 32; zeros for one past the last. */
static inline __m512i value_halves(const lode_attention_args *args, size_t j, size_t c) {
  if (j >= args->n) return _mm512_setzero_si512();
  const __mmask16 mask = lode_lanes_avx512(args->d, c);
  const float *v = args->v + j * args->ld + (mask != 0 ? c : 0);
  const __m256bh narrow = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, v));
  __m256i halves;
  memcpy(&halves, &narrow, sizeof halves);
  return _mm512_cvtepu16_epi32(halves);
}

/* values: [panels of d][pairs][32 components][2], pairs of tokens, at least those of n */
static inline void pack_values(const lode_attention_head *h, size_t pairs) {
  float *out = h->values;
  for (size_t c0 = 0; c0 < h->args->d; c0 += TILE_PANEL) {
    for (size_t p = 0; p < pairs; p++) {
      for (size_t c = c0; c < c0 + TILE_PANEL; c += TILE_LANES, out += TILE_LANES) {
        const __m512i first = value_halves(h->args, 2 * p, c);
        const __m512i second = value_halves(h->args, 2 * p + 1, c);
        _mm512_store_si512(out, _mm512_or_si512(first, _mm512_slli_epi32(second, 16)));
      }
    }
  }
}

/* queries i .. i + rows - 1: [rows][query_stride], pairs of components */
static inline void pack_queries(const lode_attention_head *h, size_t i, size_t rows, size_t pairs) {
  const lode_attention_args *args = h->args;
  for (size_t r = 0; r < rows; r++) {
    float *to = h->queries + r * h->query_stride;
    for (size_t p = 0; p < pairs; p += TILE_LANES) {
      _mm512_store_ps(to + p, row_pairs(args->q + (i + r) * args->ld, 2 * p, args->d));
    }
  }
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

/* exp(scale * (s[j] - max)) of 32 elements, those outside the masks 0; rounded to `out`, which
 * may be where they were, and added to two vectors of sums before that. */
static inline void exponentials_of_32(const float *s, __mmask16 mask0, __mmask16 mask1,
                                      __m512 factor, __m512 shift, __m512 sums[2], char *out) {
  const __m512 x0 = _mm512_fmadd_ps(_mm512_load_ps(s), factor, shift);
  const __m512 x1 = _mm512_fmadd_ps(_mm512_load_ps(s + TILE_LANES), factor, shift);
  const __m512 e0 = _mm512_maskz_mov_ps(mask0, exp2_short(x0));
  const __m512 e1 = _mm512_maskz_mov_ps(mask1, exp2_short(x1));
  sums[0] = _mm512_add_ps(sums[0], e0);
  sums[1] = _mm512_add_ps(sums[1], e1);
  const __m512bh pairs = _mm512_cvtne2ps_pbh(e1, e0);
  memcpy(out, &pairs, sizeof pairs);
}

/* The row s becomes bf16 in place, exp(scale * (s[j] - max s)), zeros from n to the end of its
 * last 32; returns the sum of the exponentials before they were rounded. */
static inline float exponentials(size_t n, float scale, float *s) {
  enum { STEP = 2 * TILE_LANES };
  const size_t whole = n - n % STEP;
  const __mmask16 all = 0xFFFF, tail0 = tile_mask(n - whole, 0), tail1 = tile_mask(n - whole, 1);
  __m512 max0 = _mm512_set1_ps(-INFINITY), max1 = max0;
  for (size_t j = 0; j < whole; j += STEP) {
    max0 = _mm512_max_ps(max0, _mm512_load_ps(s + j));
    max1 = _mm512_max_ps(max1, _mm512_load_ps(s + j + TILE_LANES));
  }
  if (whole < n) {
    max0 = _mm512_mask_max_ps(max0, tail0, max0, _mm512_load_ps(s + whole));
    max1 = _mm512_mask_max_ps(max1, tail1, max1, _mm512_load_ps(s + whole + TILE_LANES));
  }
  const __m512 factor = _mm512_set1_ps(scale * LODE_EXP_LOG2E);
  const float largest = _mm512_reduce_max_ps(_mm512_max_ps(max0, max1));
  const __m512 shift = _mm512_set1_ps(-largest * scale * LODE_EXP_LOG2E);
  __m512 sums[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
  char *out = (char *)s;
  for (size_t j = 0; j < whole; j += STEP, out += 64) {
    exponentials_of_32(s + j, all, all, factor, shift, sums, out);
  }
  if (whole < n) exponentials_of_32(s + whole, tail0, tail1, factor, shift, sums, out);
  return _mm512_reduce_add_ps(_mm512_add_ps(sums[0], sums[1]));
}

#endif
