/* What the operation means, in C for any machine. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/activation/math_constants.h"
#include "kernels/attention_i8/attention_i8.h"
#include "kernels/quantize/quantize.h"

/* The scratch: K, V as integers with their scales, then what one query needs. */
typedef struct parts {
  float *key_scale;   /* [n] */
  float *value_scale; /* [d] */
  float *scores;      /* [n] */
  int32_t *weights;   /* [n]: P */
  int8_t *keys;       /* [n, d] */
  int8_t *values;     /* [n, d] */
  int8_t *query;      /* [d] */
} parts;

static size_t scratch_size(size_t n, size_t d) {
  return 3 * n + d + (2 * n * d + d) / sizeof(float) + 1;
}

static parts lay_out(const lode_attention_args *args) {
  parts p;
  p.key_scale = args->scratch;
  p.value_scale = p.key_scale + args->n;
  p.scores = p.value_scale + args->d;
  p.weights = (int32_t *)(void *)(p.scores + args->n);
  p.keys = (int8_t *)(void *)(p.weights + args->n);
  p.values = p.keys + args->n * args->d;
  p.query = p.values + args->n * args->d;
  return p;
}

static int8_t rounded(float y) {
  if (!(y > -127.0f)) return -127; /* NaN too */
  return y < 127.0f ? (int8_t)lrintf(y) : 127;
}

/* n values `stride` floats apart to s8, `step` bytes apart; returns their scale. */
static float quantize(size_t n, const float *x, size_t stride, int8_t *q, size_t step) {
  float most = 0.0f;
  for (size_t i = 0; i < n; i++) most = fmaxf(most, fabsf(x[i * stride]));
  const bool zero = most < LODE_QUANTIZE_LEAST;
  const float inverse = zero ? 0.0f : 127.0f / most;
  for (size_t i = 0; i < n; i++) q[i * step] = rounded(x[i * stride] * inverse);
  return zero ? 0.0f : most / 127.0f;
}

static void pack(const lode_attention_args *args, const parts *p) {
  const size_t n = args->n, d = args->d;
  for (size_t j = 0; j < n; j++) {
    p->key_scale[j] = quantize(d, args->k + j * args->ld, 1, p->keys + j * d, 1);
  }
  for (size_t c = 0; c < d; c++) {
    p->value_scale[c] = quantize(n, args->v + c, args->ld, p->values + c, d);
  }
}

static int32_t weight(float x) {
  x = -fabsf(x);                 /* above 0 where the shift was rounded */
  if (!(x > -30.0f)) x = -30.0f; /* NaN too */
  const float whole = floorf(x), r = x - whole;
  float e = LODE_ATTENTION_I8_ONE * LODE_EXP2_C3;
  e = e * r + LODE_ATTENTION_I8_ONE * LODE_EXP2_C2;
  e = e * r + LODE_ATTENTION_I8_ONE * LODE_EXP2_C1;
  e = e * r + LODE_ATTENTION_I8_ONE * LODE_EXP2_C0;
  return (int32_t)lrintf(ldexpf(e, (int)whole));
}

static void row(const lode_attention_args *args, const parts *p, size_t i) {
  const size_t n = args->n, d = args->d;
  const float query_scale = quantize(d, args->q + i * args->ld, 1, p->query, 1);
  float most = -INFINITY;
  for (size_t j = 0; j < n; j++) {
    int32_t sum = 0;
    for (size_t c = 0; c < d; c++) sum += p->query[c] * p->keys[j * d + c];
    p->scores[j] = (float)sum * p->key_scale[j];
    if (p->scores[j] > most) most = p->scores[j];
  }
  const float factor = query_scale * args->scale * LODE_EXP_LOG2E;
  const float shift = -most * factor;
  int32_t total = 0;
  for (size_t j = 0; j < n; j++) {
    p->weights[j] = weight(p->scores[j] * factor + shift);
    total += p->weights[j];
  }
  const float inverse = 1.0f / (float)total;
  for (size_t c = 0; c < d; c++) {
    int64_t sum = 0;
    for (size_t j = 0; j < n; j++) sum += (int64_t)p->weights[j] * p->values[j * d + c];
    args->out[i * args->ldo + c] = (float)sum * inverse * p->value_scale[c];
  }
}

static void run(const lode_attention_args *args) {
  if (args->row0 >= args->row1) return;
  const parts p = lay_out(args);
  pack(args, &p);
  for (size_t i = args->row0; i < args->row1; i++) row(args, &p, i);
}

const lode_attention_kernel lode_attention_i8_ref = {
    .name = "ref",
    .features = 0,
    .scratch_size = scratch_size,
    .run = run,
};
