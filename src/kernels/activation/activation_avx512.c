#include <string.h>

#include "base/cpu.h"
#include "kernels/activation/activation.h"
#include "kernels/activation/math_avx512.h"

enum { LANES = 16 };

#define DEFINE(function)                                                         \
  static void run_##function(size_t n, const float *x, float *y) {               \
    size_t i = 0;                                                                \
    for (; i + LANES <= n; i += LANES) {                                         \
      _mm512_storeu_ps(y + i, lode_##function##_avx512(_mm512_loadu_ps(x + i))); \
    }                                                                            \
    if (i == n) return;                                                          \
    const __mmask16 rest = (__mmask16)((1u << (n - i)) - 1u);                    \
    const __m512 v = _mm512_maskz_loadu_ps(rest, x + i);                         \
    _mm512_mask_storeu_ps(y + i, rest, lode_##function##_avx512(v));             \
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

const lode_activation_kernel lode_activation_avx512 = {
    .name = "avx512", .features = LODE_CPU_AVX512, .run = run, .exp = run_exp};
