#include <arm_neon.h>
#include <string.h>

#include "base/cpu.h"
#include "kernels/convert/convert.h"

enum { LANES = 4 };

static inline void f16_vector(const uint16_t *x, float *y) {
  vst1q_f32(y, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(x))));
}

static inline void bf16_vector(const uint16_t *x, float *y) {
  vst1q_f32(y, vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(x), 16)));
}

#define DEFINE(function, vector)                                \
  static void function(size_t n, const uint16_t *x, float *y) { \
    size_t i = 0;                                               \
    for (; i + LANES <= n; i += LANES) vector(x + i, y + i);    \
    if (i == n) return;                                         \
    uint16_t rest[LANES] = {0};                                 \
    float wide[LANES];                                          \
    memcpy(rest, x + i, (n - i) * sizeof *x);                   \
    vector(rest, wide);                                         \
    memcpy(y + i, wide, (n - i) * sizeof *y);                   \
  }
DEFINE(f16_to_f32, f16_vector)
DEFINE(bf16_to_f32, bf16_vector)
#undef DEFINE

static inline uint32x4_t larger(uint32x4_t largest, const float *x) {
  const uint32x4_t bits = vreinterpretq_u32_f32(vld1q_f32(x));
  return vmaxq_u32(largest, vandq_u32(bits, vdupq_n_u32(0x7FFFFFFF)));
}

/* The largest magnitude, as bits; those of infinity and NaN are above all others. */
static bool all_finite(size_t n, const float *x) {
  enum { CHAINS = 4 };
  uint32x4_t largest[CHAINS];
  for (size_t v = 0; v < CHAINS; v++) largest[v] = vdupq_n_u32(0);
  size_t i = 0;
  for (; i + CHAINS * LANES <= n; i += CHAINS * LANES) {
#pragma GCC unroll 4
    for (size_t v = 0; v < CHAINS; v++) largest[v] = larger(largest[v], x + i + v * LANES);
  }
  for (; i + LANES <= n; i += LANES) largest[0] = larger(largest[0], x + i);
  if (i < n) {
    float rest[LANES] = {0};
    memcpy(rest, x + i, (n - i) * sizeof *x);
    largest[1] = larger(largest[1], rest);
  }
  const uint32x4_t all =
      vmaxq_u32(vmaxq_u32(largest[0], largest[1]), vmaxq_u32(largest[2], largest[3]));
  return vmaxvq_u32(all) < 0x7F800000u;
}

const lode_convert_kernel lode_convert_neon = {.name = "neon",
                                               .features = LODE_CPU_NEON,
                                               .f16_to_f32 = f16_to_f32,
                                               .bf16_to_f32 = bf16_to_f32,
                                               .all_finite = all_finite};
