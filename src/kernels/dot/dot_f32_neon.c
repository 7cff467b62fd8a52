#include "base/cpu.h"
#include "kernels/dot/dot.h"
#include "kernels/dot/sum64_neon.h"

enum { VECTOR = LODE_SUM64_NEON_VECTOR, VECTORS = LODE_SUM64_NEON_VECTORS };

static inline void add_products(float32x4_t sums[VECTORS], const float *a, const float *b) {
#pragma GCC unroll 16
  for (size_t v = 0; v < VECTORS; v++) {
    sums[v] = vfmaq_f32(sums[v], vld1q_f32(a + v * VECTOR), vld1q_f32(b + v * VECTOR));
  }
}

static float run(size_t n, const float *a, const float *b) {
  float32x4_t sums[VECTORS];
  lode_sum64_clear_neon(sums);
  size_t i = 0;
  for (; i + LODE_SUM64_LANES <= n; i += LODE_SUM64_LANES) add_products(sums, a + i, b + i);
  if (i < n) {
    float rest_a[LODE_SUM64_LANES], rest_b[LODE_SUM64_LANES];
    lode_sum64_rest_neon(n - i, a + i, 0.0f, rest_a);
    lode_sum64_rest_neon(n - i, b + i, 0.0f, rest_b);
    add_products(sums, rest_a, rest_b);
  }
  return lode_sum64_total_neon(sums);
}

const lode_dot_f32_kernel lode_dot_f32_neon = {
    .name = "neon", .features = LODE_CPU_NEON, .run = run};
