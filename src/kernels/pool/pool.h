/* One vector from the token rows x [t, n] of one sequence, out [n]; rows where
 * skip <= i are used (skip: prompt tokens left out). t - skip = 0 gives zeros, but for cls.
 *   mean            sum / t'
 *   mean_sqrt_len   sum / sqrt(t')
 *   weighted_mean   sum of (i+1) x[i] / sum of (i+1), i counted from the sequence's start
 *   max             elementwise maximum
 *   cls             row skip, the first that is used; row 0 where none is
 *   last            row t - 1
 * Sums run over rows in order, in f32. */
#ifndef LODE_KERNELS_POOL_H
#define LODE_KERNELS_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/types.h"

typedef struct lode_pool_kernel {
  const char *name;
  uint32_t features;
  void (*run)(lode_pooling kind /* one bit */, size_t t, size_t skip, size_t n, const float *x,
              size_t ldx, float *out);
} lode_pool_kernel;

const lode_pool_kernel *lode_pool_select(uint32_t features);
const lode_pool_kernel *lode_pool_kernel_at(size_t i);

#endif
