/* Attention in C for any machine, of which the families f32 and bf16 differ in what they take a
 * number for before they multiply it. */
#ifndef LODE_KERNELS_ATTENTION_ATTENTION_REF_H
#define LODE_KERNELS_ATTENTION_ATTENTION_REF_H

#include <math.h>

#include "kernels/attention/attention.h"

static inline size_t lode_attention_ref_scratch(size_t n, size_t d) {
  (void)d;
  return n; /* the scores of one row, then their exponentials */
}

static inline void lode_attention_ref_row(const lode_attention_args *args, size_t i,
                                          float (*taken)(float x)) {
  const size_t n = args->n, d = args->d;
  const float *q = args->q + i * args->ld;
  float *p = args->scratch;
  float max = -INFINITY;
  for (size_t j = 0; j < n; j++) {
    const float *k = args->k + j * args->ld;
    float score = 0.0f;
    for (size_t c = 0; c < d; c++) score += taken(q[c]) * taken(k[c]);
    p[j] = args->scale * score;
    if (p[j] > max) max = p[j];
  }
  float sum = 0.0f;
  for (size_t j = 0; j < n; j++) {
    p[j] = expf(p[j] - max);
    sum += p[j];
  }
  float *out = args->out + i * args->ldo;
  for (size_t c = 0; c < d; c++) out[c] = 0.0f;
  for (size_t j = 0; j < n; j++) {
    const float *v = args->v + j * args->ld;
    for (size_t c = 0; c < d; c++) out[c] += taken(p[j]) * taken(v[c]);
  }
  for (size_t c = 0; c < d; c++) out[c] /= sum;
}

#endif
