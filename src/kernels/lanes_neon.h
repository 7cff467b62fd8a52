/* The vectors of lanes.h on NEON. */
#ifndef LODE_KERNELS_LANES_NEON_H
#define LODE_KERNELS_LANES_NEON_H

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>

typedef float32x4_t lanes_f32;
typedef int32x4_t lanes_i32;

enum { LANES_FUSED = 1, LANES_SUMS = 16 };

static inline lanes_f32 lanes_set(float x) {
  return vdupq_n_f32(x);
}

static inline lanes_i32 lanes_first(size_t n) {
  const lanes_i32 lane = {0, 1, 2, 3};
  return lane < (n < 4 ? (int32_t)n : 4);
}

/* n < 4; a function, since it is rare and many places want it */
__attribute__((noinline, unused)) static lanes_f32 lanes_load_few(const float *from, size_t n) {
  float x[4] = {0};
  for (size_t i = 0; i < n; i++) x[i] = from[i];
  return vld1q_f32(x);
}

static inline lanes_f32 lanes_load_some(const float *from, size_t n) {
  return n >= 4 ? vld1q_f32(from) : lanes_load_few(from, n);
}

static inline void lanes_store_some(float *to, size_t n, lanes_f32 x) {
  if (n >= 4) {
    vst1q_f32(to, x);
    return;
  }
  float y[4];
  vst1q_f32(y, x);
  for (size_t i = 0; i < n; i++) to[i] = y[i];
}

static inline lanes_f32 lanes_madd(lanes_f32 a, lanes_f32 b, lanes_f32 c) {
  return vfmaq_f32(c, a, b);
}

/* Not by fmax, which gives NaN where either is. */
static inline lanes_f32 lanes_larger(lanes_f32 a, lanes_f32 b) {
  return vbslq_f32(vcgtq_f32(a, b), a, b);
}

static inline lanes_f32 lanes_smaller(lanes_f32 a, lanes_f32 b) {
  return vbslq_f32(vcltq_f32(a, b), a, b);
}

static inline lanes_f32 lanes_kept(lanes_f32 x, float least, lanes_f32 y) {
  const uint32x4_t less = vcltq_f32(x, vdupq_n_f32(least));
  return vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(y), less));
}

static inline lanes_f32 lanes_floor(lanes_f32 x) {
  return vrndmq_f32(x);
}

#define LANES_HAS_ROUND
static inline lanes_i32 lanes_round(lanes_f32 x) {
  return vcvtnq_s32_f32(x);
}

static inline float lanes_total(lanes_f32 x) {
  const float32x2_t of2 = vadd_f32(vget_low_f32(x), vget_high_f32(x));
  return vget_lane_f32(of2, 0) + vget_lane_f32(of2, 1);
}

static inline float lanes_largest(lanes_f32 x) {
  return vmaxvq_f32(x);
}

static inline int32_t lanes_sum(lanes_i32 i) {
  return vaddvq_s32(i);
}

static inline void lanes_put_bytes(int8_t *to, lanes_i32 a, lanes_i32 b) {
  vst1_s8(to, vmovn_s16(vcombine_s16(vmovn_s32(a), vmovn_s32(b))));
}

static inline void lanes_load_bytes(const int8_t *from, lanes_f32 x[4]) {
  const int8x16_t bytes = vld1q_s8(from);
  const int16x8_t low = vmovl_s8(vget_low_s8(bytes)), high = vmovl_high_s8(bytes);
  x[0] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(low)));
  x[1] = vcvtq_f32_s32(vmovl_high_s16(low));
  x[2] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(high)));
  x[3] = vcvtq_f32_s32(vmovl_high_s16(high));
}

static inline lanes_f32 lanes_load_f16(const uint16_t *from) {
  return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from)));
}

static inline lanes_f32 lanes_load_bf16(const uint16_t *from) {
  return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(from), 16));
}

static inline void lanes_put_halves(uint16_t *to, lanes_i32 i) {
  vst1_u16(to, vmovn_u32(vreinterpretq_u32_s32(i)));
}

#endif
