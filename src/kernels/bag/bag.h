/* The mean of rows of a table, chosen by tokens: what a static model computes.
 *
 *   row_i   = map ? map[id_i] : id_i
 *   c_i     = scale[row_i] * weight[id_i]               scale and weight NULL: 1
 *   out[j]  = (sum over i of table[row_i][j] * c_i) / n      n = 0: zeros
 *
 * A product is rounded, and then its sum; sums begin at 0 and run over tokens in order, in f32;
 * one division. Elements of a row do not meet, so every kernel gives the same bits. |error| <=
 * (n + 3) u sum|terms| / n against exact arithmetic on the table's values.
 *
 * Elements of the table are F32, F16, BF16, I8 (scale), or I4: two in a byte, value + 8, the
 * element of the even column in the low half; `cols` is even then. */
#ifndef LODE_KERNELS_BAG_H
#define LODE_KERNELS_BAG_H

#include <stddef.h>
#include <stdint.h>

#include "base/types.h"

typedef struct lode_bag_args {
  const void *table; /* [rows, cols], rows without gaps, aligned to its element */
  lode_dtype dtype;
  size_t cols;
  const float *scale;  /* [rows], or NULL */
  const int32_t *map;  /* [ids], or NULL; each below rows */
  const float *weight; /* [ids], or NULL */
  size_t n;
  const int32_t *ids; /* [n] */
  float *out;         /* [cols] */
} lode_bag_args;

typedef struct lode_bag_kernel {
  const char *name;
  uint32_t features;
  void (*mean)(const lode_bag_args *args);
} lode_bag_kernel;

const lode_bag_kernel *lode_bag_select(uint32_t features);
const lode_bag_kernel *lode_bag_kernel_at(size_t i);

static inline size_t lode_bag_row(const lode_bag_args *args, size_t i) {
  return (size_t)(args->map ? args->map[args->ids[i]] : args->ids[i]);
}

static inline float lode_bag_factor(const lode_bag_args *args, size_t i, size_t row) {
  const float scale = args->scale ? args->scale[row] : 1.0f;
  return args->weight ? scale * args->weight[args->ids[i]] : scale;
}

#endif
