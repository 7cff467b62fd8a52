#include <math.h>

#include "base/cpu.h"
#include "kernels/dot/sum64_neon.h"
#include "kernels/norm/norm.h"

enum { VECTOR = LODE_SUM64_NEON_VECTOR, VECTORS = LODE_SUM64_NEON_VECTORS };

static inline void add_squares(float32x4_t sums[VECTORS], const float *x, float32x4_t centre) {
#pragma GCC unroll 16
  for (size_t v = 0; v < VECTORS; v++) {
    const float32x4_t d = vsubq_f32(vld1q_f32(x + v * VECTOR), centre);
    sums[v] = vfmaq_f32(sums[v], d, d);
  }
}

/* sum of (x - centre)^2 */
static inline float sum_squares(size_t n, const float *x, float centre) {
  const float32x4_t c = vdupq_n_f32(centre);
  float32x4_t sums[VECTORS];
  lode_sum64_clear_neon(sums);
  size_t j = 0;
  for (; j + LODE_SUM64_LANES <= n; j += LODE_SUM64_LANES) add_squares(sums, x + j, c);
  if (j < n) {
    float rest[LODE_SUM64_LANES];
    lode_sum64_rest_neon(n - j, x + j, centre, rest);
    add_squares(sums, rest, c);
  }
  return lode_sum64_total_neon(sums);
}

/* y = (x - mean) * scale * gamma + beta for one row. */
static inline void apply(size_t n, const float *x, float mean, float scale, const float *gamma,
                         const float *beta, float *y) {
  const float32x4_t c = vdupq_n_f32(mean);
  const float32x4_t s = vdupq_n_f32(scale);
  size_t j = 0;
  for (; j + VECTOR <= n; j += VECTOR) {
    const float32x4_t d = vsubq_f32(vld1q_f32(x + j), c);
    const float32x4_t b = beta ? vld1q_f32(beta + j) : vdupq_n_f32(0.0f);
    const float32x4_t g = vld1q_f32(gamma + j);
    vst1q_f32(y + j, vfmaq_f32(b, vmulq_f32(d, s), g));
  }
  for (; j < n; j++) y[j] = fmaf((x[j] - mean) * scale, gamma[j], beta ? beta[j] : 0.0f);
}

static void layernorm(size_t m, size_t n, const float *x, size_t ldx, const float *gamma,
                      const float *beta, float eps, float *y, size_t ldy) {
  for (size_t i = 0; i < m; i++, x += ldx, y += ldy) {
    const float mean = lode_sum64_neon(n, x) / (float)n;
    const float variance = sum_squares(n, x, mean) / (float)n;
    apply(n, x, mean, 1.0f / sqrtf(variance + eps), gamma, beta, y);
  }
}

static void l2(size_t m, size_t n, const float *x, size_t ldx, float *y, size_t ldy) {
  for (size_t i = 0; i < m; i++, x += ldx, y += ldy) {
    const float length = sqrtf(sum_squares(n, x, 0.0f));
    const float least = (float)LODE_NORM_L2_LEAST;
    const float divisor = length < least ? least : length;
    const float32x4_t d = vdupq_n_f32(divisor);
    size_t j = 0;
    for (; j + VECTOR <= n; j += VECTOR) {
      vst1q_f32(y + j, vdivq_f32(vld1q_f32(x + j), d));
    }
    for (; j < n; j++) y[j] = x[j] / divisor;
  }
}

const lode_norm_kernel lode_norm_neon = {
    .name = "neon", .features = LODE_CPU_NEON, .layernorm = layernorm, .l2 = l2};
