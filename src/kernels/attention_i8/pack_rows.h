/* Keys and values one after the other, from what the file that includes this has defined before:
 *
 *   element, WORD              of keys: int8_t or int16_t, and how many make a word of 32 bits
 *   quantize_row(d, row, out)  a row as elements, with zeros to the depth; returns its scale
 *   pack_values(h, c)          components c .. c + TILE_LANES - 1 of all values
 */
#ifndef LODE_KERNELS_ATTENTION_I8_PACK_ROWS_H
#define LODE_KERNELS_ATTENTION_I8_PACK_ROWS_H

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/attention_i8/attention_i8_blocks.h"

/* Key j, past the last zeros, as words, a panel apart. */
static void pack_key(const lode_attention_i8_head *h, size_t j) {
  const lode_attention_args *args = h->args;
  const bool there = j < args->n;
  element *row = h->queries; /* not yet in use */
  h->key_scale[j] = there ? quantize_row(args->d, args->k + j * args->ld, row) : 0.0f;
  h->key_bias[j] = there ? 0.0f : -INFINITY;
  if (!there) memset(row, 0, h->depth * sizeof *row);
  element *out =
      (element *)h->keys + j / TILE_PANEL * TILE_PANEL * h->depth + j % TILE_PANEL * WORD;
  for (size_t c = 0; c < h->depth; c += WORD) {
    memcpy(out + c * TILE_PANEL, row + c, WORD * sizeof *row);
  }
}

static void pack(const lode_attention_i8_head *h) {
  for (size_t j = 0; j < h->width; j++) pack_key(h, j);
  for (size_t c = 0; c < h->wide; c += TILE_LANES) pack_values(h, c);
}

#endif
