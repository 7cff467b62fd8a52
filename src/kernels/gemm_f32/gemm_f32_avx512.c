#include "base/cpu.h"
#include "kernels/activation/math_avx512.h"
#include "kernels/gemm_f32/gemm_f32_loops.h"
#include "kernels/gemm_f32/gemm_f32_panel.h"
#include "kernels/gemm_f32/tile_avx512.h"

/* The last steps for one vector: + residual, and out. */
static inline void store(const lode_gemm_f32_tile *t, size_t row, size_t v, __mmask16 mask,
                         __m512 x) {
  const lode_gemm_f32_args *args = t->args;
  const size_t j = t->j + v * TILE_LANES;
  if (args->residual != NULL) {
    const float *residual = args->residual + (t->i + row) * args->ldr + j;
    x = _mm512_add_ps(x, _mm512_maskz_loadu_ps(mask, residual));
  }
  _mm512_mask_storeu_ps(args->c + (t->i + row) * args->ldc + j, mask, x);
}

/* The activations want the registers that hold the sums, so the sums pass through memory. */
static void store_activated(const lode_gemm_f32_tile *t, size_t rows) {
  for (size_t v = 0; v < TILE_VECTORS; v++) {
    const __mmask16 mask = tile_mask(t->columns, v);
    for (size_t row = 0; row < rows; row++) {
      const __m512 x = _mm512_load_ps(t->sums + row * TILE_PANEL + v * TILE_LANES);
      store(t, row, v, mask, lode_act_avx512(t->args->act, x));
    }
  }
}

TILE_INLINE void tile_run(const lode_gemm_f32_tile *t, const int rows) {
  const lode_gemm_f32_args *args = t->args;
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
  if (args->act == LODE_ACT_NONE) {
#pragma GCC unroll 14
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

static const lode_gemm_f32_tile_fn tiles[] = {NULL,
#define NAME(rows) tile_##rows,
                                              TILE_HEIGHTS(NAME)
#undef NAME
};

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

const lode_gemm_f32_kernel lode_gemm_f32_avx512_14x32 = {
    .name = "avx512_14x32",
    .features = LODE_CPU_AVX512,
    .panel = TILE_PANEL,
    .packed_size = packed_size,
    .pack = pack,
    .run = run,
};
