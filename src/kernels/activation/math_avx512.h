/* exp and the activations on 16 floats. Formulas and error bounds: docs/numerics.md. */
#ifndef LODE_KERNELS_ACTIVATION_MATH_AVX512_H
#define LODE_KERNELS_ACTIVATION_MATH_AVX512_H

#include <immintrin.h>

#include "base/types.h"
#include "kernels/activation/math_constants.h"

/* max and min of the instruction set return their second operand where one is NaN: a number
 * that is not NaN goes first, so that NaN in x stays NaN. */

/* x = n ln(2) + r; returns (exp(r) - 1) / r. */
static inline __m512 lode_exp_reduce_avx512(__m512 x, __m512 *n, __m512 *r) {
  const __m512 round = _mm512_set1_ps(LODE_EXP_ROUND);
  *n = _mm512_sub_ps(_mm512_fmadd_ps(x, _mm512_set1_ps(LODE_EXP_LOG2E), round), round);
  *r = _mm512_fnmadd_ps(*n, _mm512_set1_ps(LODE_EXP_LN2_HIGH), x);
  *r = _mm512_fnmadd_ps(*n, _mm512_set1_ps(LODE_EXP_LN2_LOW), *r);
  __m512 g = _mm512_set1_ps(LODE_EXP_G5);
  g = _mm512_fmadd_ps(g, *r, _mm512_set1_ps(LODE_EXP_G4));
  g = _mm512_fmadd_ps(g, *r, _mm512_set1_ps(LODE_EXP_G3));
  g = _mm512_fmadd_ps(g, *r, _mm512_set1_ps(LODE_EXP_G2));
  g = _mm512_fmadd_ps(g, *r, _mm512_set1_ps(LODE_EXP_G1));
  return _mm512_fmadd_ps(g, *r, _mm512_set1_ps(LODE_EXP_G0));
}

/* exp(x), at most 1 ULP off; 0 where that is below 2^-125, NaN for NaN. */
static inline __m512 lode_exp_avx512(__m512 x) {
  const __mmask16 kept = _mm512_cmp_ps_mask(x, _mm512_set1_ps(LODE_EXP_LOWEST), _CMP_NLT_UQ);
  __m512 n, r;
  const __m512 g =
      lode_exp_reduce_avx512(_mm512_min_ps(_mm512_set1_ps(LODE_EXP_HIGHEST), x), &n, &r);
  return _mm512_maskz_scalef_ps(kept, _mm512_fmadd_ps(g, r, _mm512_set1_ps(1.0f)), n);
}

static inline __m512 lode_relu_avx512(__m512 x) {
  return _mm512_max_ps(_mm512_setzero_ps(), x);
}

/* max(x, 0) - |x| Phi(-|x|) */
static inline __m512 lode_gelu_erf_avx512(__m512 x) {
  enum { SMALLER_MAGNITUDE = 0xA }; /* of vrangeps: min(|x|, |LIMIT|), sign cleared */
  const __m512 a = _mm512_range_ps(x, _mm512_set1_ps(LODE_GELU_LIMIT), SMALLER_MAGNITUDE);
  __m512 q = _mm512_set1_ps(LODE_GELU_Q8);
  q = _mm512_fmadd_ps(q, a, _mm512_set1_ps(LODE_GELU_Q7));
  q = _mm512_fmadd_ps(q, a, _mm512_set1_ps(LODE_GELU_Q6));
  q = _mm512_fmadd_ps(q, a, _mm512_set1_ps(LODE_GELU_Q5));
  q = _mm512_fmadd_ps(q, a, _mm512_set1_ps(LODE_GELU_Q4));
  q = _mm512_fmadd_ps(q, a, _mm512_set1_ps(LODE_GELU_Q3));
  q = _mm512_fmadd_ps(q, a, _mm512_set1_ps(LODE_GELU_Q2));
  q = _mm512_fmadd_ps(q, a, _mm512_set1_ps(LODE_GELU_Q1));
  q = _mm512_fmadd_ps(q, a, _mm512_set1_ps(LODE_GELU_Q0));
  q = _mm512_mul_ps(q, q);
  q = _mm512_mul_ps(q, q);
  q = _mm512_mul_ps(q, q);
  return _mm512_fnmadd_ps(a, q, lode_relu_avx512(x));
}

/* x / (1 + exp(y)), for y that falls as x grows */
static inline __m512 lode_logistic_avx512(__m512 x, __m512 y) {
  const __m512 numerator = _mm512_max_ps(_mm512_set1_ps(LODE_LOGISTIC_LOWEST), x);
  return _mm512_div_ps(numerator, _mm512_add_ps(_mm512_set1_ps(1.0f), lode_exp_avx512(y)));
}

static inline __m512 lode_gelu_tanh_avx512(__m512 x) {
  const __m512 slope = _mm512_fnmadd_ps(_mm512_mul_ps(x, x), _mm512_set1_ps(LODE_GELU_TANH_B),
                                        _mm512_set1_ps(-LODE_GELU_TANH_A));
  return lode_logistic_avx512(x, _mm512_mul_ps(x, slope));
}

static inline __m512 lode_silu_avx512(__m512 x) {
  return lode_logistic_avx512(x, _mm512_sub_ps(_mm512_setzero_ps(), x));
}

static inline __m512 lode_sigmoid_avx512(__m512 x) {
  return lode_logistic_avx512(_mm512_set1_ps(1.0f), _mm512_sub_ps(_mm512_setzero_ps(), x));
}

/* m / (m + 2), m = exp(2x) - 1 = 2^n (exp(r) - 1) + (2^n - 1) */
static inline __m512 lode_tanh_avx512(__m512 x) {
  x = _mm512_min_ps(_mm512_set1_ps(LODE_TANH_LIMIT), x);
  x = _mm512_max_ps(_mm512_set1_ps(-LODE_TANH_LIMIT), x);
  __m512 n, r;
  const __m512 g = lode_exp_reduce_avx512(_mm512_add_ps(x, x), &n, &r);
  const __m512 power = _mm512_scalef_ps(_mm512_set1_ps(1.0f), n);
  const __m512 m =
      _mm512_fmadd_ps(power, _mm512_mul_ps(g, r), _mm512_sub_ps(power, _mm512_set1_ps(1.0f)));
  return _mm512_div_ps(m, _mm512_add_ps(m, _mm512_set1_ps(2.0f)));
}

/* act(x). Where `act` does not change in a loop, its cases cost a predicted branch. */
static inline __m512 lode_act_avx512(lode_act act, __m512 x) {
  switch (act) {
    case LODE_ACT_NONE:
      return x;
    case LODE_ACT_GELU_ERF:
      return lode_gelu_erf_avx512(x);
    case LODE_ACT_GELU_TANH:
      return lode_gelu_tanh_avx512(x);
    case LODE_ACT_RELU:
      return lode_relu_avx512(x);
    case LODE_ACT_TANH:
      return lode_tanh_avx512(x);
    case LODE_ACT_SILU:
      return lode_silu_avx512(x);
    case LODE_ACT_SIGMOID:
      return lode_sigmoid_avx512(x);
  }
  return x;
}

#endif
