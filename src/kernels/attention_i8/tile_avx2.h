/* Attention in integers on AVX2 registers, from a file's own
 *
 *   static inline __m256i add_products(__m256i sum, __m256i a, __m256i b)
 *
 * which adds to each of 8 sums two products of s16. */
#ifndef LODE_KERNELS_ATTENTION_I8_TILE_AVX2_H
#define LODE_KERNELS_ATTENTION_I8_TILE_AVX2_H

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/cpu.h"
#include "kernels/activation/math_constants.h"
#include "kernels/attention_i8/attention_i8_blocks.h"
#include "kernels/gemm/tile_lanes.h"
#include "kernels/quantize/quantize.h"

enum {
  TWO = 2, /* numbers in a word: components of a key, tokens of a value */
  PANEL_BYTES = TILE_PANEL * 4,
  ROW_STEP = 16, /* components in a register */
};

typedef lode_attention_i8_head head;

/* ---- to integers */

/* Components c .. c + 7 of a row of d, zeros past the last. */
static inline __m256 load_lanes(const float *row, size_t c, size_t d) {
  if (c + TILE_LANES <= d) return _mm256_loadu_ps(row + c);
  if (c >= d) return _mm256_setzero_ps();
  return _mm256_maskload_ps(row + c, tile_mask(d - c, 0));
}

/* The second operand of max is the result where the first is NaN. */
static inline __m256 magnitude_of(__m256 most, __m256 x) {
  const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FFFFFFF));
  return _mm256_max_ps(_mm256_and_ps(x, magnitude), most);
}

/* The largest number of each of 8 vectors, in the vector's lane. */
TILE_INLINE __m256 largest_of_each(__m256 v[TILE_LANES]) {
  tile_transpose(v);
  const __m256 a = _mm256_max_ps(_mm256_max_ps(v[0], v[1]), _mm256_max_ps(v[2], v[3]));
  const __m256 b = _mm256_max_ps(_mm256_max_ps(v[4], v[5]), _mm256_max_ps(v[6], v[7]));
  return _mm256_max_ps(a, b);
}

/* What makes floats integers and back, from their largest magnitudes; 0 for those that count as
 * 0. */
static inline void scales_of(__m256 most, float *inverse, float *scale) {
  const __m256 full = _mm256_set1_ps(127.0f);
  const __m256 kept = _mm256_cmp_ps(most, _mm256_set1_ps(LODE_QUANTIZE_LEAST), _CMP_NLT_UQ);
  _mm256_store_ps(inverse, _mm256_and_ps(kept, _mm256_div_ps(full, most)));
  _mm256_store_ps(scale, _mm256_and_ps(kept, _mm256_div_ps(most, full)));
}

/* Those of 8 rows, 0 for what lies past `rows`. */
typedef struct scales {
  _Alignas(32) float inverse[TILE_LANES], scale[TILE_LANES];
} scales;

static void measure_rows(const head *h, const float *x, size_t rows, scales *s) {
  const lode_attention_args *args = h->args;
  __m256 most[TILE_LANES];
  for (size_t r = 0; r < TILE_LANES; r++) {
    __m256 row = _mm256_setzero_ps();
    for (size_t c = 0; r < rows && c < args->d; c += TILE_LANES) {
      row = magnitude_of(row, load_lanes(x + r * args->ld, c, args->d));
    }
    most[r] = row;
  }
  scales_of(largest_of_each(most), s->inverse, s->scale);
}

static inline __m256i integers_of(const float *row, size_t c, size_t d, __m256 inverse) {
  return _mm256_cvtps_epi32(_mm256_mul_ps(load_lanes(row, c, d), inverse));
}

/* Components c .. c + 15 as s16. */
static inline __m256i row_words(const float *row, size_t c, size_t d, float inverse) {
  const __m256 f = _mm256_set1_ps(inverse);
  const __m256i a = integers_of(row, c, d, f), b = integers_of(row, c + TILE_LANES, d, f);
  return _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xD8); /* lanes in order */
}

static inline void store(void *to, __m256i x) {
  _mm256_store_si256((__m256i *)to, x);
}

static inline __m256i load(const void *from) {
  return _mm256_load_si256((const __m256i *)from);
}

/* Keys j0 .. j0 + 7, of which some may lie past the last: their rows as words of two components,
 * turned over. */
static void pack_keys(const head *h, size_t j0) {
  const lode_attention_args *args = h->args;
  const size_t rows = j0 < args->n ? args->n - j0 : 0;
  const float *x = args->k + (rows > 0 ? j0 : 0) * args->ld;
  scales s;
  measure_rows(h, x, rows, &s);
  const __m256 there = _mm256_castsi256_ps(lode_lanes_avx2(rows, 0));
  _mm256_store_ps(h->key_scale + j0, _mm256_load_ps(s.scale));
  _mm256_store_ps(h->key_bias + j0, _mm256_andnot_ps(there, _mm256_set1_ps(-INFINITY)));
  int16_t *out =
      (int16_t *)h->keys + j0 / TILE_PANEL * TILE_PANEL * h->depth + j0 % TILE_PANEL * TWO;
  for (size_t c = 0; c < h->depth; c += ROW_STEP) {
    __m256 turned[TILE_LANES];
#pragma GCC unroll 8
    for (size_t j = 0; j < TILE_LANES; j++) {
      turned[j] = _mm256_setzero_ps();
      if (j < rows) {
        turned[j] = _mm256_castsi256_ps(row_words(x + j * args->ld, c, args->d, s.inverse[j]));
      }
    }
    tile_transpose(turned);
#pragma GCC unroll 8
    for (size_t w = 0; w < TILE_LANES; w++) {
      store(out + (c + w * TWO) * TILE_PANEL, _mm256_castps_si256(turned[w]));
    }
  }
}

static inline __m256i value_at(const head *h, size_t c, size_t j, __m256 inverse) {
  if (j >= h->args->n) return _mm256_setzero_si256();
  return integers_of(h->args->v + j * h->args->ld, c, h->args->d, inverse);
}

/* 8 components, from c on, of all values: words of two tokens. */
static void pack_values(const head *h, size_t c) {
  const lode_attention_args *args = h->args;
  __m256 most = _mm256_setzero_ps();
  for (size_t j = 0; j < args->n; j++) {
    most = magnitude_of(most, load_lanes(args->v + j * args->ld, c, args->d));
  }
  _Alignas(32) float factors[TILE_LANES];
  scales_of(most, factors, h->value_scale + c);
  const __m256 inverse = _mm256_load_ps(factors);
  int16_t *out = h->values + c / TILE_PANEL * TILE_PANEL * h->width + c % TILE_PANEL * TWO;
  int32_t *start = h->value_start + c;
  for (size_t j = 0; j < args->n; start += h->wide) {
    const size_t stop = j + lode_attention_i8_chunk(args->n - j);
    __m256i sum = _mm256_setzero_si256();
    for (; j < stop; j += TWO, out += TWO * TILE_PANEL) {
      const __m256i first = value_at(h, c, j, inverse), second = value_at(h, c, j + 1, inverse);
      const __m256i word = _mm256_blend_epi16(first, _mm256_slli_epi32(second, 16), 0xAA);
      sum = add_products(sum, word, _mm256_set1_epi16(1));
      store(out, word);
    }
    store(start, _mm256_slli_epi32(sum, LODE_ATTENTION_I8_OFFSET_BITS));
  }
}

static void pack(const head *h) {
  for (size_t j = 0; j < h->width; j += TILE_LANES) pack_keys(h, j);
  for (size_t c = 0; c < h->wide; c += TILE_LANES) pack_values(h, c);
}

/* ---- products */

static inline __m256i word_of(const void *row, size_t word) {
  int32_t x;
  memcpy(&x, (const char *)row + word * sizeof x, sizeof x);
  return _mm256_set1_epi32(x);
}

TILE_INLINE void multiply(const int rows, const lode_attention_i8_product *p,
                          __m256i sums[TILE_ROWS][TILE_VECTORS]) {
  const bool zero = p->start == NULL;
  const __m256i start0 = zero ? _mm256_setzero_si256() : load(p->start);
  const __m256i start1 = zero ? _mm256_setzero_si256() : load(p->start + TILE_LANES);
#pragma GCC unroll 6
  for (int r = 0; r < rows; r++) {
    sums[r][0] = start0;
    sums[r][1] = start1;
  }
  const char *b = p->panel, *row = p->row;
  const size_t row_bytes = p->row_bytes, words = p->words;
  for (size_t w = 0; w < words; w++, b += PANEL_BYTES) {
    const __m256i b0 = load(b), b1 = load(b + 32);
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++) {
      const __m256i a = word_of(row + (size_t)r * row_bytes, w);
      sums[r][0] = add_products(sums[r][0], a, b0);
      sums[r][1] = add_products(sums[r][1], a, b1);
    }
  }
}

/* The scores of the keys of a panel from j on; `most` [rows] becomes their largest so far. */
TILE_INLINE void scores_of(const head *h, const int rows, const lode_attention_i8_product *p,
                           size_t j, __m256 *most) {
  __m256i sums[TILE_ROWS][TILE_VECTORS];
  multiply(rows, p, sums);
#pragma GCC unroll 6
  for (int r = 0; r < rows; r++) {
    float *to = h->scores + (size_t)r * h->stride + j;
#pragma GCC unroll 2
    for (int v = 0; v < TILE_VECTORS; v++) {
      const size_t at = j + (size_t)v * TILE_LANES;
      const __m256 t =
          _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[r][v]), _mm256_load_ps(h->key_scale + at),
                          _mm256_load_ps(h->key_bias + at));
      _mm256_store_ps(to + v * TILE_LANES, t);
      most[r] = _mm256_max_ps(most[r], t);
    }
  }
}

/* Weights times a panel of values: [rows][TILE_PANEL]. */
TILE_INLINE void sums_of(const int rows, const lode_attention_i8_product *p, int32_t *out) {
  __m256i sums[TILE_ROWS][TILE_VECTORS];
  multiply(rows, p, sums);
#pragma GCC unroll 6
  for (int r = 0; r < rows; r++) {
    store(out + r * TILE_PANEL, sums[r][0]);
    store(out + r * TILE_PANEL + TILE_LANES, sums[r][1]);
  }
}

/* ---- a block of queries */

static inline __m256i weights_of(__m256 score, __m256 factor, __m256 shift) {
  __m256 x = _mm256_or_ps(score * factor + shift, _mm256_set1_ps(-0.0f));
  x = _mm256_max_ps(x, _mm256_set1_ps(-30.0f)); /* NaN becomes -30 */
  const __m256 whole = _mm256_floor_ps(x), r = _mm256_sub_ps(x, whole);
  __m256 e = _mm256_set1_ps(LODE_ATTENTION_I8_ONE * LODE_EXP2_C3);
  e = e * r + LODE_ATTENTION_I8_ONE * LODE_EXP2_C2;
  e = e * r + LODE_ATTENTION_I8_ONE * LODE_EXP2_C1;
  e = e * r + LODE_ATTENTION_I8_ONE * LODE_EXP2_C0;
  const __m256i exponent = _mm256_slli_epi32(_mm256_cvtps_epi32(whole), 23);
  return _mm256_cvtps_epi32(
      _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(e), exponent)));
}

static inline int32_t sum_of(__m256i v) {
  __m128i x = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(x, _mm_shuffle_epi32(x, 0xB1)));
}

/* The scores of a row become weights; returns their sum. */
static int32_t weigh(const head *h, size_t r, float factor, float most) {
  const float *scores = h->scores + r * h->stride;
  int16_t *weights = h->weights + r * h->stride;
  const __m256i offset = _mm256_set1_epi16((short)-LODE_ATTENTION_I8_WEIGHT_OFFSET);
  const __m256 f = _mm256_set1_ps(factor), shift = _mm256_set1_ps(-most * factor);
  __m256i total = _mm256_setzero_si256();
  for (size_t j = 0; j < h->width; j += TILE_PANEL) {
    const __m256i w0 = weights_of(_mm256_load_ps(scores + j), f, shift);
    const __m256i w1 = weights_of(_mm256_load_ps(scores + j + TILE_LANES), f, shift);
    total = _mm256_add_epi32(total, _mm256_add_epi32(w0, w1));
    const __m256i both = _mm256_xor_si256(_mm256_packus_epi32(w0, w1), offset);
    store(weights + j, _mm256_permute4x64_epi64(both, 0xD8));
  }
  return sum_of(total);
}

static void quantize_queries(const head *h, const float *x, size_t rows, scales *s) {
  measure_rows(h, x, rows, s);
  for (size_t r = 0; r < rows; r++) {
    int16_t *out = (int16_t *)(void *)((char *)h->queries + r * h->query_bytes);
    for (size_t c = 0; c < h->depth; c += ROW_STEP) {
      store(out + c, row_words(x + r * h->args->ld, c, h->args->d, s->inverse[r]));
    }
  }
}

static inline lode_attention_i8_product key_product(const head *h, size_t j) {
  return (lode_attention_i8_product){.row = h->queries,
                                     .row_bytes = h->query_bytes,
                                     .words = (h->args->d + TWO - 1) / TWO,
                                     .panel = (const int16_t *)h->keys + j * h->depth};
}

/* ---- from weights to outputs */

static inline void store_columns(float *to, size_t columns, size_t v, __m256 x) {
  _mm256_maskstore_ps(to, tile_mask(columns, v), x);
}

enum { DEEP = ROW_STEP, ELEMENT = sizeof(int16_t) };

#include "kernels/attention_i8/block_x86.h"

#endif
