/* Elementwise activations, y = act(x).
 *   GELU_ERF   x/2 (1 + erf(x / sqrt 2))                              Hendrycks & Gimpel 2016
 *   GELU_TANH  x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))           the same paper
 *   SILU       x / (1 + exp(-x))
 * The error bound of each kernel, against the formula in double, stands in docs/numerics.md
 * and is asserted by the tests. NaN gives NaN; infinities give the limits. */
#ifndef LODE_KERNELS_ACTIVATION_H
#define LODE_KERNELS_ACTIVATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/types.h"

typedef struct lode_activation_kernel {
  const char *name;
  uint32_t features;
  void (*run)(lode_act act, size_t n, const float *x, float *y); /* y may be x */
  void (*exp)(size_t n, const float *x, float *y); /* for tests of the vector exp itself */
} lode_activation_kernel;

const lode_activation_kernel *lode_activation_select(uint32_t features);
const lode_activation_kernel *lode_activation_kernel_at(size_t i);

#endif
