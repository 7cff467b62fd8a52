/* dot of two rows of floats, for the instruction set of the file that includes this. */
#ifndef LODE_KERNELS_DOT_DOT_F32_LANES_H
#define LODE_KERNELS_DOT_DOT_F32_LANES_H

#include "kernels/dot/dot.h"
#include "kernels/dot/sum64_lanes.h"

static float run(size_t n, const float *a, const float *b) {
  lanes_f32 sums[SUM64_VECTORS];
  sum64_clear(sums);
  size_t i = 0;
  for (; i + LODE_SUM64_LANES <= n; i += LODE_SUM64_LANES) {
#pragma GCC unroll 16
    for (size_t v = 0; v < SUM64_VECTORS; v++) {
      sums[v] += lanes_load(a + i + v * LANES) * lanes_load(b + i + v * LANES);
    }
  }
  if (i < n) {
#pragma GCC unroll 16
    for (size_t v = 0; v < SUM64_VECTORS; v++) {
      const size_t left = sum64_left(n - i, v);
      sums[v] +=
          lanes_load_some(a + i + v * LANES, left) * lanes_load_some(b + i + v * LANES, left);
    }
  }
  return sum64_total(sums);
}

#endif
