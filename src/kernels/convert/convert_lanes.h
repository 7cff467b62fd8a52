/* The functions of a lode_convert_kernel, for the instruction set of the file that includes
 * this. */
#ifndef LODE_KERNELS_CONVERT_CONVERT_LANES_H
#define LODE_KERNELS_CONVERT_CONVERT_LANES_H

#include "kernels/convert/convert.h"
#include "kernels/lanes.h"

/* What is left at the end passes through arrays of one whole vector. */
#define DEFINE(name, load)                                              \
  static void name(size_t n, const uint16_t *x, float *y) {             \
    size_t i = 0;                                                       \
    for (; i + LANES <= n; i += LANES) lanes_store(y + i, load(x + i)); \
    if (i == n) return;                                                 \
    uint16_t rest[LANES] = {0};                                         \
    memcpy(rest, x + i, (n - i) * sizeof *x);                           \
    lanes_store_some(y + i, n - i, load(rest));                         \
  }
DEFINE(f16_to_f32, lanes_load_f16)
DEFINE(bf16_to_f32, lanes_load_bf16)
#undef DEFINE

static void i8_to_f32(size_t n, const int8_t *x, float scale, float *y) {
  enum { STEP = 4 * LANES };
  size_t i = 0;
  for (; i + STEP <= n; i += STEP) {
    lanes_f32 wide[4];
    lanes_load_bytes(x + i, wide);
#pragma GCC unroll 4
    for (size_t v = 0; v < 4; v++) lanes_store(y + i + v * LANES, wide[v] * scale);
  }
  for (; i < n; i++) y[i] = (float)x[i] * scale;
}

static inline void narrow(lanes_f32 x, uint16_t *y) {
  const lanes_u32 bits = (lanes_u32)x, odd = bits >> 16 & 1;
  const lanes_u32 nan = (lanes_u32)((lanes_i32)lanes_magnitude(x) > 0x7F800000);
  const lanes_u32 nearest = bits + 0x7FFF + odd, quiet = bits | 0x400000;
  lanes_put_halves(y, (lanes_i32)(((nan & quiet) | (~nan & nearest)) >> 16));
}

static void f32_to_bf16(size_t n, const float *x, uint16_t *y) {
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) narrow(lanes_load(x + i), y + i);
  if (i == n) return;
  uint16_t rest[LANES];
  narrow(lanes_load_some(x + i, n - i), rest);
  memcpy(y + i, rest, (n - i) * sizeof *y);
}

/* One more in the exponent carries into the sign bit exactly where all its bits are set. */
static inline lanes_u32 carried(lanes_f32 x) {
  return (lanes_u32)lanes_magnitude(x) + 0x00800000;
}

static bool all_finite(size_t n, const float *x) {
  enum { CHAINS = 4 };
  lanes_u32 any[CHAINS] = {0};
  size_t i = 0;
  for (; i + CHAINS * LANES <= n; i += CHAINS * LANES) {
#pragma GCC unroll 4
    for (size_t v = 0; v < CHAINS; v++) any[v] |= carried(lanes_load(x + i + v * LANES));
  }
  for (; i < n; i += LANES) any[0] |= carried(lanes_load_some(x + i, n - i));
  const lanes_i32 negative = (lanes_i32)(any[0] | any[1] | any[2] | any[3]) < 0;
  return lanes_sum(negative) == 0;
}

#endif
