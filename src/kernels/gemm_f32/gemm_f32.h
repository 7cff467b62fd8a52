/* The product of f32 matrices: gemm.h with A and B f32.
 *
 * Numerics: each C[i,j] is one chain of k fused multiply-adds in order of k, starting from 0,
 * then + bias, act, + R. |error| <= (k + 2) u sum|a b| before act, u = 2^-24. (A kernel may
 * start the chain anew every fixed number of k and add the parts; the split is a constant of
 * the kernel, never of m, n or the caller.) */
#ifndef LODE_KERNELS_GEMM_F32_H
#define LODE_KERNELS_GEMM_F32_H

#include "kernels/gemm/gemm.h"

/* The first kernel of the list that the features allow; never NULL (ref needs none). */
const lode_gemm_kernel *lode_gemm_f32_select(uint32_t features);
/* All kernels, for tests and benchmarks: i = 0 .. ; NULL after the last. */
const lode_gemm_kernel *lode_gemm_f32_kernel_at(size_t i);

#endif
