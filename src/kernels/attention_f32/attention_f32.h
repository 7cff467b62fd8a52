/* Attention (kernels/attention/attention.h) in f32. Two passes over full rows: maximum, then exp.
 *
 * Numerics: with e the bound of a score's error, (d + 3) u scale sum|q k|, u = 2^-24, an
 * output is within (4 e + (2 n + 20) u) sum p|v| of the formula (first order). Weights
 * below 2^-125 of the largest may be taken as 0. */
#ifndef LODE_KERNELS_ATTENTION_F32_H
#define LODE_KERNELS_ATTENTION_F32_H

#include "kernels/attention/attention.h"

const lode_attention_kernel *lode_attention_f32_select(uint32_t features);
const lode_attention_kernel *lode_attention_f32_kernel_at(size_t i);

#endif
