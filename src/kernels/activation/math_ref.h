/* What exp and the activations mean: the formulas in double, rounded once. */
#ifndef LODE_KERNELS_ACTIVATION_MATH_REF_H
#define LODE_KERNELS_ACTIVATION_MATH_REF_H

#include <math.h>

#include "base/types.h"

static inline float lode_exp_ref(float x) {
  return (float)exp((double)x);
}

/* x / (1 + exp(y)) where x may be -infinity, y then +infinity. */
static inline double lode_logistic_ref(double x, double y) {
  return y == (double)INFINITY ? -0.0 : x / (1.0 + exp(y));
}

/* x Phi(x); erfc keeps what x / 2 (1 + erf) loses for x well below 0. */
static inline double lode_gelu_erf_ref(double x) {
  const double sqrt1_2 = 0.70710678118654752440;
  return x == -(double)INFINITY ? -0.0 : 0.5 * x * erfc(-x * sqrt1_2);
}

static inline double lode_gelu_tanh_ref(double x) {
  const double two_sqrt_2_pi = 1.59576912160573071176;
  return lode_logistic_ref(x, -two_sqrt_2_pi * (x + 0.044715 * x * x * x));
}

static inline float lode_act_ref(lode_act act, float x) {
  switch (act) {
    case LODE_ACT_NONE:
      return x;
    case LODE_ACT_GELU_ERF:
      return (float)lode_gelu_erf_ref((double)x);
    case LODE_ACT_GELU_TANH:
      return (float)lode_gelu_tanh_ref((double)x);
    case LODE_ACT_RELU:
      return x < 0.0f ? 0.0f : x;
    case LODE_ACT_TANH:
      return (float)tanh((double)x);
    case LODE_ACT_SILU:
      return (float)lode_logistic_ref((double)x, -(double)x);
    case LODE_ACT_SIGMOID:
      return (float)(1.0 / (1.0 + exp(-(double)x)));
  }
  return x;
}

#endif
