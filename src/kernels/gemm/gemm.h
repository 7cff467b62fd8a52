/* Products of matrices, C[m,n] = act(A[m,k] * B[n,k]^T + bias[n]) + R[m,n], row-major: what the
 * families gemm_f32, gemm_bf16 and gemm_i8 share. They differ in the elements of A and B, and
 * so in the value of the product, which each family's header states; C, bias and R are f32.
 *
 * In all of them an element of C depends on its row of A and its row of B only, to the last
 * bit, whatever the split of m and n. */
#ifndef LODE_KERNELS_GEMM_GEMM_H
#define LODE_KERNELS_GEMM_GEMM_H

#include <stddef.h>
#include <stdint.h>

#include "base/types.h"
#include "kernels/gemm/gemm_pack.h"

typedef struct lode_gemm_args {
  size_t m;      /* rows of A and C */
  size_t n0, n1; /* columns of C to compute: n0 a multiple of the layout's `panel`; n1 too,
                    or equal to n */
  size_t n, k;
  const void *a;          /* [m, k] of the family's type */
  size_t lda;             /* elements between rows, >= k */
  const void *b;          /* packed in the kernel's layout */
  const float *row_scale; /* [m], gemm_i8 only: A's scales */
  const int32_t *row_sum; /* [m], gemm_i8 only: sums of A's rows */
  const float *col_scale; /* [n], gemm_i8 only: B's scales */
  const float *bias;      /* [n], or NULL */
  const float *residual;  /* [m, n], or NULL; may be c itself */
  size_t ldr;
  float *c; /* [m, n] */
  size_t ldc;
  lode_act act;
} lode_gemm_args;

typedef struct lode_gemm_kernel {
  const char *name;               /* "avx512_14x32": the largest tile, rows x columns */
  uint32_t features;              /* LODE_CPU_ bits that it needs */
  const lode_gemm_layout *layout; /* of B: lode_gemm_pack */
  void (*run)(const lode_gemm_args *args);
} lode_gemm_kernel;

#endif
