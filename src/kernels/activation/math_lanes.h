/* exp and the activations on vectors of floats. Formulas and error bounds: docs/numerics.md. */
#ifndef LODE_KERNELS_ACTIVATION_MATH_LANES_H
#define LODE_KERNELS_ACTIVATION_MATH_LANES_H

#include "base/types.h"
#include "kernels/activation/math_constants.h"
#include "kernels/lanes.h"

/* lanes_larger and lanes_smaller return their second operand where one is NaN: a number that is
 * not NaN goes first, so that NaN in x stays NaN. */

/* x = n ln(2) + r; returns exp(r) - 1, and n + LANES_ROUND. */
static inline lanes_f32 lode_exp_reduce(lanes_f32 x, lanes_f32 *shifted) {
  *shifted = x * LODE_EXP_LOG2E + LANES_ROUND;
  const lanes_f32 n = *shifted - LANES_ROUND;
  const lanes_f32 r = (x - n * LODE_EXP_LN2_HIGH) - n * LODE_EXP_LN2_LOW;
  const lanes_f32 r2 = r * r;
  const lanes_f32 even = (r2 * LODE_EXP_G5 + LODE_EXP_G3) * r2 + LODE_EXP_G1;
  const lanes_f32 odd = r2 * LODE_EXP_G4 + LODE_EXP_G2;
  return (odd * r + even) * r2 + r;
}

/* exp(x); 0 where that is below 2^-125, NaN for NaN. */
static inline lanes_f32 lode_exp(lanes_f32 x) {
  lanes_f32 shifted;
  const lanes_f32 e = lode_exp_reduce(lanes_smaller(lanes_set(LODE_EXP_HIGHEST), x), &shifted);
  return lanes_kept(x, LODE_EXP_LOWEST, lanes_scale(e + 1.0f, shifted));
}

/* The same for x <= 0, or a rounding above, in attention in f32: fused where that is one
 * instruction, as its other sums are; so bits differ between instruction sets with and without. */
static inline lanes_f32 lode_exp_falling(lanes_f32 x) {
  lanes_f32 shifted, p;
  if (LANES_FUSED) {
    shifted = lanes_madd(x, lanes_set(LODE_EXP_LOG2E), lanes_set(LANES_ROUND));
    const lanes_f32 n = shifted - LANES_ROUND;
    lanes_f32 r = lanes_madd(n, lanes_set(-LODE_EXP_LN2_HIGH), x);
    r = lanes_madd(n, lanes_set(-LODE_EXP_LN2_LOW), r);
    p = lanes_set(LODE_EXP_G5);
    p = lanes_madd(p, r, lanes_set(LODE_EXP_G4));
    p = lanes_madd(p, r, lanes_set(LODE_EXP_G3));
    p = lanes_madd(p, r, lanes_set(LODE_EXP_G2));
    p = lanes_madd(p, r, lanes_set(LODE_EXP_G1));
    p = lanes_madd(p, r, lanes_set(LODE_EXP_G0));
    p = lanes_madd(p, r, lanes_set(1.0f));
  } else {
    p = lode_exp_reduce(x, &shifted) + 1.0f;
  }
  return lanes_kept(x, LODE_EXP_LOWEST, lanes_scale_down(p, shifted));
}

static inline lanes_f32 lode_relu(lanes_f32 x) {
  return lanes_larger(lanes_set(0.0f), x);
}

/* max(x, 0) - |x| Phi(-|x|) */
static inline lanes_f32 lode_gelu_erf(lanes_f32 x) {
  static const float constants[] = {LODE_GELU_Q0, LODE_GELU_Q1,   LODE_GELU_Q2, LODE_GELU_Q3,
                                    LODE_GELU_Q4, LODE_GELU_Q5,   LODE_GELU_Q6, LODE_GELU_Q7,
                                    LODE_GELU_Q8, LODE_GELU_LIMIT};
  const float *k = lanes_in_memory(constants);
  const lanes_f32 a = lanes_smaller(lanes_set(k[9]), lanes_magnitude(x));
  const lanes_f32 a2 = a * a;
  lanes_f32 even = a2 * k[8] + k[6], odd = a2 * k[7] + k[5];
  even = even * a2 + k[4];
  odd = odd * a2 + k[3];
  even = even * a2 + k[2];
  odd = odd * a2 + k[1];
  even = even * a2 + k[0];
  lanes_f32 q = odd * a + even;
  q = q * q;
  q = q * q;
  q = q * q;
  return lode_relu(x) - a * q;
}

/* x / (1 + exp(y)), for y that falls as x grows */
static inline lanes_f32 lode_logistic(lanes_f32 x, lanes_f32 y) {
  return lanes_larger(lanes_set(LODE_LOGISTIC_LOWEST), x) / (lode_exp(y) + 1.0f);
}

static inline lanes_f32 lode_gelu_tanh(lanes_f32 x) {
  return lode_logistic(x, x * (-LODE_GELU_TANH_A - x * x * LODE_GELU_TANH_B));
}

static inline lanes_f32 lode_silu(lanes_f32 x) {
  return lode_logistic(x, 0.0f - x);
}

static inline lanes_f32 lode_sigmoid(lanes_f32 x) {
  return lode_logistic(lanes_set(1.0f), 0.0f - x);
}

/* m / (m + 2), m = exp(2x) - 1 = 2^n (exp(r) - 1) + (2^n - 1) */
static inline lanes_f32 lode_tanh(lanes_f32 x) {
  x = lanes_smaller(lanes_set(LODE_TANH_LIMIT), x);
  x = lanes_larger(lanes_set(-LODE_TANH_LIMIT), x);
  lanes_f32 shifted;
  const lanes_f32 e = lode_exp_reduce(x + x, &shifted);
  const lanes_f32 power = lanes_scale(lanes_set(1.0f), shifted);
  const lanes_f32 m = power * e + (power - 1.0f);
  return m / (m + 2.0f);
}

/* act(x). Where `act` does not change in a loop, its cases cost a predicted branch. */
static inline lanes_f32 lode_act_of(lode_act act, lanes_f32 x) {
  switch (act) {
    case LODE_ACT_NONE:
      return x;
    case LODE_ACT_GELU_ERF:
      return lode_gelu_erf(x);
    case LODE_ACT_GELU_TANH:
      return lode_gelu_tanh(x);
    case LODE_ACT_RELU:
      return lode_relu(x);
    case LODE_ACT_TANH:
      return lode_tanh(x);
    case LODE_ACT_SILU:
      return lode_silu(x);
    case LODE_ACT_SIGMOID:
      return lode_sigmoid(x);
  }
  return x;
}

#endif
