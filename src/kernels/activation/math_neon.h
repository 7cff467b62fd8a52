/* exp and the activations on 4 floats. Formulas and error bounds: docs/numerics.md. */
#ifndef LODE_KERNELS_ACTIVATION_MATH_NEON_H
#define LODE_KERNELS_ACTIVATION_MATH_NEON_H

#include <arm_neon.h>

#include "base/types.h"
#include "kernels/activation/math_constants.h"

/* max and min of the instruction set give NaN where either operand is NaN. */

/* x = n ln(2) + r; returns (exp(r) - 1) / r, and n in the exponent bits. */
static inline float32x4_t lode_exp_reduce_neon(float32x4_t x, int32x4_t *exponent, float32x4_t *r) {
  const float32x4_t round = vdupq_n_f32(LODE_EXP_ROUND);
  const float32x4_t shifted = vfmaq_f32(round, x, vdupq_n_f32(LODE_EXP_LOG2E));
  const float32x4_t n = vsubq_f32(shifted, round);
  *exponent = vshlq_n_s32(vreinterpretq_s32_f32(shifted), 23);
  *r = vfmsq_f32(x, n, vdupq_n_f32(LODE_EXP_LN2_HIGH));
  *r = vfmsq_f32(*r, n, vdupq_n_f32(LODE_EXP_LN2_LOW));
  float32x4_t g = vdupq_n_f32(LODE_EXP_G5);
  g = vfmaq_f32(vdupq_n_f32(LODE_EXP_G4), g, *r);
  g = vfmaq_f32(vdupq_n_f32(LODE_EXP_G3), g, *r);
  g = vfmaq_f32(vdupq_n_f32(LODE_EXP_G2), g, *r);
  g = vfmaq_f32(vdupq_n_f32(LODE_EXP_G1), g, *r);
  return vfmaq_f32(vdupq_n_f32(LODE_EXP_G0), g, *r);
}

/* exp(x), at most 1 ULP off; 0 where that is below 2^-125, NaN for NaN. */
static inline float32x4_t lode_exp_neon(float32x4_t x) {
  const uint32x4_t dropped = vcltq_f32(x, vdupq_n_f32(LODE_EXP_LOWEST));
  int32x4_t exponent;
  float32x4_t r;
  const float32x4_t g =
      lode_exp_reduce_neon(vminq_f32(vdupq_n_f32(LODE_EXP_HIGHEST), x), &exponent, &r);
  const float32x4_t p = vfmaq_f32(vdupq_n_f32(1.0f), g, r);
  /* Half of the result, doubled: 2^(n-1) is a float, and infinity comes by itself. */
  const float32x4_t power = vreinterpretq_f32_s32(vaddq_s32(exponent, vdupq_n_s32(126 << 23)));
  const uint32x4_t bits = vreinterpretq_u32_f32(vmulq_f32(p, power));
  const float32x4_t half = vreinterpretq_f32_u32(vbicq_u32(bits, dropped));
  return vaddq_f32(half, half);
}

/* As on x86, -0 stays -0; vmaxq would make it +0. */
static inline float32x4_t lode_relu_neon(float32x4_t x) {
  const float32x4_t zero = vdupq_n_f32(0.0f);
  return vbslq_f32(vcltq_f32(x, zero), zero, x);
}

/* max(x, 0) - |x| Phi(-|x|) */
static inline float32x4_t lode_gelu_erf_neon(float32x4_t x) {
  const float32x4_t a = vminq_f32(vdupq_n_f32(LODE_GELU_LIMIT), vabsq_f32(x));
  float32x4_t q = vdupq_n_f32(LODE_GELU_Q8);
  q = vfmaq_f32(vdupq_n_f32(LODE_GELU_Q7), q, a);
  q = vfmaq_f32(vdupq_n_f32(LODE_GELU_Q6), q, a);
  q = vfmaq_f32(vdupq_n_f32(LODE_GELU_Q5), q, a);
  q = vfmaq_f32(vdupq_n_f32(LODE_GELU_Q4), q, a);
  q = vfmaq_f32(vdupq_n_f32(LODE_GELU_Q3), q, a);
  q = vfmaq_f32(vdupq_n_f32(LODE_GELU_Q2), q, a);
  q = vfmaq_f32(vdupq_n_f32(LODE_GELU_Q1), q, a);
  q = vfmaq_f32(vdupq_n_f32(LODE_GELU_Q0), q, a);
  q = vmulq_f32(q, q);
  q = vmulq_f32(q, q);
  q = vmulq_f32(q, q);
  return vfmsq_f32(lode_relu_neon(x), a, q);
}

/* x / (1 + exp(y)), for y that falls as x grows */
static inline float32x4_t lode_logistic_neon(float32x4_t x, float32x4_t y) {
  const float32x4_t numerator = vmaxq_f32(vdupq_n_f32(LODE_LOGISTIC_LOWEST), x);
  return vdivq_f32(numerator, vaddq_f32(vdupq_n_f32(1.0f), lode_exp_neon(y)));
}

static inline float32x4_t lode_gelu_tanh_neon(float32x4_t x) {
  const float32x4_t slope =
      vfmsq_f32(vdupq_n_f32(-LODE_GELU_TANH_A), vmulq_f32(x, x), vdupq_n_f32(LODE_GELU_TANH_B));
  return lode_logistic_neon(x, vmulq_f32(x, slope));
}

static inline float32x4_t lode_silu_neon(float32x4_t x) {
  return lode_logistic_neon(x, vsubq_f32(vdupq_n_f32(0.0f), x));
}

static inline float32x4_t lode_sigmoid_neon(float32x4_t x) {
  return lode_logistic_neon(vdupq_n_f32(1.0f), vsubq_f32(vdupq_n_f32(0.0f), x));
}

/* m / (m + 2), m = exp(2x) - 1 = 2^n (exp(r) - 1) + (2^n - 1) */
static inline float32x4_t lode_tanh_neon(float32x4_t x) {
  x = vminq_f32(vdupq_n_f32(LODE_TANH_LIMIT), x);
  x = vmaxq_f32(vdupq_n_f32(-LODE_TANH_LIMIT), x);
  const float32x4_t one = vdupq_n_f32(1.0f);
  int32x4_t exponent;
  float32x4_t r;
  const float32x4_t g = lode_exp_reduce_neon(vaddq_f32(x, x), &exponent, &r);
  const float32x4_t power = vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(one), exponent));
  const float32x4_t m = vfmaq_f32(vsubq_f32(power, one), power, vmulq_f32(g, r));
  return vdivq_f32(m, vaddq_f32(m, vdupq_n_f32(2.0f)));
}

/* act(x). Where `act` does not change in a loop, its cases cost a predicted branch. */
static inline float32x4_t lode_act_neon(lode_act act, float32x4_t x) {
  switch (act) {
    case LODE_ACT_NONE:
      return x;
    case LODE_ACT_GELU_ERF:
      return lode_gelu_erf_neon(x);
    case LODE_ACT_GELU_TANH:
      return lode_gelu_tanh_neon(x);
    case LODE_ACT_RELU:
      return lode_relu_neon(x);
    case LODE_ACT_TANH:
      return lode_tanh_neon(x);
    case LODE_ACT_SILU:
      return lode_silu_neon(x);
    case LODE_ACT_SIGMOID:
      return lode_sigmoid_neon(x);
  }
  return x;
}

#endif
