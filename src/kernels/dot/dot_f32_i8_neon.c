#include <arm_neon.h>
#include <string.h>

#include "base/cpu.h"
#include "kernels/dot/dot.h"
#include "kernels/dot/sum64_neon.h"

enum { VECTOR = LODE_SUM64_NEON_VECTOR, VECTORS = LODE_SUM64_NEON_VECTORS };

static inline void add_four(float32x4_t *sum, const float *a, int16x4_t b) {
  *sum = vfmaq_f32(*sum, vld1q_f32(a), vcvtq_f32_s32(vmovl_s16(b)));
}

static inline void add_products(float32x4_t sums[VECTORS], const float *a, const int8_t *b) {
#pragma GCC unroll 4
  for (size_t v = 0; v < VECTORS; v += 4) {
    const int8x16_t bytes = vld1q_s8(b + v * VECTOR);
    const int16x8_t low = vmovl_s8(vget_low_s8(bytes)), high = vmovl_high_s8(bytes);
    add_four(&sums[v], a + v * VECTOR, vget_low_s16(low));
    add_four(&sums[v + 1], a + (v + 1) * VECTOR, vget_high_s16(low));
    add_four(&sums[v + 2], a + (v + 2) * VECTOR, vget_low_s16(high));
    add_four(&sums[v + 3], a + (v + 3) * VECTOR, vget_high_s16(high));
  }
}

static float run(size_t n, const float *a, const int8_t *b) {
  float32x4_t sums[VECTORS];
  lode_sum64_clear_neon(sums);
  size_t i = 0;
  for (; i + LODE_SUM64_LANES <= n; i += LODE_SUM64_LANES) add_products(sums, a + i, b + i);
  if (i < n) {
    float rest_a[LODE_SUM64_LANES];
    int8_t rest_b[LODE_SUM64_LANES] = {0};
    lode_sum64_rest_neon(n - i, a + i, 0.0f, rest_a);
    memcpy(rest_b, b + i, n - i);
    add_products(sums, rest_a, rest_b);
  }
  return lode_sum64_total_neon(sums);
}

const lode_dot_f32_i8_kernel lode_dot_f32_i8_neon = {
    .name = "neon", .features = LODE_CPU_NEON, .run = run};
