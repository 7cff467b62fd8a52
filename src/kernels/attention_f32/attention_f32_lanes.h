/* The functions of a lode_attention_kernel, for the instruction set of the file that includes
 * this. It has defined before, beside TILE_ROWS, TILE_VECTORS, TILE_PANEL, TILE_HEIGHTS and
 * TILE_INLINE (kernels/gemm/tile_<isa>.h; a lane of a tile is one of kernels/lanes.h)
 *
 *   product(rows, k, a, lda, b, sums)   sums = A B: `rows` rows of A, one packed panel of columns
 *   tile_transpose(rows)                LANES vectors: rows[j][p] becomes rows[p][j] */
#ifndef LODE_KERNELS_ATTENTION_F32_LANES_H
#define LODE_KERNELS_ATTENTION_F32_LANES_H

#include <math.h>

#include "kernels/activation/math_lanes.h"
#include "kernels/attention/attention_blocks.h"
#include "kernels/attention_f32/attention_f32.h"
#include "kernels/dot/sum64_lanes.h"

static void pack_keys(const lode_attention_head *h) {
  const lode_attention_args *args = h->args;
  for (size_t j0 = 0; j0 < h->width; j0 += LANES) {
    float *out = h->keys + j0 / TILE_PANEL * TILE_PANEL * args->d + j0 % TILE_PANEL;
    for (size_t c0 = 0; c0 < args->d; c0 += LANES) {
      const size_t components = args->d - c0 < LANES ? args->d - c0 : LANES;
      lanes_f32 rows[LANES];
#pragma GCC unroll 16
      for (size_t j = 0; j < LANES; j++) {
        rows[j] = lanes_set(0.0f);
        if (j0 + j < args->n) {
          rows[j] = lanes_load_some(args->k + (j0 + j) * args->ld + c0, components);
        }
      }
      tile_transpose(rows);
      for (size_t c = 0; c < components; c++) lanes_store(out + (c0 + c) * TILE_PANEL, rows[c]);
    }
  }
}

static void pack_values(const lode_attention_head *h) {
  const lode_attention_args *args = h->args;
  float *out = h->values;
  for (size_t c = 0; c < args->d; c += TILE_PANEL) {
    const float *row = args->v + c;
    for (size_t j = 0; j < args->n; j++, row += args->ld, out += TILE_PANEL) {
#pragma GCC unroll 3
      for (size_t v = 0; v < TILE_VECTORS; v++) {
        const size_t left = args->d - c > v * LANES ? args->d - c - v * LANES : 0;
        lanes_store(out + v * LANES, lanes_load_some(row + v * LANES, left));
      }
    }
  }
}

static void pack(const lode_attention_head *h) {
  pack_keys(h);
  pack_values(h);
}

/* x in the first n lanes, -infinity in the others. */
static inline lanes_f32 no_more_than(size_t n, lanes_f32 x) {
  const lanes_i32 within = lanes_first(n), lowest = (lanes_i32)lanes_set(-INFINITY);
  return (lanes_f32)((within & (lanes_i32)x) | (~within & lowest));
}

/* s[j] = exp(scale * (s[j] - max s)); returns their sum, added up in the same order on every
 * processor. The row is as long as its panels: what lies past n is computed and never used. */
static float exponentials(size_t n, float scale, float *s) {
  const size_t whole = n - n % LANES;
  lanes_f32 max = lanes_set(-INFINITY);
  for (size_t j = 0; j < whole; j += LANES) max = lanes_larger(max, lanes_load(s + j));
  if (whole < n) max = lanes_larger(max, no_more_than(n - whole, lanes_load(s + whole)));
  const lanes_f32 factor = lanes_set(scale);
  const lanes_f32 shift = lanes_set(-scale * lanes_largest(max));
  for (size_t j = 0; j < n; j += LANES) {
    lanes_store(s + j, lode_exp_falling(lanes_madd(lanes_load(s + j), factor, shift)));
  }
  return sum64(n, s);
}

/* Sums of `rows` rows in memory, row r over totals[r], to the `columns` columns that C has. */
static void store_columns(size_t rows, const float *sums, const float *totals, size_t columns,
                          float *out, size_t ldo) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t j = 0; j < columns; j += LANES) {
      const lanes_f32 y = lanes_load(sums + r * TILE_PANEL + j) / totals[r];
      lanes_store_some(out + r * ldo + j, columns - j, y);
    }
  }
}

TILE_INLINE void store_sums(const int rows, lanes_f32 sums[TILE_ROWS][TILE_VECTORS], float *to,
                            size_t stride) {
#pragma GCC unroll 14
  for (int r = 0; r < rows; r++) {
#pragma GCC unroll 3
    for (int v = 0; v < TILE_VECTORS; v++) lanes_store(to + v * LANES, sums[r][v]);
    to += stride;
  }
}

/* Queries i .. i + rows - 1. */
TILE_INLINE void block_run(const lode_attention_head *h, size_t i, const int rows) {
  const lode_attention_args *args = h->args;
  lanes_f32 sums[TILE_ROWS][TILE_VECTORS];
  for (size_t j = 0; j < h->width; j += TILE_PANEL) {
    product(rows, args->d, args->q + i * args->ld, args->ld, h->keys + j * args->d, sums);
    store_sums(rows, sums, h->scores + j, h->stride);
  }
  float totals[TILE_ROWS], outputs[TILE_ROWS * TILE_PANEL];
  for (int r = 0; r < rows; r++) {
    totals[r] = exponentials(args->n, args->scale, h->scores + (size_t)r * h->stride);
  }
  for (size_t c = 0; c < args->d; c += TILE_PANEL) {
    const size_t columns = args->d - c < TILE_PANEL ? args->d - c : TILE_PANEL;
    product(rows, args->n, h->scores, h->stride, h->values + c * args->n, sums);
    store_sums(rows, sums, outputs, TILE_PANEL);
    store_columns((size_t)rows, outputs, totals, columns, args->out + i * args->ldo + c, args->ldo);
  }
}

#include "kernels/attention/block_kernel.h"

#endif
