/* Numbers of the vector functions (math_lanes.h), which do the same multiplications and
 * additions on them, in the same order, on every instruction set, so that all of them give the
 * same bits; docs/numerics.md derives the formulas.
 * The polynomials are found, checked and printed by tools/make_polynomials.py. */
#ifndef LODE_KERNELS_ACTIVATION_MATH_CONSTANTS_H
#define LODE_KERNELS_ACTIVATION_MATH_CONSTANTS_H

/* exp(x) = 2^n exp(r), n = round(x log2(e)), r = x - n ln(2), |r| <= ln(2)/2.
 * LN2_HIGH has 16 bits: its products with n are exact. */
#define LODE_EXP_LOG2E 0x1.715476p+0f
#define LODE_EXP_LN2_HIGH 0x1.62e4p-1f
#define LODE_EXP_LN2_LOW 0x1.7f7d1cp-20f
/* Results below 2^-125 are 0, and above the largest float they are infinity. */
#define LODE_EXP_LOWEST -0x1.5a92d6p+6f
#define LODE_EXP_HIGHEST 89.0f

/* (exp(r) - 1) / r = G0 + G1 r + ... for |r| <= ln(2)/2; relative error <= 0.39 x 2^-24. */
#define LODE_EXP_G0 0x1p+0f
#define LODE_EXP_G1 0x1.fffffep-2f
#define LODE_EXP_G2 0x1.5554b8p-3f
#define LODE_EXP_G3 0x1.5556acp-5f
#define LODE_EXP_G4 0x1.122b34p-7f
#define LODE_EXP_G5 0x1.6c0502p-10f

/* 2^r = C0 + C1 r + ... for 0 <= r < 1; relative error <= 2^-13.7: for what becomes bf16. */
#define LODE_EXP2_C0 0x1.fff632p-1f
#define LODE_EXP2_C1 0x1.644462p-1f
#define LODE_EXP2_C2 0x1.cefaf8p-3f
#define LODE_EXP2_C3 0x1.3f98eep-4f

/* Phi(-a) = Q(a)^8, Phi the normal distribution function, 0 <= a <= LIMIT; the error of Q^8
 * is <= 0.8 x 2^-24 (Phi(-a) + 0.02). Q falls to 0 at LIMIT. */
#define LODE_GELU_LIMIT 0x1.0e56dcp+3f
#define LODE_GELU_Q0 0x1.d5818ep-1f
#define LODE_GELU_Q1 -0x1.769c94p-4f
#define LODE_GELU_Q2 -0x1.058a1ap-5f
#define LODE_GELU_Q3 -0x1.61f62ep-11f
#define LODE_GELU_Q4 0x1.8b1d04p-10f
#define LODE_GELU_Q5 0x1.133460p-15f
#define LODE_GELU_Q6 -0x1.f5c862p-15f
#define LODE_GELU_Q7 0x1.f14adep-18f
#define LODE_GELU_Q8 -0x1.38e12ep-22f

/* 2 sqrt(2/pi) (x + 0.044715 x^3) = x (A + B x^2) */
#define LODE_GELU_TANH_A 0x1.988454p+0f
#define LODE_GELU_TANH_B 0x1.2444f2p-4f

/* From here down x / (1 + exp(..)) is -0, and the numerator need not be larger. */
#define LODE_LOGISTIC_LOWEST -128.0f

/* From here on tanh is 1 in f32. */
#define LODE_TANH_LIMIT 10.0f

#endif
