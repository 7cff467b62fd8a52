/* The functions of a lode_activation_kernel, for the instruction set of the file that includes
 * this. What is left at the end takes the same operations as all the rest. */
#ifndef LODE_KERNELS_ACTIVATION_ACTIVATION_LANES_H
#define LODE_KERNELS_ACTIVATION_ACTIVATION_LANES_H

#include "kernels/activation/activation.h"
#include "kernels/activation/math_lanes.h"

#define DEFINE(function)                                                            \
  static void run_##function(size_t n, const float *x, float *y) {                  \
    size_t i = 0;                                                                   \
    for (; i + LANES <= n; i += LANES) {                                            \
      lanes_store(y + i, lode_##function(lanes_load(x + i)));                       \
    }                                                                               \
    if (i == n) return;                                                             \
    lanes_store_some(y + i, n - i, lode_##function(lanes_load_some(x + i, n - i))); \
  }
DEFINE(exp)
DEFINE(gelu_erf)
DEFINE(gelu_tanh)
DEFINE(relu)
DEFINE(tanh)
DEFINE(silu)
DEFINE(sigmoid)
#undef DEFINE

static void run_none(size_t n, const float *x, float *y) {
  if (x != y && n > 0) memcpy(y, x, n * sizeof *x);
}

static void run(lode_act act, size_t n, const float *x, float *y) {
  static void (*const run_of_act[])(size_t n, const float *x, float *y) = {
      [LODE_ACT_NONE] = run_none,           [LODE_ACT_GELU_ERF] = run_gelu_erf,
      [LODE_ACT_GELU_TANH] = run_gelu_tanh, [LODE_ACT_RELU] = run_relu,
      [LODE_ACT_TANH] = run_tanh,           [LODE_ACT_SILU] = run_silu,
      [LODE_ACT_SIGMOID] = run_sigmoid,
  };
  run_of_act[act](n, x, y);
}

#endif
