#include "base/cpu.h"
#include "kernels/gemm/finish_avx512.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_f32/gemm_f32_panel.h"
#include "kernels/gemm_f32/multiply_avx512.h"

TILE_INLINE void tile_run(const lode_gemm_tile *t, const int rows) {
  const lode_gemm_args *args = t->args;
  const __mmask16 mask0 = tile_mask(t->columns, 0), mask1 = tile_mask(t->columns, 1);
  __m512 sums[TILE_ROWS][TILE_VECTORS];
  if (t->first) {
    tile_zero(rows, sums);
  } else {
    tile_load(rows, t->sums, sums);
  }
  tile_multiply(rows, t->k, t->a, t->lda, t->panel, t->fetch, t->fetch_steps, t->fetch_lines, sums);
  if (!t->last) {
    tile_store(rows, t->sums, TILE_PANEL, sums);
    return;
  }
  if (args->bias != NULL) {
    const __m512 bias0 = _mm512_maskz_loadu_ps(mask0, args->bias + t->j);
    const __m512 bias1 = _mm512_maskz_loadu_ps(mask1, args->bias + t->j + TILE_LANES);
#pragma GCC unroll 14
    for (int i = 0; i < rows; i++) {
      sums[i][0] = _mm512_add_ps(sums[i][0], bias0);
      sums[i][1] = _mm512_add_ps(sums[i][1], bias1);
    }
  }
  tile_finish(t, rows, sums);
}

#define DEFINE(rows)                                 \
  static void tile_##rows(const lode_gemm_tile *t) { \
    tile_run(t, rows);                               \
  }
TILE_HEIGHTS(DEFINE)
#undef DEFINE

static const lode_gemm_tile_fn tiles[] = {NULL,
#define NAME(rows) tile_##rows,
                                          TILE_HEIGHTS(NAME)
#undef NAME
};

static void run(const lode_gemm_args *args) {
  static const lode_gemm_tiling tiling = {TILE_ROWS, TILE_PANEL, tiles, 1};
  lode_gemm_loop(&tiling, args);
}

static size_t packed_size(size_t n, size_t k) {
  return gemm_f32_panels(n, TILE_PANEL) * TILE_PANEL * k * sizeof(float);
}

static void pack(size_t n, size_t k, const void *const *rows, size_t first, size_t last,
                 void *packed) {
  gemm_f32_pack_panels(TILE_PANEL, n, k, rows, first, last, packed);
}

const lode_gemm_kernel lode_gemm_f32_avx512_14x32 = {
    .name = "avx512_14x32",
    .features = LODE_CPU_AVX512,
    .panel = TILE_PANEL,
    .packed_size = packed_size,
    .pack = pack,
    .run = run,
};
