/* The end of a reference kernel: what the families' sums have in common after the bias. */
#ifndef LODE_KERNELS_GEMM_GEMM_REF_H
#define LODE_KERNELS_GEMM_GEMM_REF_H

#include "kernels/activation/math_lanes.h"
#include "kernels/gemm/gemm.h"

/* C[i, j] from the product with its bias. */
static inline void lode_gemm_finish_ref(const lode_gemm_args *args, size_t i, size_t j, float y) {
  y = lode_act_of(args->act, lanes_set(y))[0];
  if (args->residual != NULL) y += args->residual[i * args->ldr + j];
  args->c[i * args->ldc + j] = y;
}

#endif
