/* The product of bfloat16 matrices: gemm.h with A and B bf16, the sums f32.
 *
 * A's rows are padded with a zero to an even k, lda is even.
 *
 * Numerics: products of two bf16 are exact in f32, and so are sums of them but for one rounding
 * to nearest each; the order of the additions is a constant of the kernel. Then + bias, act, + R:
 * |error| <= (k + 2) u sum|a b| before act, u = 2^-24, beside what rounding A and B to bf16 cost
 * (2^-9 each). Subnormal operands, products and sums may count as zero. */
#ifndef LODE_KERNELS_GEMM_BF16_H
#define LODE_KERNELS_GEMM_BF16_H

#include "kernels/gemm/gemm.h"

/* The first kernel of the list that the features allow. ref needs none; NULL in a build that has no
 * kernel of bf16, as modules of WebAssembly have not. */
const lode_gemm_kernel *lode_gemm_bf16_select(uint32_t features);
const lode_gemm_kernel *lode_gemm_bf16_kernel_at(size_t i);

#endif
