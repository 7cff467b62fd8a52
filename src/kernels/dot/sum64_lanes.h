/* The lanes of sum64.h in vectors. */
#ifndef LODE_KERNELS_DOT_SUM64_LANES_H
#define LODE_KERNELS_DOT_SUM64_LANES_H

#include "kernels/dot/sum64.h"
#include "kernels/lanes.h"

enum { SUM64_VECTORS = LODE_SUM64_LANES / LANES };

static inline void sum64_clear(lanes_f32 sums[SUM64_VECTORS]) {
#pragma GCC unroll 16
  for (size_t v = 0; v < SUM64_VECTORS; v++) sums[v] = lanes_set(0.0f);
}

static inline float sum64_total(lanes_f32 sums[SUM64_VECTORS]) {
  enum { OF_32 = SUM64_VECTORS < 8 ? SUM64_VECTORS : 8 };
  for (int v = 8; v < SUM64_VECTORS; v++) sums[v - 8] += sums[v];
  for (int v = 4; v < OF_32; v++) sums[v - 4] += sums[v];
  return lanes_total((sums[0] + sums[2]) + (sums[1] + sums[3]));
}

/* How many elements of the `left` at the end of an array are left for vector v. */
static inline size_t sum64_left(size_t left, size_t v) {
  return left > v * LANES ? left - v * LANES : 0;
}

/* The sum of x [n]. */
static inline float sum64(size_t n, const float *x) {
  lanes_f32 sums[SUM64_VECTORS];
  sum64_clear(sums);
  size_t j = 0;
  for (; j + LODE_SUM64_LANES <= n; j += LODE_SUM64_LANES) {
#pragma GCC unroll 16
    for (size_t v = 0; v < SUM64_VECTORS; v++) sums[v] += lanes_load(x + j + v * LANES);
  }
  if (j < n) {
#pragma GCC unroll 16
    for (size_t v = 0; v < SUM64_VECTORS; v++) {
      sums[v] += lanes_load_some(x + j + v * LANES, sum64_left(n - j, v));
    }
  }
  return sum64_total(sums);
}

#endif
