/* dot of floats and 8-bit integers, for the instruction set of the file that includes this. */
#ifndef LODE_KERNELS_DOT_DOT_F32_I8_LANES_H
#define LODE_KERNELS_DOT_DOT_F32_I8_LANES_H

#include "kernels/dot/dot.h"
#include "kernels/dot/sum64_lanes.h"

typedef int8_t dot_element;

/* 64 products. */
static inline void add_products(const float *a, const dot_element *b,
                                lanes_f32 sums[SUM64_VECTORS]) {
#pragma GCC unroll 4
  for (size_t v = 0; v < SUM64_VECTORS; v += 4) {
    lanes_f32 y[4];
    lanes_load_bytes(b + v * LANES, y);
#pragma GCC unroll 4
    for (size_t k = 0; k < 4; k++) sums[v + k] += lanes_load(a + (v + k) * LANES) * y[k];
  }
}

#include "kernels/dot/dot_lanes.h"

#endif
