/* Attention (kernels/attention/attention.h) with products of bfloat16: Q, K, V and the
 * exponentials are rounded to bf16, sums are f32. Two passes over full rows: maximum, then exp.
 *
 * Numerics: with h = 2^-9 what rounding to bf16 costs, a score is within e = 3 h scale sum|q k|,
 * a weight's exponential within 2^-13 of itself beside its rounding, and an output within
 * (4 e + 3 h + (2 n + 20) 2^-24) sum p|v| of the formula (first order). Weights below 2^-125 of
 * the largest may be taken as 0. */
#ifndef LODE_KERNELS_ATTENTION_BF16_H
#define LODE_KERNELS_ATTENTION_BF16_H

#include "kernels/attention/attention.h"

/* NULL where lode_gemm_bf16_select gives NULL. */
const lode_attention_kernel *lode_attention_bf16_select(uint32_t features);
const lode_attention_kernel *lode_attention_bf16_kernel_at(size_t i);

#endif
