/* What the operation means, in C for any machine. */
#include "kernels/gemm/gemm_ref.h"
#include "kernels/gemm_f32/gemm_f32.h"

/* Columns that share one pass over a row of A; a compiler makes vectors of them. */
enum { PANEL = 8 };

static const lode_gemm_layout layout = {
    .panel = PANEL, .element = sizeof(float), .group = 1, .deep = 1};

static void run(const lode_gemm_args *args) {
  for (size_t i = 0; i < args->m; i++) {
    const float *a = (const float *)args->a + i * args->lda;
    for (size_t j0 = args->n0; j0 < args->n1; j0 += PANEL) {
      const float *b = (const float *)args->b + j0 * args->k;
      float sum[PANEL] = {0};
      for (size_t p = 0; p < args->k; p++) {
        for (size_t j = 0; j < PANEL; j++) sum[j] += a[p] * b[p * PANEL + j];
      }
      const size_t columns = args->n1 - j0 < PANEL ? args->n1 - j0 : PANEL;
      for (size_t j = 0; j < columns; j++) {
        float x = sum[j];
        if (args->bias != NULL) x += args->bias[j0 + j];
        lode_gemm_finish_ref(args, i, j0 + j, x);
      }
    }
  }
}

const lode_gemm_kernel lode_gemm_f32_ref = {
    .name = "ref",
    .features = 0,
    .layout = &layout,
    .run = run,
};
