/* The product of 8-bit integer matrices: gemm.h with
 *   C = act(row_scale[i] * col_scale[j] * sum_k A[i,k] B[j,k] + bias[j]) + R
 *
 * A is s8, -127 .. 127, as kernels/quantize writes it: rows 64-byte aligned, lda a multiple of
 * 64, zeros from k to the next multiple of 64; with each row's scale and sum. B is s8,
 * -63 .. 63, so that it fits 7 bits.
 *
 * Numerics: the sum over k is an exact 32-bit integer in every kernel, for k up to
 * LODE_GEMM_I8_MAX_K. Then, each step rounded to f32:
 *   t = (float)sum * row_scale[i];   y = t * col_scale[j] + bias[j] (one rounding);   act;   + R
 * so that kernels differ by the last bits of the activation only.
 *
 * Why 7 bits: one side is then non-negative after + 64 without leaving 7 bits, and the fastest
 * instruction of every machine is exact: pmaddubsw cannot saturate (2 x 127 x 127 < 2^15), the
 * relaxed dot of WebAssembly is defined. B is kept as B + 64, and 64 row_sum is taken off. */
#ifndef LODE_KERNELS_GEMM_I8_H
#define LODE_KERNELS_GEMM_I8_H

#include "kernels/gemm/gemm.h"

enum {
  LODE_GEMM_I8_MOST = 63,       /* largest |B| */
  LODE_GEMM_I8_OFFSET = 64,     /* of B as it is packed */
  LODE_GEMM_I8_MAX_K = 1 << 17, /* 127 x 127 x 2^17 < 2^31 */
};

/* The first kernel of the list that the features allow; never NULL (ref needs none). */
const lode_gemm_kernel *lode_gemm_i8_select(uint32_t features);
const lode_gemm_kernel *lode_gemm_i8_kernel_at(size_t i);

#endif
