#include <string.h>

#include "base/cpu.h"
#include "kernels/activation/activation.h"
#include "kernels/activation/math_neon.h"

enum { LANES = 4 };

/* What is left at the end passes through an array of one whole vector, so that it takes the
 * same instructions as all the rest. */
#define DEFINE(function)                                           \
  static void run_##function(size_t n, const float *x, float *y) { \
    size_t i = 0;                                                  \
    for (; i + LANES <= n; i += LANES) {                           \
      vst1q_f32(y + i, lode_##function##_neon(vld1q_f32(x + i)));  \
    }                                                              \
    if (i == n) return;                                            \
    float rest[LANES] = {0};                                       \
    memcpy(rest, x + i, (n - i) * sizeof *x);                      \
    vst1q_f32(rest, lode_##function##_neon(vld1q_f32(rest)));      \
    memcpy(y + i, rest, (n - i) * sizeof *y);                      \
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

static void (*const run_of_act[])(size_t n, const float *x, float *y) = {
    [LODE_ACT_NONE] = run_none,           [LODE_ACT_GELU_ERF] = run_gelu_erf,
    [LODE_ACT_GELU_TANH] = run_gelu_tanh, [LODE_ACT_RELU] = run_relu,
    [LODE_ACT_TANH] = run_tanh,           [LODE_ACT_SILU] = run_silu,
    [LODE_ACT_SIGMOID] = run_sigmoid,
};

static void run(lode_act act, size_t n, const float *x, float *y) {
  run_of_act[act](n, x, y);
}

const lode_activation_kernel lode_activation_neon = {
    .name = "neon", .features = LODE_CPU_NEON, .run = run, .exp = run_exp};
