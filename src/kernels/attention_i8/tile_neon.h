/* Attention in integers on NEON registers, from a file's own
 *
 *   static inline int32x4_t dot_of(int32x4_t sums, int8x16_t b, int8x16_t a)
 *
 * which adds to each of 4 sums four products of s8: scores. Values are added by smlal, four
 * products of s16 into 4 sums, one token after the other. */
#ifndef LODE_KERNELS_ATTENTION_I8_TILE_NEON_H
#define LODE_KERNELS_ATTENTION_I8_TILE_NEON_H

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/cpu.h"
#include "kernels/activation/math_constants.h"
#include "kernels/attention_i8/attention_i8_blocks.h"
#include "kernels/gemm/tile_lanes.h"
#include "kernels/quantize/quantize.h"

enum {
  FOUR = 4,      /* components of a key in a word */
  ROW_STEP = 16, /* components in a register */
  WORD = FOUR,
  DEEP = ROW_STEP,
  ELEMENT = sizeof(int8_t),
};

typedef lode_attention_i8_head head;
typedef int8_t element;

/* ---- to integers */

/* Components c .. c + 3 of a row of d, zeros past the last. */
static inline float32x4_t load_lanes(const float *row, size_t c, size_t d) {
  if (c + TILE_LANES <= d) return vld1q_f32(row + c);
  return c < d ? tile_load_part(row + c, d - c) : vdupq_n_f32(0.0f);
}

static inline float32x4_t magnitude_of(float32x4_t most, float32x4_t x) {
  return vmaxnmq_f32(most, vabsq_f32(x)); /* the number, where the other is NaN */
}

static inline int16x4_t integers_of(const float *row, size_t c, size_t d, float32x4_t inverse) {
  return vmovn_s32(vcvtnq_s32_f32(vmulq_f32(load_lanes(row, c, d), inverse)));
}

static inline int8x8_t bytes_of(const float *row, size_t c, size_t d, float32x4_t inverse) {
  return vmovn_s16(
      vcombine_s16(integers_of(row, c, d, inverse), integers_of(row, c + TILE_LANES, d, inverse)));
}

/* A row of d floats as s8, with zeros to a multiple of ROW_STEP; returns its scale. */
static float quantize_row(size_t d, const float *row, int8_t *out) {
  float32x4_t all = vdupq_n_f32(0.0f);
  for (size_t c = 0; c < d; c += TILE_LANES) all = magnitude_of(all, load_lanes(row, c, d));
  const float most = vmaxvq_f32(all);
  const float32x4_t inverse = vdupq_n_f32(lode_attention_i8_inverse(most));
  for (size_t c = 0; c < d; c += ROW_STEP) {
    vst1q_s8(out + c, vcombine_s8(bytes_of(row, c, d, inverse),
                                  bytes_of(row, c + 2 * TILE_LANES, d, inverse)));
  }
  return lode_attention_i8_scale(most);
}

/* 4 components, from c on, of all values, as s16. */
static void pack_values(const head *h, size_t c) {
  const lode_attention_args *args = h->args;
  float32x4_t most = vdupq_n_f32(0.0f);
  for (size_t j = 0; j < args->n; j++) {
    most = magnitude_of(most, load_lanes(args->v + j * args->ld, c, args->d));
  }
  float factors[TILE_LANES];
  vst1q_f32(factors, most);
  for (size_t i = 0; i < TILE_LANES; i++) {
    h->value_scale[c + i] = lode_attention_i8_scale(factors[i]);
    factors[i] = lode_attention_i8_inverse(factors[i]);
  }
  const float32x4_t inverse = vld1q_f32(factors);
  int16_t *out = h->values + c / TILE_PANEL * TILE_PANEL * h->width + c % TILE_PANEL;
  int32_t *start = h->value_start + c;
  for (size_t j = 0; j < args->n; start += h->wide) {
    const size_t stop = j + lode_attention_i8_chunk(args->n - j);
    int32x4_t sum = vdupq_n_s32(0);
    for (; j < stop; j++, out += TILE_PANEL) {
      const int16x4_t v = integers_of(args->v + j * args->ld, c, args->d, inverse);
      sum = vaddw_s16(sum, v);
      vst1_s16(out, v);
    }
    vst1q_s32(start, vshlq_n_s32(sum, LODE_ATTENTION_I8_OFFSET_BITS));
  }
}

#include "kernels/attention_i8/pack_rows.h"

/* ---- products */

/* The scores of the keys of a panel from j on, for the queries of the block. */
TILE_INLINE void scores_of(const head *h, const int rows, size_t j) {
  int32x4_t sums[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = vdupq_n_s32(0);
  const int8_t *b = (const int8_t *)h->keys + j * h->depth, *row = h->queries;
  const size_t words = (h->args->d + FOUR - 1) / FOUR;
  for (size_t w = 0; w < words; w++, b += TILE_PANEL * FOUR, row += FOUR) {
    const int8x16_t b0 = vld1q_s8(b), b1 = vld1q_s8(b + ROW_STEP);
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
      const int32_t *word = (const int32_t *)(const void *)(row + (size_t)r * h->query_bytes);
      const int8x16_t a = vreinterpretq_s8_s32(vld1q_dup_s32(word));
      sums[r][0] = dot_of(sums[r][0], b0, a);
      sums[r][1] = dot_of(sums[r][1], b1, a);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) {
#pragma GCC unroll 2
    for (int v = 0; v < TILE_VECTORS; v++) {
      const size_t at = j + (size_t)v * TILE_LANES;
      vst1q_f32(h->scores + (size_t)r * h->stride + at,
                vfmaq_f32(vld1q_f32(h->key_bias + at), vcvtq_f32_s32(sums[r][v]),
                          vld1q_f32(h->key_scale + at)));
    }
  }
}

/* One token of four, `lane`: the instruction wants it as a constant. */
#define ADD_TOKEN(lane)                                                           \
  do {                                                                            \
    const int16x8_t b = vld1q_s16(panel + (lane) * TILE_PANEL);                   \
    _Pragma("GCC unroll 8") for (int r = 0; r < rows; r++) {                      \
      sums[r][0] = vmlal_lane_s16(sums[r][0], vget_low_s16(b), weights[r], lane); \
      sums[r][1] = vmlal_high_lane_s16(sums[r][1], b, weights[r], lane);          \
    }                                                                             \
  } while (0)

/* Weights times a panel of values: [rows][TILE_PANEL]. */
TILE_INLINE void sums_of(const int rows, const lode_attention_i8_product *p, size_t tokens,
                         int32_t *out) {
  int32x4_t sums[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) {
    sums[r][0] = vld1q_s32(p->start);
    sums[r][1] = vld1q_s32(p->start + TILE_LANES);
  }
  const int16_t *panel = p->panel;
  const char *row = p->row;
  int16x4_t weights[TILE_ROWS];
  for (; tokens >= 4; tokens -= 4, panel += 4 * TILE_PANEL, row += 4 * sizeof(int16_t)) {
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
      weights[r] = vld1_s16((const int16_t *)(const void *)(row + (size_t)r * p->row_bytes));
    }
    ADD_TOKEN(0);
    ADD_TOKEN(1);
    ADD_TOKEN(2);
    ADD_TOKEN(3);
  }
  for (; tokens > 0; tokens--, panel += TILE_PANEL, row += sizeof(int16_t)) {
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
      weights[r] = vld1_dup_s16((const int16_t *)(const void *)(row + (size_t)r * p->row_bytes));
    }
    ADD_TOKEN(0);
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) {
    vst1q_s32(out + r * TILE_PANEL, sums[r][0]);
    vst1q_s32(out + r * TILE_PANEL + TILE_LANES, sums[r][1]);
  }
}
#undef ADD_TOKEN

#define DEFINE(rows)                                                                    \
  __attribute__((noinline)) static void scores_##rows(const head *h, size_t j) {        \
    scores_of(h, rows, j);                                                              \
  }                                                                                     \
  __attribute__((noinline)) static void sums_##rows(const lode_attention_i8_product *p, \
                                                    size_t tokens, int32_t *out) {      \
    sums_of(rows, p, tokens, out);                                                      \
  }
TILE_HEIGHTS(DEFINE)
#undef DEFINE

static const struct {
  void (*scores)(const head *h, size_t j);
  void (*sums)(const lode_attention_i8_product *p, size_t tokens, int32_t *out);
} by_height[] = {{NULL, NULL},
#define NAME(rows) {scores_##rows, sums_##rows},
                 TILE_HEIGHTS(NAME)
#undef NAME
};

/* ---- a block of queries */

static inline uint32x4_t weights_of(float32x4_t score, float32x4_t factor, float32x4_t shift) {
  float32x4_t x = vnegq_f32(vabsq_f32(score * factor + shift));
  x = vmaxnmq_f32(x, vdupq_n_f32(-30.0f)); /* NaN becomes -30 */
  const float32x4_t whole = vrndmq_f32(x), r = vsubq_f32(x, whole);
  float32x4_t e = vdupq_n_f32(LODE_ATTENTION_I8_ONE * LODE_EXP2_C3);
  e = e * r + LODE_ATTENTION_I8_ONE * LODE_EXP2_C2;
  e = e * r + LODE_ATTENTION_I8_ONE * LODE_EXP2_C1;
  e = e * r + LODE_ATTENTION_I8_ONE * LODE_EXP2_C0;
  const int32x4_t exponent = vshlq_n_s32(vcvtq_s32_f32(whole), 23);
  return vcvtnq_u32_f32(vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(e), exponent)));
}

static float largest_score(const head *h, const float *scores) {
  float32x4_t most = vdupq_n_f32(-INFINITY);
  for (size_t j = 0; j < h->width; j += TILE_LANES) {
    most = vmaxnmq_f32(most, vld1q_f32(scores + j));
  }
  return vmaxvq_f32(most);
}

/* The scores of a row become weights; returns their sum. */
static uint32_t weigh(const head *h, size_t r, float query_scale) {
  const float *scores = h->scores + r * h->stride;
  int16_t *weights = h->weights + r * h->stride;
  const uint16x8_t offset = vdupq_n_u16(LODE_ATTENTION_I8_WEIGHT_OFFSET);
  const float factor = query_scale * h->args->scale * LODE_EXP_LOG2E;
  const float32x4_t f = vdupq_n_f32(factor);
  const float32x4_t shift = vdupq_n_f32(-largest_score(h, scores) * factor);
  uint32x4_t total = vdupq_n_u32(0);
  for (size_t j = 0; j < h->width; j += TILE_PANEL) {
    const uint32x4_t w0 = weights_of(vld1q_f32(scores + j), f, shift);
    const uint32x4_t w1 = weights_of(vld1q_f32(scores + j + TILE_LANES), f, shift);
    total = vaddq_u32(total, vaddq_u32(w0, w1));
    const uint16x8_t both = veorq_u16(vcombine_u16(vmovn_u32(w0), vmovn_u32(w1)), offset);
    vst1q_s16(weights + j, vreinterpretq_s16_u16(both));
  }
  return vaddvq_u32(total);
}

/* ---- from weights to outputs */

static inline void store_columns(float *to, size_t columns, size_t v, float32x4_t x) {
  tile_store_part(to, tile_mask(columns, v), x);
}

static inline void value_sums(size_t rows, const lode_attention_i8_product *p, size_t tokens,
                              int32_t *sums) {
  by_height[rows].sums(p, tokens, sums);
}

#include "kernels/attention_i8/values_lanes.h"

/* Queries i .. i + rows - 1. */
static void block(const head *h, size_t i, size_t rows) {
  const lode_attention_args *args = h->args;
  float scale[TILE_ROWS], inverse[TILE_ROWS];
  for (size_t r = 0; r < rows; r++) {
    scale[r] = quantize_row(args->d, args->q + (i + r) * args->ld,
                            (int8_t *)h->queries + r * h->query_bytes);
  }
  for (size_t j = 0; j < h->width; j += TILE_PANEL) by_height[rows].scores(h, j);
  for (size_t r = 0; r < rows; r++) inverse[r] = 1.0f / (float)(int32_t)weigh(h, r, scale[r]);
  for (size_t c = 0; c < args->d; c += TILE_PANEL) outputs_of(h, i, rows, c, inverse);
}

#include "kernels/attention_i8/attention_i8_kernel.h"

#endif
