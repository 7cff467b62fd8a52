/* Keys: vpdpbusd adds four products a lane, of a query as u8 (q' + 128) and a key as s8. Values:
 * vpdpwssd adds two, of weights and values as s16. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/cpu.h"
#include "kernels/activation/math_constants.h"
#include "kernels/attention_i8/attention_i8_blocks.h"
#include "kernels/gemm/tile_lanes.h"
#include "kernels/prefetch.h"
#include "kernels/quantize/quantize.h"

enum {
  FOUR = 4, /* components of a key in a word */
  TWO = 2,  /* tokens of a component in a word */
  PANEL_BYTES = TILE_PANEL * 4,
  ROW_STEP = 64,    /* components in a register */
  QUERY_OFFSET = 7, /* bits: q' + 128 */
};

typedef lode_attention_i8_head head;

/* ---- to integers */

static inline __m512 magnitude_of(__m512 most, __m512 x) {
  enum { LARGER_MAGNITUDE = 0xB }; /* of vrangeps: max(|a|, |b|), sign cleared; not NaN */
  return _mm512_range_ps(most, x, LARGER_MAGNITUDE);
}

/* Components c .. c + 15 of a row of d, zeros past the last. */
static inline __m512 load_lanes(const float *row, size_t c, size_t d) {
  if (c + TILE_LANES <= d) return _mm512_loadu_ps(row + c);
  if (c >= d) return _mm512_setzero_ps();
  return _mm512_maskz_loadu_ps(tile_mask(d - c, 0), row + c);
}

/* The largest number of each of 16 vectors, in the vector's lane. */
TILE_INLINE __m512 largest_of_each(__m512 vectors[TILE_LANES]) {
  tile_transpose(vectors);
#pragma GCC unroll 8
  for (size_t i = 0; i < 8; i++) vectors[i] = _mm512_max_ps(vectors[i], vectors[i + 8]);
#pragma GCC unroll 4
  for (size_t i = 0; i < 4; i++) vectors[i] = _mm512_max_ps(vectors[i], vectors[i + 4]);
  return _mm512_max_ps(_mm512_max_ps(vectors[0], vectors[1]),
                       _mm512_max_ps(vectors[2], vectors[3]));
}

/* What makes rows of floats integers, for 16 rows; 0 for those that are not there. */
typedef struct scales {
  _Alignas(64) float inverse[TILE_LANES], scale[TILE_LANES];
} scales;

static void measure_rows(const head *h, const float *x, size_t rows, scales *s) {
  const lode_attention_args *args = h->args;
  __m512 most[TILE_LANES];
  for (size_t r = 0; r < TILE_LANES; r++) {
    __m512 row = _mm512_setzero_ps();
    for (size_t c = 0; r < rows && c < args->d; c += TILE_LANES) {
      row = magnitude_of(row, load_lanes(x + r * args->ld, c, args->d));
      /* The rows that come next: no processor foresees so few lines so far apart. */
      LODE_PREFETCH((uintptr_t)(x + r * args->ld + c) + TILE_LANES * args->ld * sizeof *x);
    }
    most[r] = row;
  }
  const __m512 all = largest_of_each(most), full = _mm512_set1_ps(127.0f);
  const __mmask16 kept = _mm512_cmp_ps_mask(all, _mm512_set1_ps(LODE_QUANTIZE_LEAST), _CMP_NLT_UQ);
  _mm512_store_ps(s->inverse, _mm512_maskz_div_ps(kept, full, all));
  _mm512_store_ps(s->scale, _mm512_maskz_div_ps(kept, all, full));
}

static inline __m512i integers_of(const float *row, size_t c, size_t d, __m512 inverse) {
  return _mm512_cvtps_epi32(_mm512_mul_ps(load_lanes(row, c, d), inverse));
}

/* Components c .. c + 63 as s8. */
static inline __m512i row_bytes(const float *row, size_t c, size_t d, float inverse) {
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512 f = _mm512_set1_ps(inverse);
  const __m512i a =
      _mm512_packs_epi32(integers_of(row, c, d, f), integers_of(row, c + TILE_LANES, d, f));
  __m512i b = _mm512_setzero_si512();
  if (c + 2 * TILE_LANES < d) {
    b = _mm512_packs_epi32(integers_of(row, c + 2 * TILE_LANES, d, f),
                           integers_of(row, c + 3 * TILE_LANES, d, f));
  }
  /* Packing keeps to 128-bit lanes: lane k has words 4k .. of each of the four, in turn. */
  return _mm512_permutexvar_epi32(order, _mm512_packs_epi16(a, b));
}

/* Keys j0 .. j0 + 15, of which some may lie past the last: their rows as words of four
 * components, turned over. */
static void pack_keys(const head *h, size_t j0) {
  const lode_attention_args *args = h->args;
  const size_t words = h->depth / FOUR, rows = j0 < args->n ? args->n - j0 : 0;
  const __mmask16 there = rows > 0 ? tile_mask(rows, 0) : 0;
  _mm512_store_ps(h->key_bias + j0,
                  _mm512_mask_mov_ps(_mm512_set1_ps(-INFINITY), there, _mm512_setzero_ps()));
  if (rows == 0) { /* scores of -infinity, whatever the key */
    _mm512_store_ps(h->key_scale + j0, _mm512_setzero_ps());
    _mm512_store_si512(h->key_start + j0, _mm512_setzero_si512());
    return;
  }
  const float *x = args->k + j0 * args->ld;
  scales s;
  measure_rows(h, x, rows, &s);
  _mm512_store_ps(h->key_scale + j0, _mm512_load_ps(s.scale));
  __m512i sum = _mm512_setzero_si512();
  char *out = (char *)h->keys + j0 / TILE_PANEL * TILE_PANEL * h->depth + j0 % TILE_PANEL * FOUR;
  for (size_t c = 0; c < h->depth; c += ROW_STEP) {
    __m512 turned[TILE_LANES];
#pragma GCC unroll 16
    for (size_t j = 0; j < TILE_LANES; j++) {
      turned[j] = _mm512_setzero_ps();
      if (j < rows) {
        turned[j] = _mm512_castsi512_ps(row_bytes(x + j * args->ld, c, args->d, s.inverse[j]));
      }
    }
    tile_transpose(turned);
#pragma GCC unroll 16
    for (size_t w = 0; w < TILE_LANES; w++) {
      if (c / FOUR + w >= words) break;
      const __m512i word = _mm512_castps_si512(turned[w]);
      sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(1), word);
      _mm512_store_si512(out + (c / FOUR + w) * PANEL_BYTES, word);
    }
  }
  sum = _mm512_slli_epi32(sum, QUERY_OFFSET);
  _mm512_store_si512(h->key_start + j0, _mm512_sub_epi32(_mm512_setzero_si512(), sum));
}

static inline __m512i value_at(const head *h, size_t c, size_t j, __m512 inverse) {
  if (j >= h->args->n) return _mm512_setzero_si512();
  return integers_of(h->args->v + j * h->args->ld, c, h->args->d, inverse);
}

/* 16 components, from c on, of all values: words of two tokens. */
static void pack_values(const head *h, size_t c) {
  const lode_attention_args *args = h->args;
  __m512 most = _mm512_setzero_ps();
  for (size_t j = 0; j < args->n; j++) {
    most = magnitude_of(most, load_lanes(args->v + j * args->ld, c, args->d));
  }
  const __mmask16 kept = _mm512_cmp_ps_mask(most, _mm512_set1_ps(LODE_QUANTIZE_LEAST), _CMP_NLT_UQ);
  const __m512 full = _mm512_set1_ps(127.0f);
  const __m512 inverse = _mm512_maskz_div_ps(kept, full, most);
  _mm512_store_ps(h->value_scale + c, _mm512_maskz_div_ps(kept, most, full));
  int16_t *out = h->values + c / TILE_PANEL * TILE_PANEL * h->width + c % TILE_PANEL * TWO;
  int32_t *start = h->value_start + c;
  for (size_t j = 0; j < args->n; start += h->wide) {
    const size_t stop = j + lode_attention_i8_chunk(args->n - j);
    __m512i sum = _mm512_setzero_si512();
    for (; j < stop; j += TWO, out += TWO * TILE_PANEL) {
      const __m512i first = value_at(h, c, j, inverse), second = value_at(h, c, j + 1, inverse);
      const __m512i word =
          _mm512_mask_blend_epi16(0xAAAAAAAA, first, _mm512_slli_epi32(second, 16));
      sum = _mm512_dpwssd_epi32(sum, word, _mm512_set1_epi16(1));
      _mm512_store_si512(out, word);
    }
    _mm512_store_si512(start, _mm512_slli_epi32(sum, LODE_ATTENTION_I8_OFFSET_BITS));
  }
}

static void pack(const head *h) {
  for (size_t j = 0; j < h->width; j += TILE_LANES) pack_keys(h, j);
  for (size_t c = 0; c < h->wide; c += TILE_LANES) pack_values(h, c);
}

/* ---- products */

static inline __m512i word_of(const void *row, size_t word) {
  int32_t x;
  memcpy(&x, (const char *)row + word * sizeof x, sizeof x);
  return _mm512_set1_epi32(x);
}

TILE_INLINE void multiply(const int rows, const bool bytes, const lode_attention_i8_product *p,
                          __m512i sums[TILE_ROWS][TILE_VECTORS]) {
  const __m512i start0 = _mm512_load_si512(p->start);
  const __m512i start1 = _mm512_load_si512(p->start + TILE_LANES);
#pragma GCC unroll 14
  for (int r = 0; r < rows; r++) {
    sums[r][0] = start0;
    sums[r][1] = start1;
  }
  const char *b = p->panel, *row = p->row;
  const size_t row_bytes = p->row_bytes, words = p->words;
  for (size_t w = 0; w < words; w++, b += PANEL_BYTES) {
    const __m512i b0 = _mm512_load_si512(b), b1 = _mm512_load_si512(b + 64);
#pragma GCC unroll 14
    for (int r = 0; r < rows; r++) {
      const __m512i a = word_of(row + (size_t)r * row_bytes, w);
      if (bytes) {
        sums[r][0] = _mm512_dpbusd_epi32(sums[r][0], a, b0);
        sums[r][1] = _mm512_dpbusd_epi32(sums[r][1], a, b1);
      } else {
        sums[r][0] = _mm512_dpwssd_epi32(sums[r][0], a, b0);
        sums[r][1] = _mm512_dpwssd_epi32(sums[r][1], a, b1);
      }
      /* Where they are: gcc 12 would copy the sums about otherwise, for twice the time. */
      __asm__("" : "+v"(sums[r][0]), "+v"(sums[r][1]));
    }
  }
}

/* The scores of the keys of a panel from j on; `most` [rows] becomes their largest so far. */
TILE_INLINE void scores_of(const head *h, const int rows, const lode_attention_i8_product *p,
                           size_t j, __m512 *most) {
  __m512i sums[TILE_ROWS][TILE_VECTORS];
  multiply(rows, true, p, sums);
  const __m512 scale0 = _mm512_load_ps(h->key_scale + j), bias0 = _mm512_load_ps(h->key_bias + j);
  const __m512 scale1 = _mm512_load_ps(h->key_scale + j + TILE_LANES);
  const __m512 bias1 = _mm512_load_ps(h->key_bias + j + TILE_LANES);
#pragma GCC unroll 14
  for (int r = 0; r < rows; r++) {
    float *to = h->scores + (size_t)r * h->stride + j;
    const __m512 t0 = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[r][0]), scale0, bias0);
    const __m512 t1 = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[r][1]), scale1, bias1);
    _mm512_store_ps(to, t0);
    _mm512_store_ps(to + TILE_LANES, t1);
    most[r] = _mm512_max_ps(most[r], _mm512_max_ps(t0, t1));
  }
}

/* Weights times a panel of values: [rows][TILE_PANEL]. */
TILE_INLINE void sums_of(const int rows, const lode_attention_i8_product *p, int32_t *out) {
  __m512i sums[TILE_ROWS][TILE_VECTORS];
  multiply(rows, false, p, sums);
#pragma GCC unroll 14
  for (int r = 0; r < rows; r++) {
    _mm512_store_si512(out + r * TILE_PANEL, sums[r][0]);
    _mm512_store_si512(out + r * TILE_PANEL + TILE_LANES, sums[r][1]);
  }
}

/* ---- a block of queries */

static inline __m512i weights_of(__m512 score, __m512 factor, __m512 shift) {
  enum { SMALLER_MAGNITUDE_NEGATIVE = 0xE }; /* -min(|a|, |b|); not NaN */
  /* Not vreduceps, which rounds x - floor(x) downwards too. */
  const __m512 x =
      _mm512_range_ps(score * factor + shift, _mm512_set1_ps(30.0f), SMALLER_MAGNITUDE_NEGATIVE);
  const __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  const __m512 r = _mm512_sub_ps(x, whole);
  __m512 e = _mm512_set1_ps(LODE_ATTENTION_I8_ONE * LODE_EXP2_C3);
  e = e * r + LODE_ATTENTION_I8_ONE * LODE_EXP2_C2;
  e = e * r + LODE_ATTENTION_I8_ONE * LODE_EXP2_C1;
  e = e * r + LODE_ATTENTION_I8_ONE * LODE_EXP2_C0;
  return _mm512_cvtps_epi32(_mm512_scalef_ps(e, whole));
}

/* The scores of a row become weights; returns their sum. */
static int32_t weigh(const head *h, size_t r, float factor, float most) {
  const float *scores = h->scores + r * h->stride;
  int16_t *weights = h->weights + r * h->stride;
  const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
  const __m512i offset = _mm512_set1_epi16((short)-LODE_ATTENTION_I8_WEIGHT_OFFSET);
  const __m512 f = _mm512_set1_ps(factor), shift = _mm512_set1_ps(-most * factor);
  __m512i total[TILE_VECTORS] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
  for (size_t j = 0; j < h->width; j += TILE_PANEL) {
    const __m512i w0 = weights_of(_mm512_load_ps(scores + j), f, shift);
    const __m512i w1 = weights_of(_mm512_load_ps(scores + j + TILE_LANES), f, shift);
    total[0] = _mm512_add_epi32(total[0], w0);
    total[1] = _mm512_add_epi32(total[1], w1);
    const __m512i both = _mm512_xor_si512(_mm512_packus_epi32(w0, w1), offset);
    _mm512_store_si512(weights + j, _mm512_permutexvar_epi64(order, both));
  }
  return _mm512_reduce_add_epi32(_mm512_add_epi32(total[0], total[1]));
}

static void quantize_queries(const head *h, const float *x, size_t rows, scales *s) {
  measure_rows(h, x, rows, s);
  for (size_t r = 0; r < rows; r++) {
    char *out = (char *)h->queries + r * h->query_bytes;
    for (size_t c = 0; c < h->depth; c += ROW_STEP) {
      const __m512i row = row_bytes(x + r * h->args->ld, c, h->args->d, s->inverse[r]);
      _mm512_store_si512(out + c, _mm512_xor_si512(row, _mm512_set1_epi8((char)0x80)));
    }
  }
}

static inline lode_attention_i8_product key_product(const head *h, size_t j) {
  return (lode_attention_i8_product){.row = h->queries,
                                     .row_bytes = h->query_bytes,
                                     .words = h->depth / FOUR,
                                     .panel = (const char *)h->keys + j * h->depth,
                                     .start = h->key_start + j};
}

/* ---- from weights to outputs */

static inline void store_columns(float *to, size_t columns, size_t v, __m512 x) {
  _mm512_mask_storeu_ps(to, tile_mask(columns, v), x);
}

enum { DEEP = FOUR, ELEMENT = 1 };

#include "kernels/attention_i8/block_x86.h"

const lode_attention_kernel lode_attention_i8_avx512vnni = {
    .name = "avx512vnni",
    .features = LODE_CPU_AVX512 | LODE_CPU_AVX512VNNI,
    .scratch_size = scratch_size,
    .run = run,
};
