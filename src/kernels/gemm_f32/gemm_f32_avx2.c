#include "base/cpu.h"
#include "kernels/activation/math_avx2.h"
#include "kernels/gemm_f32/gemm_f32_loops.h"
#include "kernels/gemm_f32/gemm_f32_panel.h"
#include "kernels/gemm_f32/tile_avx2.h"

/* The last steps for one vector: + residual, and out. */
static inline void store(const lode_gemm_f32_tile *t, size_t row, size_t v, __m256i mask,
                         __m256 x) {
  const lode_gemm_f32_args *args = t->args;
  const size_t j = t->j + v * TILE_LANES;
  if (args->residual != NULL) {
    const float *residual = args->residual + (t->i + row) * args->ldr + j;
    x = _mm256_add_ps(x, _mm256_maskload_ps(residual, mask));
  }
  _mm256_maskstore_ps(args->c + (t->i + row) * args->ldc + j, mask, x);
}

/* The activations want the registers that hold the sums, so the sums pass through memory. */
static void store_activated(const lode_gemm_f32_tile *t, size_t rows) {
  for (size_t v = 0; v < TILE_VECTORS; v++) {
    const __m256i mask = tile_mask(t->columns, v);
    for (size_t row = 0; row < rows; row++) {
      const __m256 x = _mm256_load_ps(t->sums + row * TILE_PANEL + v * TILE_LANES);
      store(t, row, v, mask, lode_act_avx2(t->args->act, x));
    }
  }
}

TILE_INLINE void tile_run(const lode_gemm_f32_tile *t, const int rows) {
  const lode_gemm_f32_args *args = t->args;
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
  if (args->act == LODE_ACT_NONE) {
#pragma GCC unroll 6
    for (int i = 0; i < rows; i++) {
      store(t, (size_t)i, 0, mask0, sums[i][0]);
      store(t, (size_t)i, 1, mask1, sums[i][1]);
    }
  } else {
    tile_store(rows, t->sums, TILE_PANEL, sums);
    store_activated(t, (size_t)rows);
  }
}

#define DEFINE(rows)                                     \
  static void tile_##rows(const lode_gemm_f32_tile *t) { \
    tile_run(t, rows);                                   \
  }
TILE_HEIGHTS(DEFINE)
#undef DEFINE

static const lode_gemm_f32_tile_fn tiles[] = {NULL, tile_1, tile_2, tile_3, tile_4, tile_5, tile_6};

static void run(const lode_gemm_f32_args *args) {
  static const lode_gemm_f32_tiling tiling = {TILE_ROWS, TILE_PANEL, tiles};
  lode_gemm_f32_loop(&tiling, args);
}

static size_t packed_size(size_t n, size_t k) {
  return gemm_f32_panels(n, TILE_PANEL) * TILE_PANEL * k;
}

static void pack(size_t n, size_t k, const float *const *rows, size_t first, size_t last,
                 float *packed) {
  gemm_f32_pack_panels(TILE_PANEL, n, k, rows, first, last, packed);
}

const lode_gemm_f32_kernel lode_gemm_f32_avx2_6x16 = {
    .name = "avx2_6x16",
    .features = LODE_CPU_AVX2,
    .panel = TILE_PANEL,
    .packed_size = packed_size,
    .pack = pack,
    .run = run,
};
