/* Lanes are keys in the first product and components in the second, as in the other attention
 * kernels; vpdpbusd adds four products a lane. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/cpu.h"
#include "kernels/activation/math_constants.h"
#include "kernels/attention_i8/attention_i8.h"
#include "kernels/gemm/tile_avx512.h"
#include "kernels/quantize/quantize.h"

enum { GROUP = 4, KEY_OFFSET = 128, PANEL_BYTES = TILE_PANEL * GROUP };

/* One head: its arguments, and the parts of its scratch, each on cache lines of its own. */
typedef struct head {
  const lode_attention_args *args;
  size_t width;        /* n rounded up to whole panels */
  size_t depth;        /* d rounded up to whole groups */
  size_t row_bytes;    /* of a quantized query */
  uint8_t *keys;       /* [width / 32][depth / 4][32][4]: k' + 128 */
  int8_t *values;      /* [panels of d][width / 4][32][4] */
  int8_t *queries;     /* [TILE_ROWS][row_bytes] */
  size_t stride;       /* of rows of scores and of bytes of P, in elements */
  uint8_t *high, *low; /* [TILE_ROWS][stride]: the bytes of P */
  float *scores;       /* [TILE_ROWS][stride] */
  float *key_scale;    /* [width], 0 from n on */
  float *value_scale;  /* [d rounded up to whole panels] */
} head;

static size_t round_up(size_t x, size_t step) {
  return (x + step - 1) / step * step;
}

/* Lays the parts out from `base` on; returns the bytes. Rows of scores and weights are an odd
 * number of lines apart, so that those of a block do not meet in one set of the L1. */
static size_t lay_out(head *h, size_t n, size_t d, char *base) {
  enum { LINE = 64 };
  h->width = round_up(n, TILE_PANEL);
  h->depth = round_up(d, GROUP);
  h->row_bytes = round_up(d, LINE);
  h->stride = round_up(h->width, 2 * LINE) + LINE;
  const size_t wide = round_up(d, TILE_PANEL);
  size_t at = 0;
  h->keys = (uint8_t *)base;
  at += round_up(h->width * h->depth, LINE);
  h->values = (int8_t *)base + at;
  at += round_up(h->width * wide, LINE);
  h->queries = (int8_t *)base + at;
  at += TILE_ROWS * h->row_bytes;
  h->high = (uint8_t *)base + at;
  at += TILE_ROWS * h->stride;
  h->low = (uint8_t *)base + at;
  at += TILE_ROWS * h->stride;
  h->scores = (float *)(void *)(base + at);
  at += TILE_ROWS * h->stride * sizeof(float);
  h->key_scale = (float *)(void *)(base + at);
  at += round_up(h->width * sizeof(float), LINE);
  h->value_scale = (float *)(void *)(base + at);
  return at + wide * sizeof(float);
}

static size_t scratch_size(size_t n, size_t d) {
  head h;
  static char nowhere;
  return lay_out(&h, n, d, &nowhere) / sizeof(float);
}

/* ---- to integers */

static inline __m512 magnitude_of(__m512 most, __m512 x) {
  enum { LARGER_MAGNITUDE = 0xB }; /* of vrangeps: max(|a|, |b|), sign cleared */
  return _mm512_range_ps(most, x, LARGER_MAGNITUDE);
}

static inline __m512i to_integers(__m512 x, __m512 inverse) {
  const __m512i v = _mm512_cvtps_epi32(_mm512_mul_ps(x, inverse));
  return _mm512_min_epi32(_mm512_max_epi32(v, _mm512_set1_epi32(-127)), _mm512_set1_epi32(127));
}

/* A row of d floats as s8, padded with zeros to row_bytes; returns its scale. */
static float quantize_row(const head *h, const float *x, int8_t *q, int32_t *sum) {
  const size_t d = h->args->d;
  __m512 most = _mm512_setzero_ps();
  for (size_t c = 0; c < d; c += TILE_LANES) {
    most = magnitude_of(most, _mm512_maskz_loadu_ps(tile_mask(d - c, 0), x + c));
  }
  const float largest = _mm512_reduce_max_ps(most);
  const bool zero = largest < LODE_QUANTIZE_LEAST;
  const __m512 inverse = _mm512_set1_ps(zero ? 0.0f : 127.0f / largest);
  __m512i total = _mm512_setzero_si512();
  for (size_t c = 0; c < h->row_bytes; c += TILE_LANES) {
    const __mmask16 mask = c < d ? tile_mask(d - c, 0) : 0;
    const __m512i v = to_integers(_mm512_maskz_loadu_ps(mask, x + c), inverse);
    total = _mm512_add_epi32(total, v);
    _mm_store_si128((__m128i *)(void *)(q + c), _mm512_cvtepi32_epi8(v));
  }
  *sum = _mm512_reduce_add_epi32(total);
  return zero ? 0.0f : largest / 127.0f;
}

/* Sixteen keys at a time: their rows as words of four components, turned over. */
static void pack_keys(const head *h) {
  const lode_attention_args *args = h->args;
  const size_t words = h->depth / GROUP;
  _Alignas(64) int8_t rows[TILE_LANES][64];
  for (size_t j0 = 0; j0 < h->width; j0 += TILE_LANES) {
    for (size_t c0 = 0; c0 < h->depth; c0 += 64) {
      __m512 turned[TILE_LANES];
      for (size_t j = 0; j < TILE_LANES; j++) {
        int32_t unused;
        if (c0 == 0) {
          h->key_scale[j0 + j] = 0.0f;
          if (j0 + j < args->n) {
            h->key_scale[j0 + j] =
                quantize_row(h, args->k + (j0 + j) * args->ld, h->queries, &unused);
          }
        } else if (j0 + j < args->n) { /* heads of more than 64: once more for each part */
          quantize_row(h, args->k + (j0 + j) * args->ld, h->queries, &unused);
        }
        if (j0 + j < args->n) {
          memcpy(rows[j], h->queries + c0, 64);
        } else {
          memset(rows[j], 0, 64);
        }
      }
#pragma GCC unroll 16
      for (size_t j = 0; j < TILE_LANES; j++) {
        const __m512i bytes = _mm512_load_si512(rows[j]);
        turned[j] = _mm512_castsi512_ps(_mm512_xor_si512(bytes, _mm512_set1_epi8((char)0x80)));
      }
      tile_transpose(turned);
      uint8_t *out = h->keys + j0 / TILE_PANEL * TILE_PANEL * h->depth + j0 % TILE_PANEL * GROUP;
      const size_t first = c0 / GROUP;
      const size_t count = words - first < TILE_LANES ? words - first : TILE_LANES;
      for (size_t w = 0; w < count; w++) {
        _mm512_store_ps((float *)(void *)(out + (first + w) * PANEL_BYTES), turned[w]);
      }
    }
  }
}

/* 16 components of value j, or zeros past the last. */
static inline __m512i value_at(const head *h, __mmask16 mask, size_t c, size_t j, __m512 inverse) {
  if (j >= h->args->n) return _mm512_setzero_si512();
  return to_integers(_mm512_maskz_loadu_ps(mask, h->args->v + j * h->args->ld + c), inverse);
}

/* 16 components, from c on, of all values. */
static void pack_components(const head *h, size_t c) {
  const lode_attention_args *args = h->args;
  const __mmask16 mask = c < args->d ? tile_mask(args->d - c, 0) : 0;
  __m512 most = _mm512_setzero_ps();
  for (size_t j = 0; j < args->n; j++) {
    most = magnitude_of(most, _mm512_maskz_loadu_ps(mask, args->v + j * args->ld + c));
  }
  const __mmask16 kept = _mm512_cmp_ps_mask(most, _mm512_set1_ps(LODE_QUANTIZE_LEAST), _CMP_NLT_UQ);
  const __m512 full = _mm512_set1_ps(127.0f);
  const __m512 inverse = _mm512_maskz_div_ps(kept, full, most);
  _mm512_store_ps(h->value_scale + c, _mm512_maskz_div_ps(kept, most, full));
  const __m512i byte = _mm512_set1_epi32(255);
  int8_t *out = h->values + c / TILE_PANEL * h->width * TILE_PANEL + c % TILE_PANEL * GROUP;
  for (size_t j = 0; j < h->width; j += GROUP, out += PANEL_BYTES) {
    __m512i word = _mm512_and_si512(value_at(h, mask, c, j, inverse), byte);
    const __m512i second = _mm512_and_si512(value_at(h, mask, c, j + 1, inverse), byte);
    const __m512i third = _mm512_and_si512(value_at(h, mask, c, j + 2, inverse), byte);
    word = _mm512_or_si512(word, _mm512_slli_epi32(second, 8));
    word = _mm512_or_si512(word, _mm512_slli_epi32(third, 16));
    word = _mm512_or_si512(word, _mm512_slli_epi32(value_at(h, mask, c, j + 3, inverse), 24));
    _mm512_store_si512(out, word);
  }
}

static void pack(const head *h) {
  pack_keys(h);
  for (size_t c = 0; c < round_up(h->args->d, TILE_PANEL); c += TILE_LANES) pack_components(h, c);
}

/* ---- products */

static inline __m512i four_of(const void *row, size_t word) {
  int32_t x;
  memcpy(&x, (const char *)row + word * sizeof x, sizeof x);
  return _mm512_set1_epi32(x);
}

/* sums[r] += the panel's lanes times row r, `words` groups of four; `keys`: the panel is the
 * unsigned side, else the rows are. */
TILE_INLINE void tile_multiply_i8(const int rows, const bool keys, size_t words, const void *row,
                                  size_t row_bytes, const void *panel,
                                  __m512i sums[TILE_ROWS][TILE_VECTORS]) {
  const char *b = panel;
  for (size_t p = 0; p < words; p++, b += PANEL_BYTES) {
    const __m512i b0 = _mm512_load_si512(b), b1 = _mm512_load_si512(b + 64);
#pragma GCC unroll 14
    for (int r = 0; r < rows; r++) {
      const __m512i x = four_of((const char *)row + (size_t)r * row_bytes, p);
      if (keys) {
        sums[r][0] = _mm512_dpbusd_epi32(sums[r][0], b0, x);
        sums[r][1] = _mm512_dpbusd_epi32(sums[r][1], b1, x);
      } else {
        sums[r][0] = _mm512_dpbusd_epi32(sums[r][0], x, b0);
        sums[r][1] = _mm512_dpbusd_epi32(sums[r][1], x, b1);
      }
      /* Where they are: gcc 12 would copy the sums about otherwise, for twice the time. */
      __asm__("" : "+v"(sums[r][0]), "+v"(sums[r][1]));
    }
  }
}

TILE_INLINE void tile_start_i8(const int rows, const int32_t *start,
                               __m512i sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 14
  for (int r = 0; r < rows; r++) {
    sums[r][0] = sums[r][1] = start ? _mm512_set1_epi32(start[r]) : _mm512_setzero_si512();
  }
}

static inline __m512i weights_of(__m512 score, __m512 factor, __m512 shift) {
  /* Not vreduceps, which rounds x - floor(x) downwards too. */
  __m512 x = _mm512_fmadd_ps(score, factor, shift);
  x = _mm512_max_ps(x, _mm512_set1_ps(-30.0f)); /* NaN becomes -30 */
  x = _mm512_min_ps(x, _mm512_setzero_ps());    /* the shift was rounded */
  const __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  const __m512 r = _mm512_sub_ps(x, whole);
  __m512 e = _mm512_set1_ps(LODE_EXP2_C3);
  e = _mm512_fmadd_ps(e, r, _mm512_set1_ps(LODE_EXP2_C2));
  e = _mm512_fmadd_ps(e, r, _mm512_set1_ps(LODE_EXP2_C1));
  e = _mm512_fmadd_ps(e, r, _mm512_set1_ps(LODE_EXP2_C0));
  e = _mm512_scalef_ps(e, whole);
  return _mm512_cvtps_epi32(_mm512_mul_ps(e, _mm512_set1_ps(65535.0f)));
}

/* 64 weights to two rows of bytes. Not vpmovdb, which is slow to memory. */
static inline void store_weights(const __m512i w[4], uint8_t *high, uint8_t *low) {
  /* Packing keeps to 128-bit lanes: lane k has words 4k .. of each of the four, in turn. */
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i byte = _mm512_set1_epi16(255);
  const __m512i a = _mm512_packus_epi32(w[0], w[1]), b = _mm512_packus_epi32(w[2], w[3]);
  const __m512i highs = _mm512_packus_epi16(_mm512_srli_epi16(a, 8), _mm512_srli_epi16(b, 8));
  const __m512i lows = _mm512_packus_epi16(_mm512_and_si512(a, byte), _mm512_and_si512(b, byte));
  _mm512_store_si512(high, _mm512_permutexvar_epi32(order, highs));
  _mm512_store_si512(low, _mm512_permutexvar_epi32(order, lows));
}

static float largest_score(size_t n, const float *scores) {
  const size_t whole = n - n % TILE_LANES;
  __m512 most =
      _mm512_mask_loadu_ps(_mm512_set1_ps(-INFINITY), tile_mask(n - whole, 0), scores + whole);
  for (size_t j = 0; j < whole; j += TILE_LANES) {
    most = _mm512_max_ps(most, _mm512_load_ps(scores + j));
  }
  return _mm512_reduce_max_ps(most);
}

/* The scores of a row become weights, in two rows of bytes, zeros from n to the next multiple of
 * 64; returns their sum. */
static int32_t weigh(const head *h, const float *scores, float factor, uint8_t *high,
                     uint8_t *low) {
  enum { VECTORS = 4, STEP = VECTORS * TILE_LANES };
  const size_t n = h->args->n;
  const __m512 f = _mm512_set1_ps(factor);
  const __m512 shift = _mm512_set1_ps(-largest_score(n, scores) * factor);
  __m512i total = _mm512_setzero_si512(), w[VECTORS];
  size_t j = 0;
  for (; j + STEP <= n; j += STEP) {
#pragma GCC unroll 4
    for (size_t v = 0; v < VECTORS; v++) {
      w[v] = weights_of(_mm512_load_ps(scores + j + v * TILE_LANES), f, shift);
      total = _mm512_add_epi32(total, w[v]);
    }
    store_weights(w, high + j, low + j);
  }
  if (j < n) {
    for (size_t v = 0; v < VECTORS; v++) {
      const __mmask16 mask = lode_lanes_avx512(n - j, v * TILE_LANES);
      w[v] = _mm512_setzero_si512();
      if (mask == 0) continue;
      const __m512 score = _mm512_maskz_loadu_ps(mask, scores + j + v * TILE_LANES);
      w[v] = _mm512_maskz_mov_epi32(mask, weights_of(score, f, shift));
      total = _mm512_add_epi32(total, w[v]);
    }
    store_weights(w, high + j, low + j);
  }
  return _mm512_reduce_add_epi32(total);
}

/* The products are functions of their own, for each height: in one function with other loops gcc
 * does not keep all the sums in registers. */

/* The scores of the 32 keys from j on, for the queries of the block. */
TILE_INLINE void scores_of(const head *h, const int rows, const int32_t *start, size_t j) {
  __m512i sums[TILE_ROWS][TILE_VECTORS];
  tile_start_i8(rows, start, sums);
  tile_multiply_i8(rows, true, h->depth / GROUP, h->queries, h->row_bytes, h->keys + j * h->depth,
                   sums);
  const __m512 scale0 = _mm512_load_ps(h->key_scale + j);
  const __m512 scale1 = _mm512_load_ps(h->key_scale + j + TILE_LANES);
#pragma GCC unroll 14
  for (int r = 0; r < rows; r++) {
    float *to = h->scores + (size_t)r * h->stride + j;
    _mm512_store_ps(to, _mm512_mul_ps(_mm512_cvtepi32_ps(sums[r][0]), scale0));
    _mm512_store_ps(to + TILE_LANES, _mm512_mul_ps(_mm512_cvtepi32_ps(sums[r][1]), scale1));
  }
}

/* Bytes of weights times a panel of values: [rows][TILE_PANEL]. */
TILE_INLINE void sums_of(const head *h, const int rows, const uint8_t *weights,
                         const int8_t *values, int32_t *out) {
  __m512i sums[TILE_ROWS][TILE_VECTORS];
  tile_start_i8(rows, NULL, sums);
  tile_multiply_i8(rows, false, (h->args->n + GROUP - 1) / GROUP, weights, h->stride, values, sums);
#pragma GCC unroll 14
  for (int r = 0; r < rows; r++) {
    _mm512_store_si512(out + r * TILE_PANEL, sums[r][0]);
    _mm512_store_si512(out + r * TILE_PANEL + TILE_LANES, sums[r][1]);
  }
}

#define DEFINE(rows)                                                                       \
  __attribute__((noinline)) static void scores_##rows(const head *h, const int32_t *start, \
                                                      size_t j) {                          \
    scores_of(h, rows, start, j);                                                          \
  }                                                                                        \
  __attribute__((noinline)) static void sums_##rows(const head *h, const uint8_t *weights, \
                                                    const int8_t *values, int32_t *out) {  \
    sums_of(h, rows, weights, values, out);                                                \
  }
TILE_HEIGHTS(DEFINE)
#undef DEFINE

static const struct {
  void (*scores)(const head *h, const int32_t *start, size_t j);
  void (*sums)(const head *h, const uint8_t *weights, const int8_t *values, int32_t *out);
} by_height[] = {{NULL, NULL},
#define NAME(rows) {scores_##rows, sums_##rows},
                 TILE_HEIGHTS(NAME)
#undef NAME
};

/* Components c .. c + 31 of the outputs of queries i .. */
static void outputs_of(const head *h, size_t i, size_t rows, size_t c, const float *inverse) {
  _Alignas(64) int32_t high[TILE_ROWS * TILE_PANEL], low[TILE_ROWS * TILE_PANEL];
  const lode_attention_args *args = h->args;
  const int8_t *values = h->values + c * h->width;
  by_height[rows].sums(h, h->high, values, high);
  by_height[rows].sums(h, h->low, values, low);
  const __m512 byte = _mm512_set1_ps(256.0f);
  for (size_t v = 0; v < TILE_VECTORS; v++) {
    const size_t at = c + v * TILE_LANES;
    const __mmask16 mask = tile_mask(args->d - c, v);
    const __m512 scale = _mm512_load_ps(h->value_scale + at);
    for (size_t r = 0; r < rows; r++) {
      const size_t from = r * TILE_PANEL + v * TILE_LANES;
      const __m512 y = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_load_si512(high + from)), byte,
                                       _mm512_cvtepi32_ps(_mm512_load_si512(low + from)));
      const __m512 weighted = _mm512_mul_ps(y, _mm512_set1_ps(inverse[r]));
      _mm512_mask_storeu_ps(args->out + (i + r) * args->ldo + at, mask,
                            _mm512_mul_ps(weighted, scale));
    }
  }
}

/* Queries i .. i + rows - 1. */
static void block_run(const head *h, size_t i, size_t rows) {
  const lode_attention_args *args = h->args;
  float query_scale[TILE_ROWS], inverse[TILE_ROWS];
  int32_t start[TILE_ROWS];
  for (size_t r = 0; r < rows; r++) {
    int32_t sum;
    query_scale[r] =
        quantize_row(h, args->q + (i + r) * args->ld, h->queries + r * h->row_bytes, &sum);
    start[r] = -KEY_OFFSET * sum;
  }
  for (size_t j = 0; j < h->width; j += TILE_PANEL) by_height[rows].scores(h, start, j);
  for (size_t r = 0; r < rows; r++) {
    const size_t at = r * h->stride;
    const float factor = query_scale[r] * args->scale * LODE_EXP_LOG2E;
    inverse[r] = 1.0f / (float)weigh(h, h->scores + at, factor, h->high + at, h->low + at);
  }
  for (size_t c = 0; c < args->d; c += TILE_PANEL) outputs_of(h, i, rows, c, inverse);
}

static void run(const lode_attention_args *args) {
  if (args->row0 >= args->row1) return;
  head h = {.args = args};
  lay_out(&h, args->n, args->d, (char *)args->scratch);
  pack(&h);
  for (size_t i = args->row0, rows; i < args->row1; i += rows) {
    rows = lode_gemm_next_height(args->row1 - i, TILE_ROWS);
    block_run(&h, i, rows);
  }
}

const lode_attention_kernel lode_attention_i8_avx512vnni = {
    .name = "avx512vnni",
    .features = LODE_CPU_AVX512 | LODE_CPU_AVX512VNNI,
    .scratch_size = scratch_size,
    .run = run,
};
