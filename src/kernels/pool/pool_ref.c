#include <math.h>
#include <string.h>

#include "kernels/pool/pool.h"

/* out += weight * x */
static void add_row(size_t n, float weight, const float *restrict x, float *restrict out) {
  for (size_t j = 0; j < n; j++) out[j] += weight * x[j];
}

/* A NaN stays: no comparison with it is true. */
static void raise_to_row(size_t n, const float *restrict x, float *restrict out) {
  for (size_t j = 0; j < n; j++) out[j] = x[j] <= out[j] || out[j] != out[j] ? out[j] : x[j];
}

static void divide(size_t n, float divisor, float *out) {
  for (size_t j = 0; j < n; j++) out[j] /= divisor;
}

static void run(lode_pooling kind, size_t t, size_t skip, size_t n, const float *x, size_t ldx,
                float *out) {
  const size_t first = skip < t ? skip : t;
  const size_t used = t - first;
  for (size_t j = 0; j < n; j++) out[j] = 0.0f;
  if (t == 0 || n == 0) return;
  switch (kind) {
    case LODE_POOL_CLS:
      memcpy(out, used > 0 ? x + first * ldx : x, n * sizeof *out);
      break;
    case LODE_POOL_LAST:
      if (used > 0) memcpy(out, x + (t - 1) * ldx, n * sizeof *out);
      break;
    case LODE_POOL_MAX:
      if (used > 0) memcpy(out, x + first * ldx, n * sizeof *out);
      for (size_t i = first + 1; i < t; i++) raise_to_row(n, x + i * ldx, out);
      break;
    case LODE_POOL_MEAN:
    case LODE_POOL_MEAN_SQRT_LEN:
      for (size_t i = first; i < t; i++) add_row(n, 1.0f, x + i * ldx, out);
      if (used > 0) divide(n, kind == LODE_POOL_MEAN ? (float)used : sqrtf((float)used), out);
      break;
    case LODE_POOL_WEIGHTED_MEAN: {
      double total = 0.0;
      for (size_t i = first; i < t; i++) {
        add_row(n, (float)(i + 1), x + i * ldx, out);
        total += (double)(i + 1);
      }
      if (used > 0) divide(n, (float)total, out);
      break;
    }
  }
}

const lode_pool_kernel lode_pool_ref = {.name = "ref", .features = 0, .run = run};
