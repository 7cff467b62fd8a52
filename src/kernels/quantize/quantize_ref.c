/* What the operation means, in C for any machine. */
#include <math.h>
#include <string.h>

#include "kernels/quantize/quantize.h"

static float smoothed(const float *x, const float *smooth, size_t j) {
  return smooth != NULL ? x[j] * smooth[j] : x[j];
}

static int8_t rounded(float y) {
  if (!(y > -127.0f)) return -127; /* NaN too */
  return y < 127.0f ? (int8_t)lrintf(y) : 127;
}

static void rows(size_t m, size_t n, const float *x, size_t ldx, const float *smooth, int8_t *q,
                 size_t ldq, float *scale, int32_t *sum) {
  for (size_t i = 0; i < m; i++, x += ldx, q += ldq) {
    float most = 0.0f;
    for (size_t j = 0; j < n; j++) most = fmaxf(most, fabsf(smoothed(x, smooth, j)));
    memset(q, 0, lode_quantize_padded(n));
    scale[i] = 0.0f;
    sum[i] = 0;
    if (most < LODE_QUANTIZE_LEAST) continue;
    const float inverse = 127.0f / most;
    scale[i] = most / 127.0f;
    for (size_t j = 0; j < n; j++) {
      q[j] = rounded(smoothed(x, smooth, j) * inverse);
      sum[i] += q[j];
    }
  }
}

const lode_quantize_kernel lode_quantize_ref = {.name = "ref", .features = 0, .rows = rows};
