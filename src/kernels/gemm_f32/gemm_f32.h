/* C[m,n] = act(A[m,k] * B[n,k]^T + bias[n]) + R[m,n], all f32, row-major.
 *
 * Numerics: each C[i,j] is one chain of k fused multiply-adds in order of k, starting from 0,
 * then + bias, act, + R: it depends on row i of A and row j of B only, to the last bit,
 * whatever the split of m and n. |error| <= (k + 2) u sum|a b| before act, u = 2^-24.
 * (A kernel may start the chain anew every fixed number of k and add the parts; the split is
 * a constant of the kernel, never of m, n or the caller.) */
#ifndef LODE_KERNELS_GEMM_F32_H
#define LODE_KERNELS_GEMM_F32_H

#include <stddef.h>
#include <stdint.h>

#include "base/types.h"

typedef struct lode_gemm_f32_args {
  size_t m;      /* rows of A and C */
  size_t n0, n1; /* columns of C to compute: n0 a multiple of the kernel's `panel`; n1 too,
                    or equal to n */
  size_t n, k;
  const float *a;        /* [m, k] */
  size_t lda;            /* floats between rows, >= k */
  const float *b;        /* packed by `pack` */
  const float *bias;     /* [n], or NULL */
  const float *residual; /* [m, n], or NULL; may be c itself */
  size_t ldr;
  float *c; /* [m, n] */
  size_t ldc;
  lode_act act;
} lode_gemm_f32_args;

typedef struct lode_gemm_f32_kernel {
  const char *name;  /* "avx512_6x64" */
  uint32_t features; /* LODE_CPU_ bits that it needs */
  size_t panel;      /* columns packed together */
  /* Floats that `pack` writes for [n, k]. */
  size_t (*packed_size)(size_t n, size_t k);
  /* rows[j] is row j of B, [k]. Writes panels first .. last-1 (panel p holds columns
   * p*panel .. ), so that packing can be shared and done piece by piece. */
  void (*pack)(size_t n, size_t k, const float *const *rows, size_t first, size_t last,
               float *packed);
  void (*run)(const lode_gemm_f32_args *args);
} lode_gemm_f32_kernel;

/* The first kernel of the list that the features allow; never NULL (ref needs none). */
const lode_gemm_f32_kernel *lode_gemm_f32_select(uint32_t features);
/* All kernels, for tests and benchmarks: i = 0 .. ; NULL after the last. */
const lode_gemm_f32_kernel *lode_gemm_f32_kernel_at(size_t i);

#endif
