/* What the operation means, in C for any machine. */
#include <math.h>
#include <string.h>

#include "kernels/attention_bf16/attention_bf16.h"

static size_t scratch_size(size_t n, size_t d) {
  (void)d;
  return n; /* the scores of one row, then their exponentials */
}

/* x rounded to bfloat16, ties to even. */
static float rounded(float x) {
  if (isnan(x)) return x;
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static void row(const lode_attention_args *args, size_t i) {
  const size_t n = args->n, d = args->d;
  const float *q = args->q + i * args->ld;
  float *p = args->scratch;
  float max = -INFINITY;
  for (size_t j = 0; j < n; j++) {
    const float *k = args->k + j * args->ld;
    float score = 0.0f;
    for (size_t c = 0; c < d; c++) score += rounded(q[c]) * rounded(k[c]);
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
    for (size_t c = 0; c < d; c++) out[c] += rounded(p[j]) * rounded(v[c]);
  }
  for (size_t c = 0; c < d; c++) out[c] /= sum;
}

static void run(const lode_attention_args *args) {
  for (size_t i = args->row0; i < args->row1; i++) row(args, i);
}

const lode_attention_kernel lode_attention_bf16_ref = {
    .name = "ref",
    .features = 0,
    .scratch_size = scratch_size,
    .run = run,
};
