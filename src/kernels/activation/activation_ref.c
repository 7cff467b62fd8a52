#include "kernels/activation/activation.h"
#include "kernels/activation/math_ref.h"

static void run(lode_act act, size_t n, const float *x, float *y) {
  for (size_t i = 0; i < n; i++) y[i] = lode_act_ref(act, x[i]);
}

static void run_exp(size_t n, const float *x, float *y) {
  for (size_t i = 0; i < n; i++) y[i] = lode_exp_ref(x[i]);
}

const lode_activation_kernel lode_activation_ref = {
    .name = "ref", .features = 0, .run = run, .exp = run_exp};
