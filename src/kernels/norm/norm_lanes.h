/* The functions of a lode_norm_kernel, for the instruction set of the file that includes this. */
#ifndef LODE_KERNELS_NORM_NORM_LANES_H
#define LODE_KERNELS_NORM_NORM_LANES_H

#include <math.h>

#include "kernels/dot/sum64_lanes.h"
#include "kernels/norm/norm.h"

static inline lanes_f32 square(lanes_f32 x, lanes_f32 centre) {
  const lanes_f32 d = x - centre;
  return d * d;
}

/* sum of (x - centre)^2 */
static inline float sum_squares(size_t n, const float *x, float centre) {
  return sum64_of(n, x, lanes_set(centre), square);
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
  if (j == n) return;
  const lanes_f32 b = beta ? lanes_load_some(beta + j, n - j) : lanes_set(0.0f);
  const lanes_f32 g = lanes_load_some(gamma + j, n - j);
  lanes_store_some(y + j, n - j, (lanes_load_some(x + j, n - j) - c) * s * g + b);
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
    const lanes_f32 d = lanes_set(length < least ? least : length);
    size_t j = 0;
    for (; j + LANES <= n; j += LANES) lanes_store(y + j, lanes_load(x + j) / d);
    if (j < n) lanes_store_some(y + j, n - j, lanes_load_some(x + j, n - j) / d);
  }
}

#endif
