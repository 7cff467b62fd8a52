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

static void i8_to_f32(size_t n, const int8_t *x, float scale, float *y) {
  size_t i = 0;
  for (; i + 2 * LANES <= n; i += 2 * LANES) {
    const int16x8_t half = vmovl_s8(vld1_s8(x + i));
    const float32x4_t low = vcvtq_f32_s32(vmovl_s16(vget_low_s16(half)));
    const float32x4_t high = vcvtq_f32_s32(vmovl_s16(vget_high_s16(half)));
    vst1q_f32(y + i, vmulq_n_f32(low, scale));
    vst1q_f32(y + i + LANES, vmulq_n_f32(high, scale));
  }
  for (; i < n; i++) y[i] = (float)x[i] * scale;
}

static inline void narrow_vector(const float *x, uint16_t *y) {
  const uint32x4_t bits = vreinterpretq_u32_f32(vld1q_f32(x));
  const uint32x4_t magnitude = vandq_u32(bits, vdupq_n_u32(0x7FFFFFFF));
  const uint32x4_t nan = vcgtq_u32(magnitude, vdupq_n_u32(0x7F800000));
  const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
  const uint32x4_t nearest = vaddq_u32(vaddq_u32(bits, vdupq_n_u32(0x7FFF)), odd);
  const uint32x4_t quiet = vorrq_u32(bits, vdupq_n_u32(0x400000));
  vst1_u16(y, vshrn_n_u32(vbslq_u32(nan, quiet, nearest), 16));
}

static void f32_to_bf16(size_t n, const float *x, uint16_t *y) {
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) narrow_vector(x + i, y + i);
  if (i == n) return;
  float rest[LANES] = {0};
  uint16_t narrow[LANES];
  memcpy(rest, x + i, (n - i) * sizeof *x);
  narrow_vector(rest, narrow);
  memcpy(y + i, narrow, (n - i) * sizeof *y);
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
                                               .i8_to_f32 = i8_to_f32,
                                               .f32_to_bf16 = f32_to_bf16,
                                               .all_finite = all_finite};
