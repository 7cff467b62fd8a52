/* dot of two rows of floats, for the instruction set of the file that includes this. */
#ifndef LODE_KERNELS_DOT_DOT_F32_LANES_H
#define LODE_KERNELS_DOT_DOT_F32_LANES_H

#include "kernels/dot/dot.h"
#include "kernels/dot/sum64_lanes.h"

/* 64 products. */
static inline void add_products(const float *a, const float *b, lanes_f32 sums[SUM64_VECTORS]) {
#pragma GCC unroll 16
  for (size_t v = 0; v < SUM64_VECTORS; v++) {
    sums[v] += lanes_load(a + v * LANES) * lanes_load(b + v * LANES);
  }
}

static float run(size_t n, const float *a, const float *b) {
  const size_t whole = n - n % LODE_SUM64_LANES;
  lanes_f32 sums[SUM64_VECTORS];
#pragma GCC unroll 16
  for (size_t v = 0; v < SUM64_VECTORS; v++) sums[v] = lanes_set(0.0f);
  for (size_t i = 0; i < whole; i += LODE_SUM64_LANES) add_products(a + i, b + i, sums);
  if (whole < n) {
    float rest_a[LODE_SUM64_LANES], rest_b[LODE_SUM64_LANES];
    sum64_rest(n - whole, a + whole, rest_a);
    sum64_rest(n - whole, b + whole, rest_b);
    add_products(rest_a, rest_b, sums);
  }
  return sum64_total(sums);
}

#endif
