#include "kernels/dot/dot.h"

static float run(size_t n, const float *a, const int8_t *b) {
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) sum += (double)a[i] * (double)b[i];
  return (float)sum;
}

const lode_dot_f32_i8_kernel lode_dot_f32_i8_ref = {.name = "ref", .features = 0, .run = run};
