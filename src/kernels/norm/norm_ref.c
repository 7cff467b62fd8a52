#include <math.h>

#include "kernels/norm/norm.h"

static void layernorm(size_t m, size_t n, const float *x, size_t ldx, const float *gamma,
                      const float *beta, float eps, float *y, size_t ldy) {
  for (size_t i = 0; i < m; i++, x += ldx, y += ldy) {
    double sum = 0.0, squares = 0.0;
    for (size_t j = 0; j < n; j++) sum += (double)x[j];
    const double mean = sum / (double)n;
    for (size_t j = 0; j < n; j++) squares += ((double)x[j] - mean) * ((double)x[j] - mean);
    const double scale = 1.0 / sqrt(squares / (double)n + (double)eps);
    for (size_t j = 0; j < n; j++) {
      const double normal = ((double)x[j] - mean) * scale;
      y[j] = (float)(normal * (double)gamma[j] + (beta ? (double)beta[j] : 0.0));
    }
  }
}

static void l2(size_t m, size_t n, const float *x, size_t ldx, float *y, size_t ldy) {
  for (size_t i = 0; i < m; i++, x += ldx, y += ldy) {
    double squares = 0.0;
    for (size_t j = 0; j < n; j++) squares += (double)x[j] * (double)x[j];
    const double length = sqrt(squares);
    const double divisor = length < LODE_NORM_L2_LEAST ? LODE_NORM_L2_LEAST : length;
    for (size_t j = 0; j < n; j++) y[j] = (float)((double)x[j] / divisor);
  }
}

const lode_norm_kernel lode_norm_ref = {
    .name = "ref", .features = 0, .layernorm = layernorm, .l2 = l2};
