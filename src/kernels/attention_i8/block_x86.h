/* The rest of a kernel on the registers of x86-64, from what its file has defined before it
 * includes this: what values_lanes.h asks for but value_sums, and
 *
 *   what attention_i8_kernel.h asks for but block
 *   scales, largest_of_each(v), quantize_queries(h, x, rows, s), weigh(h, r, factor, most)
 *   key_product(h, j)                queries times the panel of keys from j on
 *   scores_of(h, rows, p, j, most), sums_of(rows, p, out)   for a constant number of rows
 */
#ifndef LODE_KERNELS_ATTENTION_I8_BLOCK_X86_H
#define LODE_KERNELS_ATTENTION_I8_BLOCK_X86_H

#include <math.h>

#include "kernels/activation/math_constants.h"
#include "kernels/attention_i8/attention_i8_blocks.h"
#include "kernels/lanes.h"

/* The products are functions of their own, for each height: in one function with other loops gcc
 * does not keep all the sums in registers. */
#define DEFINE(rows)                                                                    \
  __attribute__((noinline)) static void scores_##rows(                                  \
      const head *h, const lode_attention_i8_product *p, size_t j, lanes_f32 *most) {   \
    scores_of(h, rows, p, j, most);                                                     \
  }                                                                                     \
  __attribute__((noinline)) static void sums_##rows(const lode_attention_i8_product *p, \
                                                    int32_t *out) {                     \
    sums_of(rows, p, out);                                                              \
  }
TILE_HEIGHTS(DEFINE)
#undef DEFINE

static const struct {
  void (*scores)(const head *h, const lode_attention_i8_product *p, size_t j, lanes_f32 *most);
  void (*sums)(const lode_attention_i8_product *p, int32_t *out);
} by_height[] = {{NULL, NULL},
#define NAME(rows) {scores_##rows, sums_##rows},
                 TILE_HEIGHTS(NAME)
#undef NAME
};

static inline void value_sums(size_t rows, const lode_attention_i8_product *p, size_t tokens,
                              int32_t *sums) {
  (void)tokens; /* p->words: two in a word */
  by_height[rows].sums(p, sums);
}

#include "kernels/attention_i8/values_lanes.h"

/* Queries i .. i + rows - 1. */
static void block(const head *h, size_t i, size_t rows) {
  const lode_attention_args *args = h->args;
  scales s;
  float largest[TILE_LANES], inverse[TILE_ROWS];
  lanes_f32 most[TILE_LANES];
  quantize_queries(h, args->q + i * args->ld, rows, &s);
  for (size_t r = 0; r < TILE_LANES; r++) most[r] = lanes_set(-INFINITY);
  for (size_t j = 0; j < h->width; j += TILE_PANEL) {
    const lode_attention_i8_product p = key_product(h, j);
    by_height[rows].scores(h, &p, j, most);
  }
  lanes_store(largest, largest_of_each(most));
  for (size_t r = 0; r < rows; r++) {
    const float factor = s.scale[r] * args->scale * LODE_EXP_LOG2E;
    inverse[r] = 1.0f / (float)weigh(h, r, factor, largest[r]);
  }
  for (size_t c = 0; c < args->d; c += TILE_PANEL) outputs_of(h, i, rows, c, inverse);
}

#include "kernels/attention_i8/attention_i8_kernel.h"

#endif
