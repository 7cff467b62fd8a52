/* What the vector kernels of attention in integers share: the parts of the scratch, and the loop
 * over blocks of queries. As in kernels/attention/attention_blocks.h, lanes are keys in the first
 * product and components in the second, and a block of rows, as high as a tile, goes through
 * scores, weights and values before the next.
 *
 * Weights are 16 bits, multiplied as signed numbers: P - 32768, to which each sum adds
 * 32768 sum_j v'_j, where it starts. A sum over CHUNK tokens fits in 32 bits, whatever they are. */
#ifndef LODE_KERNELS_ATTENTION_I8_BLOCKS_H
#define LODE_KERNELS_ATTENTION_I8_BLOCKS_H

#include "kernels/attention_i8/attention_i8.h"
#include "kernels/quantize/quantize.h"

enum {
  LODE_ATTENTION_I8_CHUNK = 256, /* tokens: 256 x 65535 x 127 < 2^31 */
  LODE_ATTENTION_I8_WEIGHT_OFFSET = 32768,
  LODE_ATTENTION_I8_OFFSET_BITS = 15,
};

/* One call: its arguments, and the parts of its scratch, each on cache lines of its own. */
typedef struct lode_attention_i8_head {
  const lode_attention_args *args;
  size_t width;         /* n rounded up to whole panels */
  size_t depth;         /* d rounded up as the kernel needs it */
  size_t wide;          /* d rounded up to whole panels */
  size_t query_bytes;   /* of a quantized query */
  size_t stride;        /* of rows of scores and of weights, in elements */
  void *keys;           /* [width / panel][depth][panel] elements */
  void *queries;        /* [rows][query_bytes] */
  float *key_scale;     /* [width], 0 from n on */
  float *key_bias;      /* [width], 0, from n on -infinity: added to scores */
  int32_t *key_start;   /* [width]: where the sums of scores start, if not at 0 */
  int16_t *values;      /* [wide / panel][width][panel] */
  float *value_scale;   /* [wide] */
  int32_t *value_start; /* [n / CHUNK, rounded up][wide] */
  float *scores;        /* [rows][stride] */
  int16_t *weights;     /* [rows][stride]: P - 32768 */
} lode_attention_i8_head;

typedef struct lode_attention_i8_tiling {
  size_t rows, panel;                               /* the largest tile */
  size_t deep;                                      /* depth is a multiple of this */
  size_t element;                                   /* bytes of a component of a key or query */
  void (*pack)(const lode_attention_i8_head *head); /* keys and values, and what belongs to them */
  /* The outputs of queries i .. i + rows - 1. */
  void (*block)(const lode_attention_i8_head *head, size_t i, size_t rows);
} lode_attention_i8_tiling;

size_t lode_attention_i8_blocks_scratch(const lode_attention_i8_tiling *tiling, size_t n, size_t d);
void lode_attention_i8_blocks_run(const lode_attention_i8_tiling *tiling,
                                  const lode_attention_args *args);

/* A panel's lanes times the rows of a block: words of two or four integers of each. */
typedef struct lode_attention_i8_product {
  const void *row; /* the first, row_bytes apart */
  size_t row_bytes, words;
  const void *panel;    /* [words][lanes] words */
  const int32_t *start; /* [lanes]: where sums start; NULL: at 0 */
} lode_attention_i8_product;

/* What makes integers of numbers, of which this is the largest magnitude, floats, */
static inline float lode_attention_i8_scale(float most) {
  return most < LODE_QUANTIZE_LEAST ? 0.0f : most / 127.0f;
}

/* and floats integers; 0 where they count as 0. */
static inline float lode_attention_i8_inverse(float most) {
  return most < LODE_QUANTIZE_LEAST ? 0.0f : 127.0f / most;
}

/* Of tokens that are left, those of the next chunk. */
static inline size_t lode_attention_i8_chunk(size_t left) {
  return left < LODE_ATTENTION_I8_CHUNK ? left : LODE_ATTENTION_I8_CHUNK;
}

/* The chunk of tokens from j on: weights times the panel of components from c on. */
static inline lode_attention_i8_product lode_attention_i8_values(const lode_attention_i8_head *head,
                                                                 size_t panel, size_t c, size_t j) {
  return (lode_attention_i8_product){
      .row = head->weights + j,
      .row_bytes = head->stride * sizeof *head->weights,
      .words = (lode_attention_i8_chunk(head->args->n - j) + 1) / 2,
      .panel = head->values + c * head->width + j * panel,
      .start = head->value_start + j / LODE_ATTENTION_I8_CHUNK * head->wide + c};
}

#endif
