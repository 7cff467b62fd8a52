/* dot of floats and 8-bit integers, for the instruction set of the file that includes this. */
#ifndef LODE_KERNELS_DOT_DOT_F32_I8_LANES_H
#define LODE_KERNELS_DOT_DOT_F32_I8_LANES_H

#include "kernels/dot/dot.h"
#include "kernels/dot/sum64_lanes.h"

static float run(size_t n, const float *a, const int8_t *b) {
  lanes_f32 sums[SUM64_VECTORS];
  sum64_clear(sums);
  size_t i = 0;
  for (; i + LODE_SUM64_LANES <= n; i += LODE_SUM64_LANES) {
#pragma GCC unroll 4
    for (size_t v = 0; v < SUM64_VECTORS; v += 4) {
      lanes_f32 y[4];
      lanes_load_bytes(b + i + v * LANES, y);
#pragma GCC unroll 4
      for (size_t k = 0; k < 4; k++) sums[v + k] += lanes_load(a + i + (v + k) * LANES) * y[k];
    }
  }
  if (i < n) {
    int8_t rest[LODE_SUM64_LANES] = {0};
    memcpy(rest, b + i, n - i);
#pragma GCC unroll 4
    for (size_t v = 0; v < SUM64_VECTORS; v += 4) {
      lanes_f32 y[4];
      lanes_load_bytes(rest + v * LANES, y);
#pragma GCC unroll 4
      for (size_t k = 0; k < 4; k++) {
        sums[v + k] += lanes_load_some(a + i + (v + k) * LANES, sum64_left(n - i, v + k)) * y[k];
      }
    }
  }
  return sum64_total(sums);
}

#endif
