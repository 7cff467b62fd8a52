/* The lanes of sum64.h in sixteen registers. */
#ifndef LODE_KERNELS_DOT_SUM64_NEON_H
#define LODE_KERNELS_DOT_SUM64_NEON_H

#include <arm_neon.h>
#include <string.h>

#include "kernels/dot/sum64.h"

enum { LODE_SUM64_NEON_VECTOR = 4, LODE_SUM64_NEON_VECTORS = 16 };

static inline float lode_sum64_total_neon(const float32x4_t sums[LODE_SUM64_NEON_VECTORS]) {
  float32x4_t of32[8], of16[4];
  for (int v = 0; v < 8; v++) of32[v] = vaddq_f32(sums[v], sums[v + 8]);
  for (int v = 0; v < 4; v++) of16[v] = vaddq_f32(of32[v], of32[v + 4]);
  const float32x4_t of4 = vaddq_f32(vaddq_f32(of16[0], of16[2]), vaddq_f32(of16[1], of16[3]));
  const float32x2_t of2 = vadd_f32(vget_low_f32(of4), vget_high_f32(of4));
  return vget_lane_f32(of2, 0) + vget_lane_f32(of2, 1);
}

/* The last n elements of a row, n < 64, with `filler` in the lanes that are left. */
static inline void lode_sum64_rest_neon(size_t n, const float *x, float filler,
                                        float rest[LODE_SUM64_LANES]) {
  for (size_t j = n; j < LODE_SUM64_LANES; j++) rest[j] = filler;
  memcpy(rest, x, n * sizeof *x);
}

static inline void lode_sum64_clear_neon(float32x4_t sums[LODE_SUM64_NEON_VECTORS]) {
#pragma GCC unroll 16
  for (size_t v = 0; v < LODE_SUM64_NEON_VECTORS; v++) sums[v] = vdupq_n_f32(0.0f);
}

static inline void lode_sum64_add_neon(float32x4_t sums[LODE_SUM64_NEON_VECTORS], const float *x) {
#pragma GCC unroll 16
  for (size_t v = 0; v < LODE_SUM64_NEON_VECTORS; v++) {
    sums[v] = vaddq_f32(sums[v], vld1q_f32(x + v * LODE_SUM64_NEON_VECTOR));
  }
}

/* The sum of x [n]. */
static inline float lode_sum64_neon(size_t n, const float *x) {
  float32x4_t sums[LODE_SUM64_NEON_VECTORS];
  lode_sum64_clear_neon(sums);
  size_t j = 0;
  for (; j + LODE_SUM64_LANES <= n; j += LODE_SUM64_LANES) lode_sum64_add_neon(sums, x + j);
  if (j < n) {
    float rest[LODE_SUM64_LANES];
    lode_sum64_rest_neon(n - j, x + j, 0.0f, rest);
    lode_sum64_add_neon(sums, rest);
  }
  return lode_sum64_total_neon(sums);
}

#endif
