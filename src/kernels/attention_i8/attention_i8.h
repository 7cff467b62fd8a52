/* Attention (kernels/attention/attention.h) in integers, with sums that are exact: so that every
 * kernel on every machine gives the same bits, whatever it adds up first.
 *
 *   Q, K   s8, a row with a scale of its own:    sq = max |q| / 127,   q' = q * (127 / max |q|)
 *   V      s8, a component with a scale of its own over the sequence:  sv likewise
 *   t_j    = (float)(q' . k'_j) * sk_j                    the sum is an exact integer
 *   x_j    = -min(|t_j * c - max_j(t_j) * c|, 30),   c = sq * scale * log2(e)
 *   P_j    = 65535 * 2^x_j, an integer of 16 bits: the cubic of math_constants.h, its numbers
 *            times 65535, on x - floor(x), times 2^floor(x)
 *   out    = (float)(sum_j P_j v'_j) * (1 / (float)sum_j P_j) * sv;  the sums are exact integers
 *
 * Each step in f32 is rounded to nearest, ties to even, and so is what becomes an integer. Rows
 * of q, k and components of v whose largest magnitude is below LODE_QUANTIZE_LEAST count as 0.
 *
 * Numerics: a score is within (|q|_1 sk + |k|_1 sq) scale of the formula's; 8 bits for Q, K and V
 * cost nothing that can be measured beside the 8 bits of the linear layers; for P they do, where
 * one token draws most of the attention, hence 16 (docs/numerics.md). Where inputs have NaN or
 * infinities the outputs are some numbers, and never a fault. */
#ifndef LODE_KERNELS_ATTENTION_I8_H
#define LODE_KERNELS_ATTENTION_I8_H

#include "kernels/attention/attention.h"

/* Tokens of a sequence that 32-bit sums hold: n x 65535 < 2^31. */
enum { LODE_ATTENTION_I8_MOST_TOKENS = 32767 };

/* P of the largest score, nearly. */
#define LODE_ATTENTION_I8_ONE 65535.0f

const lode_attention_kernel *lode_attention_i8_select(uint32_t features);
const lode_attention_kernel *lode_attention_i8_kernel_at(size_t i);

#endif
