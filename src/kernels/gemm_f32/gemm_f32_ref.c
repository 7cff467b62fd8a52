/* What the operation means, in C for any machine. */
#include "kernels/activation/math_ref.h"
#include "kernels/gemm/gemm_pack.h"
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
        x = lode_act_ref(args->act, x);
        if (args->residual != NULL) x += args->residual[i * args->ldr + j0 + j];
        args->c[i * args->ldc + j0 + j] = x;
      }
    }
  }
}

static size_t packed_size(size_t n, size_t k) {
  return lode_gemm_packed_size(&layout, n, k);
}

static void pack(size_t n, size_t k, const void *const *rows, size_t first, size_t last,
                 void *packed) {
  lode_gemm_pack(&layout, n, k, rows, first, last, packed);
}

const lode_gemm_kernel lode_gemm_f32_ref = {
    .name = "ref",
    .features = 0,
    .panel = PANEL,
    .packed_size = packed_size,
    .pack = pack,
    .run = run,
};
