/* From weights and values to outputs, the same on every instruction set with vectors. The file
 * that includes this has defined before
 *
 *   value_sums(rows, p, tokens, sums)         weights times a panel of values: [rows][TILE_PANEL]
 *   store_columns(to, columns, v, x)          those of vector v that are within the columns
 */
#ifndef LODE_KERNELS_ATTENTION_I8_VALUES_LANES_H
#define LODE_KERNELS_ATTENTION_I8_VALUES_LANES_H

#include <stdbool.h>
#include <string.h>

#include "kernels/attention_i8/attention_i8_blocks.h"
#include "kernels/lanes.h"

static inline lanes_i32 integers_at(const int32_t *from) {
  lanes_i32 x;
  memcpy(&x, from, sizeof x);
  return x;
}

/* A sum of 32 bits as two floats that add up to it, both exact, and so are sums of many. */
static inline void add_parts(lanes_i32 sum, float *upper, float *lower) {
  lanes_store(upper, lanes_load(upper) + __builtin_convertvector(sum >> 16, lanes_f32));
  lanes_store(lower, lanes_load(lower) + __builtin_convertvector(sum & 0xFFFF, lanes_f32));
}

/* The sums over all tokens for a panel of components, rounded once: [rows][TILE_PANEL]. */
static void weighted_values(const lode_attention_i8_head *h, size_t rows, size_t c, float *out) {
  _Alignas(64) int32_t sums[TILE_ROWS * TILE_PANEL];
  _Alignas(64) float upper[TILE_ROWS * TILE_PANEL];
  const size_t n = h->args->n, count = rows * TILE_PANEL;
  const bool chunks = n > LODE_ATTENTION_I8_CHUNK;
  if (chunks) {
    memset(upper, 0, count * sizeof *upper);
    memset(out, 0, count * sizeof *out);
  }
  for (size_t j = 0; j < n; j += LODE_ATTENTION_I8_CHUNK) {
    const lode_attention_i8_product p = lode_attention_i8_values(h, TILE_PANEL, c, j);
    value_sums(rows, &p, lode_attention_i8_chunk(n - j), sums);
    for (size_t i = 0; chunks && i < count; i += TILE_LANES) {
      add_parts(integers_at(sums + i), upper + i, out + i);
    }
  }
  for (size_t i = 0; i < count; i += TILE_LANES) {
    lanes_f32 y = __builtin_convertvector(integers_at(sums + i), lanes_f32);
    if (chunks) y = lanes_load(upper + i) * 65536.0f + lanes_load(out + i);
    lanes_store(out + i, y);
  }
}

/* The outputs of queries i .. for a panel of components from c on. */
static void outputs_of(const lode_attention_i8_head *h, size_t i, size_t rows, size_t c,
                       const float *inverse) {
  const lode_attention_args *args = h->args;
  _Alignas(64) float sums[TILE_ROWS * TILE_PANEL];
  weighted_values(h, rows, c, sums);
  for (size_t v = 0; v < TILE_VECTORS; v++) {
    const size_t at = c + v * TILE_LANES;
    if (at >= args->d) break;
    const lanes_f32 scale = lanes_load(h->value_scale + at);
    for (size_t r = 0; r < rows; r++) {
      const lanes_f32 sum = lanes_load(sums + r * TILE_PANEL + v * TILE_LANES);
      store_columns(args->out + (i + r) * args->ldo + at, args->d - c, v, sum * inverse[r] * scale);
    }
  }
}

#endif
