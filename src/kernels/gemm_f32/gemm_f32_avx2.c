#include "base/cpu.h"
#include "kernels/gemm/finish_avx2.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_f32/gemm_f32_panel.h"
#include "kernels/gemm_f32/multiply_avx2.h"

TILE_INLINE void tile_run(const lode_gemm_tile *t, const int rows) {
  const lode_gemm_args *args = t->args;
  __m256 sums[TILE_ROWS][TILE_VECTORS];
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
  const __m256i mask0 = tile_mask(t->columns, 0), mask1 = tile_mask(t->columns, 1);
  if (args->bias != NULL) {
    const __m256 bias0 = _mm256_maskload_ps(args->bias + t->j, mask0);
    const __m256 bias1 = _mm256_maskload_ps(args->bias + t->j + TILE_LANES, mask1);
#pragma GCC unroll 6
    for (int i = 0; i < rows; i++) {
      sums[i][0] = _mm256_add_ps(sums[i][0], bias0);
      sums[i][1] = _mm256_add_ps(sums[i][1], bias1);
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

static const lode_gemm_tile_fn tiles[] = {NULL, tile_1, tile_2, tile_3, tile_4, tile_5, tile_6};

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

const lode_gemm_kernel lode_gemm_f32_avx2_6x16 = {
    .name = "avx2_6x16",
    .features = LODE_CPU_AVX2,
    .panel = TILE_PANEL,
    .packed_size = packed_size,
    .pack = pack,
    .run = run,
};
