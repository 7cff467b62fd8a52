/* The functions of a lode_norm_kernel, for the instruction set of the file that includes this. */
#ifndef LODE_KERNELS_NORM_NORM_LANES_H
#define LODE_KERNELS_NORM_NORM_LANES_H

#include <math.h>

#include "kernels/dot/sum64_lanes.h"
#include "kernels/norm/norm.h"

/* sum of (x - centre)^2 */
static inline float sum_squares(size_t n, const float *x, float centre) {
  const lanes_f32 c = lanes_set(centre);
  lanes_f32 sums[SUM64_VECTORS];
  sum64_clear(sums);
  size_t j = 0;
  for (; j + LODE_SUM64_LANES <= n; j += LODE_SUM64_LANES) {
#pragma GCC unroll 16
    for (size_t v = 0; v < SUM64_VECTORS; v++) {
      const lanes_f32 d = lanes_load(x + j + v * LANES) - c;
      sums[v] += d * d;
    }
  }
  if (j < n) {
#pragma GCC unroll 16
    for (size_t v = 0; v < SUM64_VECTORS; v++) {
      const size_t left = sum64_left(n - j, v);
      const lanes_f32 d = lanes_load_some(x + j + v * LANES, left) - c;
      const lanes_f32 within = (lanes_f32)((lanes_i32)d & lanes_first(left));
      sums[v] += within * within;
    }
  }
  return sum64_total(sums);
}

/* y = (x - mean) * scale * gamma + beta for one row. */
static inline void apply(size_t n, const float *x, float mean, float scale, const float *gamma,
                         const float *beta, float *y) {
  const lanes_f32 c = lanes_set(mean), s = lanes_set(scale);
  size_t j = 0;
  for (; j + LANES <= n; j += LANES) {
    const lanes_f32 b = beta ? lanes_load(beta + j) : lanes_set(0.0f);
    lanes_store(y + j, (lanes_load(x + j) - c) * s * lanes_load(gamma + j) + b);
  }
  for (; j < n; j++) y[j] = (x[j] - mean) * scale * gamma[j] + (beta ? beta[j] : 0.0f);
}

static void layernorm(size_t m, size_t n, const float *x, size_t ldx, const float *gamma,
                      const float *beta, float eps, float *y, size_t ldy) {
  for (size_t i = 0; i < m; i++, x += ldx, y += ldy) {
    const float mean = sum64(n, x) / (float)n;
    const float variance = sum_squares(n, x, mean) / (float)n;
    apply(n, x, mean, 1.0f / sqrtf(variance + eps), gamma, beta, y);
  }
}

static void l2(size_t m, size_t n, const float *x, size_t ldx, float *y, size_t ldy) {
  for (size_t i = 0; i < m; i++, x += ldx, y += ldy) {
    const float length = sqrtf(sum_squares(n, x, 0.0f));
    const float least = (float)LODE_NORM_L2_LEAST;
    const float divisor = length < least ? least : length;
    const lanes_f32 d = lanes_set(divisor);
    size_t j = 0;
    for (; j + LANES <= n; j += LANES) lanes_store(y + j, lanes_load(x + j) / d);
    for (; j < n; j++) y[j] = x[j] / divisor;
  }
}

#endif
