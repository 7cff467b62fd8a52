/* vpdpbusd: 64 products of u8 (B + 64) and s8 (A) into 16 sums. */
#include "base/cpu.h"
#include "kernels/gemm/finish_avx512.h"
#include "kernels/gemm_i8/gemm_i8.h"
#include "kernels/gemm_i8/gemm_i8_panel.h"

/* Four consecutive values of a row of A, in every lane. */
static inline __m512i four_of(const void *a, size_t word) {
  int32_t x;
  __builtin_memcpy(&x, (const char *)a + word * sizeof x, sizeof x);
  return _mm512_set1_epi32(x);
}

TILE_INLINE void tile_multiply(const lode_gemm_tile *t, const int rows,
                               __m512i sums[TILE_ROWS][TILE_VECTORS]) {
  const uint8_t *b = t->panel;
  uintptr_t fetch = t->fetch;
  for (size_t p = 0; p < t->k;) {
    const size_t stop = t->k - p <= t->fetch_steps ? t->k : p + t->fetch_steps;
    for (size_t line = 0; line < t->fetch_lines; line++, fetch += 64) TILE_PREFETCH_L2(fetch);
    for (; p < stop; p++, b += TILE_PANEL * GEMM_I8_GROUP) {
      const __m512i b0 = _mm512_loadu_si512(b);
      const __m512i b1 = _mm512_loadu_si512(b + 64);
      TILE_PREFETCH_L1((uintptr_t)b + TILE_AHEAD);
      TILE_PREFETCH_L1((uintptr_t)b + TILE_AHEAD + 64);
#pragma GCC unroll 14
      for (int i = 0; i < rows; i++) {
        const __m512i x = four_of(t->a, (size_t)i * t->lda + p);
        sums[i][0] = _mm512_dpbusd_epi32(sums[i][0], b0, x);
        sums[i][1] = _mm512_dpbusd_epi32(sums[i][1], b1, x);
      }
    }
  }
}

/* The sums begin with what B's offset will have added too much. */
TILE_INLINE void tile_begin(const lode_gemm_tile *t, const int rows,
                            __m512i sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 14
  for (int i = 0; i < rows; i++) {
    const int32_t start = t->first ? -GEMM_I8_OFFSET * t->args->row_sum[t->i + (size_t)i] : 0;
    sums[i][0] = sums[i][1] = _mm512_set1_epi32(start);
    if (t->first) continue;
    const int32_t *kept = (const int32_t *)t->sums + i * TILE_PANEL;
    sums[i][0] = _mm512_load_si512(kept);
    sums[i][1] = _mm512_load_si512(kept + TILE_LANES);
  }
}

TILE_INLINE void tile_run(const lode_gemm_tile *t, const int rows) {
  const lode_gemm_args *args = t->args;
  __m512i sums[TILE_ROWS][TILE_VECTORS];
  tile_begin(t, rows, sums);
  tile_multiply(t, rows, sums);
  if (!t->last) {
#pragma GCC unroll 14
    for (int i = 0; i < rows; i++) {
      int32_t *kept = (int32_t *)t->sums + i * TILE_PANEL;
      _mm512_store_si512(kept, sums[i][0]);
      _mm512_store_si512(kept + TILE_LANES, sums[i][1]);
    }
    return;
  }
  const __mmask16 mask0 = tile_mask(t->columns, 0), mask1 = tile_mask(t->columns, 1);
  const float *col_scale = args->col_scale + t->j;
  const __m512 scale0 = _mm512_maskz_loadu_ps(mask0, col_scale);
  const __m512 scale1 = _mm512_maskz_loadu_ps(mask1, col_scale + TILE_LANES);
  __m512 bias0 = _mm512_setzero_ps(), bias1 = bias0;
  if (args->bias != NULL) {
    bias0 = _mm512_maskz_loadu_ps(mask0, args->bias + t->j);
    bias1 = _mm512_maskz_loadu_ps(mask1, args->bias + t->j + TILE_LANES);
  }
  __m512 y[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 14
  for (int i = 0; i < rows; i++) {
    const __m512 row_scale = _mm512_set1_ps(args->row_scale[t->i + (size_t)i]);
    y[i][0] = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[i][0]), row_scale);
    y[i][1] = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[i][1]), row_scale);
    y[i][0] = _mm512_fmadd_ps(y[i][0], scale0, bias0);
    y[i][1] = _mm512_fmadd_ps(y[i][1], scale1, bias1);
  }
  tile_finish(t, rows, y);
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
  static const lode_gemm_tiling tiling = {TILE_ROWS, TILE_PANEL, tiles, GEMM_I8_GROUP};
  lode_gemm_loop(&tiling, args);
}

static size_t packed_size(size_t n, size_t k) {
  return gemm_i8_packed_size(TILE_PANEL, GEMM_I8_GROUP, n, k);
}

static void pack(size_t n, size_t k, const void *const *rows, size_t first, size_t last,
                 void *packed) {
  gemm_i8_pack_panels(TILE_PANEL, GEMM_I8_GROUP, n, k, rows, first, last, packed);
}

const lode_gemm_kernel lode_gemm_i8_avx512vnni_14x32 = {
    .name = "avx512vnni_14x32",
    .features = LODE_CPU_AVX512 | LODE_CPU_AVX512VNNI,
    .panel = TILE_PANEL,
    .packed_size = packed_size,
    .pack = pack,
    .run = run,
};
