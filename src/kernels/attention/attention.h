/* One head of softmax attention over one sequence, full (bidirectional):
 *   O[i,:] = sum_j p_ij V[j,:],   p_i = softmax_j(scale * Q[i] . K[j]),   0 <= j < n
 * (Vaswani et al. 2017): what the families attention_f32 and attention_bf16 share. They differ
 * in what they multiply, and so in the error that each one's header states. In both, row i's
 * result depends on Q[i], K, V only, to the last bit, whatever rows are asked for together. */
#ifndef LODE_KERNELS_ATTENTION_H
#define LODE_KERNELS_ATTENTION_H

#include <stddef.h>
#include <stdint.h>

typedef struct lode_attention_args {
  size_t n;               /* tokens of the sequence */
  size_t d;               /* head size, any */
  size_t row0, row1;      /* queries to compute */
  const float *q, *k, *v; /* [n, d] each, rows `ld` floats apart (one QKV matrix serves) */
  size_t ld;
  float scale; /* > 0 */
  float *out;  /* [n, d], rows ldo apart: rows row0 .. row1-1 are written */
  size_t ldo;
  float *scratch; /* scratch_size(n, d) floats, 64-byte aligned */
} lode_attention_args;

typedef struct lode_attention_kernel {
  const char *name;
  uint32_t features;
  /* Floats; never fewer for more tokens, so that the longest sequence sizes a workspace. */
  size_t (*scratch_size)(size_t n, size_t d);
  void (*run)(const lode_attention_args *args);
} lode_attention_kernel;

#endif
