/* exp and the activations on 8 floats. Formulas and error bounds: docs/numerics.md. */
#ifndef LODE_KERNELS_ACTIVATION_MATH_AVX2_H
#define LODE_KERNELS_ACTIVATION_MATH_AVX2_H

#include <immintrin.h>

#include "base/types.h"
#include "kernels/activation/math_constants.h"

/* max and min of the instruction set return their second operand where one is NaN: a number
 * that is not NaN goes first, so that NaN in x stays NaN. */

/* x = n ln(2) + r; returns (exp(r) - 1) / r, and n in the exponent bits. */
static inline __m256 lode_exp_reduce_avx2(__m256 x, __m256i *exponent, __m256 *r) {
  const __m256 round = _mm256_set1_ps(LODE_EXP_ROUND);
  const __m256 shifted = _mm256_fmadd_ps(x, _mm256_set1_ps(LODE_EXP_LOG2E), round);
  const __m256 n = _mm256_sub_ps(shifted, round);
  *exponent = _mm256_slli_epi32(_mm256_castps_si256(shifted), 23);
  *r = _mm256_fnmadd_ps(n, _mm256_set1_ps(LODE_EXP_LN2_HIGH), x);
  *r = _mm256_fnmadd_ps(n, _mm256_set1_ps(LODE_EXP_LN2_LOW), *r);
  __m256 g = _mm256_set1_ps(LODE_EXP_G5);
  g = _mm256_fmadd_ps(g, *r, _mm256_set1_ps(LODE_EXP_G4));
  g = _mm256_fmadd_ps(g, *r, _mm256_set1_ps(LODE_EXP_G3));
  g = _mm256_fmadd_ps(g, *r, _mm256_set1_ps(LODE_EXP_G2));
  g = _mm256_fmadd_ps(g, *r, _mm256_set1_ps(LODE_EXP_G1));
  return _mm256_fmadd_ps(g, *r, _mm256_set1_ps(LODE_EXP_G0));
}

/* exp(x), at most 1 ULP off; 0 where that is below 2^-125, NaN for NaN. */
static inline __m256 lode_exp_avx2(__m256 x) {
  const __m256 kept = _mm256_cmp_ps(x, _mm256_set1_ps(LODE_EXP_LOWEST), _CMP_NLT_UQ);
  __m256i exponent;
  __m256 r;
  const __m256 g =
      lode_exp_reduce_avx2(_mm256_min_ps(_mm256_set1_ps(LODE_EXP_HIGHEST), x), &exponent, &r);
  const __m256 p = _mm256_fmadd_ps(g, r, _mm256_set1_ps(1.0f));
  /* Half of the result, doubled: 2^(n-1) is a float, and infinity comes by itself. */
  const __m256 power =
      _mm256_castsi256_ps(_mm256_add_epi32(exponent, _mm256_set1_epi32(126 << 23)));
  const __m256 half = _mm256_and_ps(kept, _mm256_mul_ps(p, power));
  return _mm256_add_ps(half, half);
}

static inline __m256 lode_relu_avx2(__m256 x) {
  return _mm256_max_ps(_mm256_setzero_ps(), x);
}

/* max(x, 0) - |x| Phi(-|x|) */
static inline __m256 lode_gelu_erf_avx2(__m256 x) {
  const __m256 magnitude = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
  const __m256 a = _mm256_min_ps(_mm256_set1_ps(LODE_GELU_LIMIT), magnitude);
  __m256 q = _mm256_set1_ps(LODE_GELU_Q8);
  q = _mm256_fmadd_ps(q, a, _mm256_set1_ps(LODE_GELU_Q7));
  q = _mm256_fmadd_ps(q, a, _mm256_set1_ps(LODE_GELU_Q6));
  q = _mm256_fmadd_ps(q, a, _mm256_set1_ps(LODE_GELU_Q5));
  q = _mm256_fmadd_ps(q, a, _mm256_set1_ps(LODE_GELU_Q4));
  q = _mm256_fmadd_ps(q, a, _mm256_set1_ps(LODE_GELU_Q3));
  q = _mm256_fmadd_ps(q, a, _mm256_set1_ps(LODE_GELU_Q2));
  q = _mm256_fmadd_ps(q, a, _mm256_set1_ps(LODE_GELU_Q1));
  q = _mm256_fmadd_ps(q, a, _mm256_set1_ps(LODE_GELU_Q0));
  q = _mm256_mul_ps(q, q);
  q = _mm256_mul_ps(q, q);
  q = _mm256_mul_ps(q, q);
  return _mm256_fnmadd_ps(a, q, lode_relu_avx2(x));
}

/* x / (1 + exp(y)), for y that falls as x grows */
static inline __m256 lode_logistic_avx2(__m256 x, __m256 y) {
  const __m256 numerator = _mm256_max_ps(_mm256_set1_ps(LODE_LOGISTIC_LOWEST), x);
  return _mm256_div_ps(numerator, _mm256_add_ps(_mm256_set1_ps(1.0f), lode_exp_avx2(y)));
}

static inline __m256 lode_gelu_tanh_avx2(__m256 x) {
  const __m256 slope = _mm256_fnmadd_ps(_mm256_mul_ps(x, x), _mm256_set1_ps(LODE_GELU_TANH_B),
                                        _mm256_set1_ps(-LODE_GELU_TANH_A));
  return lode_logistic_avx2(x, _mm256_mul_ps(x, slope));
}

static inline __m256 lode_silu_avx2(__m256 x) {
  return lode_logistic_avx2(x, _mm256_sub_ps(_mm256_setzero_ps(), x));
}

static inline __m256 lode_sigmoid_avx2(__m256 x) {
  return lode_logistic_avx2(_mm256_set1_ps(1.0f), _mm256_sub_ps(_mm256_setzero_ps(), x));
}

/* m / (m + 2), m = exp(2x) - 1 = 2^n (exp(r) - 1) + (2^n - 1) */
static inline __m256 lode_tanh_avx2(__m256 x) {
  x = _mm256_min_ps(_mm256_set1_ps(LODE_TANH_LIMIT), x);
  x = _mm256_max_ps(_mm256_set1_ps(-LODE_TANH_LIMIT), x);
  const __m256 one = _mm256_set1_ps(1.0f);
  __m256i exponent;
  __m256 r;
  const __m256 g = lode_exp_reduce_avx2(_mm256_add_ps(x, x), &exponent, &r);
  const __m256 power = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(one), exponent));
  const __m256 m = _mm256_fmadd_ps(power, _mm256_mul_ps(g, r), _mm256_sub_ps(power, one));
  return _mm256_div_ps(m, _mm256_add_ps(m, _mm256_set1_ps(2.0f)));
}

/* act(x). Where `act` does not change in a loop, its cases cost a predicted branch. */
static inline __m256 lode_act_avx2(lode_act act, __m256 x) {
  switch (act) {
    case LODE_ACT_NONE:
      return x;
    case LODE_ACT_GELU_ERF:
      return lode_gelu_erf_avx2(x);
    case LODE_ACT_GELU_TANH:
      return lode_gelu_tanh_avx2(x);
    case LODE_ACT_RELU:
      return lode_relu_avx2(x);
    case LODE_ACT_TANH:
      return lode_tanh_avx2(x);
    case LODE_ACT_SILU:
      return lode_silu_avx2(x);
    case LODE_ACT_SIGMOID:
      return lode_sigmoid_avx2(x);
  }
  return x;
}

#endif
