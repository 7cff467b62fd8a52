/* What the operation means, in C for any machine. */
#include <string.h>

#include "kernels/gemm/gemm_ref.h"
#include "kernels/gemm_bf16/gemm_bf16.h"

enum { PANEL = 8, GROUP = 2 };

static const lode_gemm_layout layout = {
    .panel = PANEL, .element = sizeof(uint16_t), .group = GROUP, .deep = GROUP};

static float widen(uint16_t x) {
  const uint32_t bits = (uint32_t)x << 16;
  float y;
  memcpy(&y, &bits, sizeof y);
  return y;
}

static void add_products(size_t depth, const uint16_t *a, const uint16_t *b, float sum[PANEL]) {
  for (size_t p = 0; p < depth; p += GROUP, b += PANEL * GROUP) {
    for (size_t g = 0; g < GROUP; g++) {
      const float x = widen(a[p + g]);
      for (size_t j = 0; j < PANEL; j++) sum[j] += x * widen(b[j * GROUP + g]);
    }
  }
}

static void run(const lode_gemm_args *args) {
  const size_t depth = lode_gemm_round_up(args->k, GROUP);
  for (size_t i = 0; i < args->m; i++) {
    const uint16_t *a = (const uint16_t *)args->a + i * args->lda;
    for (size_t j0 = args->n0; j0 < args->n1; j0 += PANEL) {
      float sum[PANEL] = {0};
      add_products(depth, a, (const uint16_t *)args->b + j0 * depth, sum);
      for (size_t j = j0; j < args->n1 && j < j0 + PANEL; j++) {
        float y = sum[j - j0];
        if (args->bias != NULL) y += args->bias[j];
        lode_gemm_finish_ref(args, i, j, y);
      }
    }
  }
}

const lode_gemm_kernel lode_gemm_bf16_ref = {
    .name = "ref",
    .features = 0,
    .layout = &layout,
    .run = run,
};
