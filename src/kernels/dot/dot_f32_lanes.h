/* dot of two rows of floats, for the instruction set of the file that includes this. */
#ifndef LODE_KERNELS_DOT_DOT_F32_LANES_H
#define LODE_KERNELS_DOT_DOT_F32_LANES_H

#include "kernels/dot/dot.h"
#include "kernels/dot/sum64_lanes.h"

typedef float dot_element;

/* 64 products. */
static inline void add_products(const float *a, const dot_element *b,
                                lanes_f32 sums[SUM64_VECTORS]) {
#pragma GCC unroll 16
  for (size_t v = 0; v < SUM64_VECTORS; v++) {
    sums[v] += lanes_load(a + v * LANES) * lanes_load(b + v * LANES);
  }
}

#include "kernels/dot/dot_lanes.h"

#endif
