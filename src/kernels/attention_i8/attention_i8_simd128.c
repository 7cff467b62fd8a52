/* Both products are of 16-bit integers: i32x4.dot_i16x8_s multiplies them and adds neighbours, two
 * components of a score, two tokens of a value. The relaxed dot of bytes would want one side in 7
 * bits. 4 x 8: 8 sums, 2 vectors and what a product takes fit the registers of x86-64, and heads
 * are whole panels. */
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <wasm_simd128.h>

#include "base/cpu.h"
#include "kernels/activation/math_constants.h"
#include "kernels/attention_i8/attention_i8_blocks.h"
#include "kernels/lanes.h"
#include "kernels/quantize/quantize.h"

enum {
  TILE_LANES = 4,
  TILE_VECTORS = 2,
  TILE_PANEL = TILE_VECTORS * TILE_LANES,
  TILE_ROWS = 4,
  TWO = 2, /* integers in a word */
  WORD = TWO,
  DEEP = TILE_PANEL,
  ELEMENT = sizeof(int16_t),
};

#define TILE_HEIGHTS(X) X(1) X(2) X(3) X(4)

typedef lode_attention_i8_head head;
typedef int16_t element;

/* ---- to integers */

/* Components c .. c + 3 of a row of d, zeros past the last. */
static inline lanes_f32 load_lanes(const float *row, size_t c, size_t d) {
  return c < d ? lanes_load_some(row + c, d - c) : lanes_set(0.0f);
}

static inline void put_words(int16_t *to, lanes_f32 a, lanes_f32 b, float inverse) {
  const lanes_i32 low = lanes_round(a * inverse), high = lanes_round(b * inverse);
  wasm_v128_store(to, wasm_i16x8_narrow_i32x4((v128_t)low, (v128_t)high));
}

/* A row of d floats as s16, with zeros to whole panels; returns its scale. */
static float quantize_row(size_t d, const float *row, int16_t *out) {
  lanes_f32 most[TILE_VECTORS] = {lanes_set(0.0f), lanes_set(0.0f)};
  size_t c = 0;
  for (; c + TILE_PANEL <= d; c += TILE_PANEL) {
    most[0] = lanes_larger(lanes_magnitude(lanes_load(row + c)), most[0]);
    most[1] = lanes_larger(lanes_magnitude(lanes_load(row + c + TILE_LANES)), most[1]);
  }
  for (; c < d; c += TILE_LANES) {
    most[0] = lanes_larger(lanes_magnitude(load_lanes(row, c, d)), most[0]);
  }
  const float largest = lanes_largest(lanes_larger(most[0], most[1]));
  const float inverse = lode_attention_i8_inverse(largest);
  for (c = 0; c + TILE_PANEL <= d; c += TILE_PANEL) {
    put_words(out + c, lanes_load(row + c), lanes_load(row + c + TILE_LANES), inverse);
  }
  if (c < d) put_words(out + c, load_lanes(row, c, d), load_lanes(row, c + TILE_LANES, d), inverse);
  return lode_attention_i8_scale(largest);
}

static inline lanes_i32 value_at(const head *h, size_t c, size_t j, lanes_f32 inverse) {
  if (j >= h->args->n) return (lanes_i32){0};
  return lanes_round(load_lanes(h->args->v + j * h->args->ld, c, h->args->d) * inverse);
}

/* 4 components, from c on, of all values: words of two tokens. */
static void pack_values(const head *h, size_t c) {
  const lode_attention_args *args = h->args;
  lanes_f32 most = lanes_set(0.0f);
  for (size_t j = 0; j < args->n; j++) {
    most = lanes_larger(lanes_magnitude(load_lanes(args->v + j * args->ld, c, args->d)), most);
  }
  lanes_f32 inverse;
  for (size_t i = 0; i < TILE_LANES; i++) {
    h->value_scale[c + i] = lode_attention_i8_scale(most[i]);
    inverse[i] = lode_attention_i8_inverse(most[i]);
  }
  int16_t *out = h->values + c / TILE_PANEL * TILE_PANEL * h->width + c % TILE_PANEL * TWO;
  int32_t *start = h->value_start + c;
  for (size_t j = 0; j < args->n; start += h->wide) {
    const size_t stop = j + lode_attention_i8_chunk(args->n - j);
    lanes_i32 sum = {0};
    for (; j < stop; j += TWO, out += TWO * TILE_PANEL) {
      const lanes_i32 first = value_at(h, c, j, inverse), second = value_at(h, c, j + 1, inverse);
      sum += first + second;
      wasm_v128_store(out, (v128_t)((first & 0xFFFF) | second << 16));
    }
    wasm_v128_store(start, (v128_t)(sum << LODE_ATTENTION_I8_OFFSET_BITS));
  }
}

#include "kernels/attention_i8/pack_rows.h"

/* ---- products */

/* The rows of a block times a panel: [rows][TILE_PANEL]. */
__attribute__((always_inline)) static inline void multiply(const int rows,
                                                           const lode_attention_i8_product *p,
                                                           int32_t *out) {
  v128_t sums[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 4
  for (int r = 0; r < rows; r++) {
    sums[r][0] = p->start != NULL ? wasm_v128_load(p->start) : wasm_i32x4_const_splat(0);
    sums[r][1] =
        p->start != NULL ? wasm_v128_load(p->start + TILE_LANES) : wasm_i32x4_const_splat(0);
  }
  const int16_t *b = p->panel;
  const char *row = p->row;
  for (size_t w = 0; w < p->words; w++, b += TWO * TILE_PANEL, row += sizeof(int32_t)) {
    const v128_t b0 = wasm_v128_load(b), b1 = wasm_v128_load(b + TILE_PANEL);
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
      const v128_t a = wasm_v128_load32_splat(row + (size_t)r * p->row_bytes);
      sums[r][0] = wasm_i32x4_add(sums[r][0], wasm_i32x4_dot_i16x8(a, b0));
      sums[r][1] = wasm_i32x4_add(sums[r][1], wasm_i32x4_dot_i16x8(a, b1));
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < rows; r++) {
    wasm_v128_store(out + r * TILE_PANEL, sums[r][0]);
    wasm_v128_store(out + r * TILE_PANEL + TILE_LANES, sums[r][1]);
  }
}

#define DEFINE(rows)                                                              \
  static void multiply_##rows(const lode_attention_i8_product *p, int32_t *out) { \
    multiply(rows, p, out);                                                       \
  }
TILE_HEIGHTS(DEFINE)
#undef DEFINE

static const struct {
  void (*multiply)(const lode_attention_i8_product *p, int32_t *out);
} by_height[] = {{NULL},
#define NAME(rows) {multiply_##rows},
                 TILE_HEIGHTS(NAME)
#undef NAME
};

/* The scores of the keys of a panel from j on; `most` [rows] becomes their largest so far. */
static void scores_of(const head *h, size_t rows, size_t j, lanes_f32 *most) {
  _Alignas(16) int32_t sums[TILE_ROWS * TILE_PANEL];
  const lode_attention_i8_product p = {.row = h->queries,
                                       .row_bytes = h->query_bytes,
                                       .words = (h->args->d + TWO - 1) / TWO,
                                       .panel = (const int16_t *)h->keys + j * h->depth};
  by_height[rows].multiply(&p, sums);
  for (size_t v = 0; v < TILE_VECTORS; v++) {
    const size_t at = j + v * TILE_LANES;
    const lanes_f32 scale = lanes_load(h->key_scale + at);
    for (size_t r = 0; r < rows; r++) {
      const v128_t sum = wasm_v128_load(sums + r * TILE_PANEL + v * TILE_LANES);
      lanes_f32 t = __builtin_convertvector((lanes_i32)sum, lanes_f32) * scale;
      if (at + TILE_LANES > h->args->n) t = t + lanes_load(h->key_bias + at);
      lanes_store(h->scores + r * h->stride + at, t);
      most[r] = lanes_larger(t, most[r]);
    }
  }
}

static inline void value_sums(size_t rows, const lode_attention_i8_product *p, size_t tokens,
                              int32_t *sums) {
  (void)tokens; /* p->words: two in a word */
  by_height[rows].multiply(p, sums);
}

/* ---- a block of queries */

static inline lanes_i32 weights_of(lanes_f32 score, float factor, float shift) {
  static const float constants[] = {LODE_ATTENTION_I8_ONE * LODE_EXP2_C0,
                                    LODE_ATTENTION_I8_ONE * LODE_EXP2_C1,
                                    LODE_ATTENTION_I8_ONE * LODE_EXP2_C2,
                                    LODE_ATTENTION_I8_ONE * LODE_EXP2_C3,
                                    -30.0f,
                                    LANES_ROUND,
                                    -0.0f};
  const float *k = lanes_in_memory(constants);
  const lanes_f32 round = lanes_set(k[5]);
  lanes_f32 x = (lanes_f32)((lanes_i32)(score * factor + shift) | (lanes_i32)lanes_set(k[6]));
  x = lanes_larger(x, lanes_set(k[4])); /* NaN becomes -30 */
  const lanes_f32 whole = lanes_floor(x), r = x - whole;
  lanes_f32 e = lanes_set(k[3]);
  e = e * r + k[2];
  e = e * r + k[1];
  e = e * r + k[0];
  const lanes_i32 exponent = (lanes_i32)(whole + round) << 23;
  const lanes_f32 y = (lanes_f32)((lanes_i32)e + exponent);
  return (lanes_i32)((lanes_u32)(y + round) - (lanes_u32)round);
}

/* The scores of a row become weights; returns their sum. */
static int32_t weigh(const head *h, size_t r, float factor, float most) {
  const float *scores = h->scores + r * h->stride;
  int16_t *weights = h->weights + r * h->stride;
  const v128_t offset = wasm_i16x8_const_splat((int16_t)-LODE_ATTENTION_I8_WEIGHT_OFFSET);
  const float shift = -most * factor;
  lanes_i32 total = {0};
  for (size_t j = 0; j < h->width; j += TILE_PANEL) {
    const lanes_i32 a = weights_of(lanes_load(scores + j), factor, shift);
    const lanes_i32 b = weights_of(lanes_load(scores + j + TILE_LANES), factor, shift);
    total += a + b;
    const v128_t both = wasm_u16x8_narrow_i32x4((v128_t)a, (v128_t)b);
    wasm_v128_store(weights + j, wasm_v128_xor(both, offset));
  }
  return lanes_sum(total);
}

static inline void store_columns(float *to, size_t columns, size_t v, lanes_f32 x) {
  if (columns > v * TILE_LANES) lanes_store_some(to, columns - v * TILE_LANES, x);
}

#include "kernels/attention_i8/values_lanes.h"

/* Queries i .. i + rows - 1. */
static void block(const head *h, size_t i, size_t rows) {
  const lode_attention_args *args = h->args;
  float scale[TILE_ROWS], inverse[TILE_ROWS];
  lanes_f32 most[TILE_ROWS];
  for (size_t r = 0; r < rows; r++) {
    scale[r] = quantize_row(args->d, args->q + (i + r) * args->ld,
                            (int16_t *)h->queries + r * h->query_bytes / sizeof(int16_t));
    most[r] = lanes_set(-INFINITY);
  }
  for (size_t j = 0; j < h->width; j += TILE_PANEL) scores_of(h, rows, j, most);
  for (size_t r = 0; r < rows; r++) {
    const float factor = scale[r] * args->scale * LODE_EXP_LOG2E;
    inverse[r] = 1.0f / (float)weigh(h, r, factor, lanes_largest(most[r]));
  }
  for (size_t c = 0; c < args->d; c += TILE_PANEL) outputs_of(h, i, rows, c, inverse);
}

#include "kernels/attention_i8/attention_i8_kernel.h"

const lode_attention_kernel lode_attention_i8_simd128 = {
    .name = "simd128",
    .features = LODE_CPU_SIMD128,
    .scratch_size = scratch_size,
    .run = run,
};
