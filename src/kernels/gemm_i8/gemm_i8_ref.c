/* What the operation means, in C for any machine. */
#include "kernels/gemm/gemm_ref.h"
#include "kernels/gemm_i8/gemm_i8.h"

enum { PANEL = 8, GROUP = 4 };

static const lode_gemm_layout layout = {
    .panel = PANEL, .element = 1, .group = GROUP, .deep = GROUP, .offset = true};

static void add_products(size_t depth, const int8_t *a, const uint8_t *b, int32_t sum[PANEL]) {
  for (size_t p = 0; p < depth; p += GROUP, b += PANEL * GROUP) {
    for (size_t j = 0; j < PANEL; j++) {
      for (size_t g = 0; g < GROUP; g++) {
        sum[j] += a[p + g] * ((int32_t)b[j * GROUP + g] - LODE_GEMM_I8_OFFSET);
      }
    }
  }
}

static void run(const lode_gemm_args *args) {
  const size_t depth = lode_gemm_round_up(args->k, GROUP);
  for (size_t i = 0; i < args->m; i++) {
    const int8_t *a = (const int8_t *)args->a + i * args->lda;
    for (size_t j0 = args->n0; j0 < args->n1; j0 += PANEL) {
      int32_t sum[PANEL] = {0};
      add_products(depth, a, (const uint8_t *)args->b + j0 * depth, sum);
      for (size_t j = j0; j < args->n1 && j < j0 + PANEL; j++) {
        const float t = (float)sum[j - j0] * args->row_scale[i];
        const float bias = args->bias != NULL ? args->bias[j] : 0.0f;
        lode_gemm_finish_ref(args, i, j, t * args->col_scale[j] + bias);
      }
    }
  }
}

const lode_gemm_kernel lode_gemm_i8_ref = {
    .name = "ref",
    .features = 0,
    .layout = &layout,
    .run = run,
};
