/* One head of softmax attention over one sequence, full (bidirectional):
 *   O[i,:] = sum_j p_ij V[j,:],   p_i = softmax_j(scale * Q[i] . K[j]),   0 <= j < n
 * (Vaswani et al. 2017). Row i's result depends on Q[i], K, V only, to the last bit,
 * whatever rows are asked for together. Two passes over full rows: maximum, then exp.
 *
 * Numerics: with e the bound of a score's error, (d + 3) u scale sum|q k|, u = 2^-24, an
 * output is within (4 e + (2 n + 20) u) sum p|v| of the formula (first order). Weights
 * below 2^-125 of the largest may be taken as 0. */
#ifndef LODE_KERNELS_ATTENTION_F32_H
#define LODE_KERNELS_ATTENTION_F32_H

#include <stddef.h>
#include <stdint.h>

typedef struct lode_attention_f32_args {
  size_t n;               /* tokens of the sequence */
  size_t d;               /* head size, any */
  size_t row0, row1;      /* queries to compute */
  const float *q, *k, *v; /* [n, d] each, rows `ld` floats apart (one QKV matrix serves) */
  size_t ld;
  float scale; /* > 0 */
  float *out;  /* [n, d], rows ldo apart: rows row0 .. row1-1 are written */
  size_t ldo;
  float *scratch; /* scratch_size(n, d) floats, 64-byte aligned */
} lode_attention_f32_args;

typedef struct lode_attention_f32_kernel {
  const char *name;
  uint32_t features;
  /* Floats; never fewer for more tokens, so that the longest sequence sizes a workspace. */
  size_t (*scratch_size)(size_t n, size_t d);
  void (*run)(const lode_attention_f32_args *args);
} lode_attention_f32_kernel;

const lode_attention_f32_kernel *lode_attention_f32_select(uint32_t features);
const lode_attention_f32_kernel *lode_attention_f32_kernel_at(size_t i);

#endif
