/* dot of floats and 8-bit integers, for the instruction set of the file that includes this. */
#ifndef LODE_KERNELS_DOT_DOT_F32_I8_LANES_H
#define LODE_KERNELS_DOT_DOT_F32_I8_LANES_H

#include "kernels/dot/dot.h"
#include "kernels/dot/sum64_lanes.h"

/* 64 products. */
static inline void add_products(const float *a, const int8_t *b, lanes_f32 sums[SUM64_VECTORS]) {
#pragma GCC unroll 4
  for (size_t v = 0; v < SUM64_VECTORS; v += 4) {
    lanes_f32 y[4];
    lanes_load_bytes(b + v * LANES, y);
#pragma GCC unroll 4
    for (size_t k = 0; k < 4; k++) sums[v + k] += lanes_load(a + (v + k) * LANES) * y[k];
  }
}

static float run(size_t n, const float *a, const int8_t *b) {
  const size_t whole = n - n % LODE_SUM64_LANES;
  lanes_f32 sums[SUM64_VECTORS];
#pragma GCC unroll 16
  for (size_t v = 0; v < SUM64_VECTORS; v++) sums[v] = lanes_set(0.0f);
  for (size_t i = 0; i < whole; i += LODE_SUM64_LANES) add_products(a + i, b + i, sums);
  if (whole < n) {
    float rest_a[LODE_SUM64_LANES];
    int8_t rest_b[LODE_SUM64_LANES] = {0};
    sum64_rest(n - whole, a + whole, rest_a);
    memcpy(rest_b, b + whole, n - whole);
    add_products(rest_a, rest_b, sums);
  }
  return sum64_total(sums);
}

#endif
