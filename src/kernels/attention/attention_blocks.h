/* What the tiled attention kernels share. Both products are the gemm's tiles: Q against
 * packed keys (lanes are keys), then the exponentials against packed values (lanes are
 * components). A block of rows, as high as a tile, goes through scores, softmax and values
 * before the next, so its scores stay in the L1 or L2, and no maximum is ever revised. */
#ifndef LODE_KERNELS_ATTENTION_BLOCKS_H
#define LODE_KERNELS_ATTENTION_BLOCKS_H

#include "kernels/attention/attention.h"

/* One call: its arguments, and the parts of its scratch. */
typedef struct lode_attention_head {
  const lode_attention_args *args;
  size_t width;  /* n rounded up to whole panels of keys */
  size_t stride; /* floats between rows of scores */
  /* Room in floats; a kernel of narrower elements uses a part of it. */
  float *keys;    /* [width / panel][d][panel]: panels of keys, those past n are zero */
  float *values;  /* [d / panel, rounded up][n][panel]: panels of components, likewise */
  float *scores;  /* [rows][stride] */
  float *queries; /* [rows][query_stride], for kernels that convert them */
  size_t query_stride;
} lode_attention_head;

typedef struct lode_attention_tiling {
  size_t rows, panel; /* the largest tile; panel a multiple of deep */
  size_t deep;        /* sums over components and over tokens go on to a multiple of this */
  void (*pack)(const lode_attention_head *head); /* fills keys and values */
  /* The outputs of queries i .. i + rows - 1. */
  void (*block)(const lode_attention_head *head, size_t i, size_t rows);
} lode_attention_tiling;

size_t lode_attention_blocks_scratch(const lode_attention_tiling *tiling, size_t n, size_t d);
void lode_attention_blocks_run(const lode_attention_tiling *tiling,
                               const lode_attention_args *args);

#endif
