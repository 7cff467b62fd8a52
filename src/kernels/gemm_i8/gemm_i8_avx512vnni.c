/* vpdpbusd: 64 products of u8 (B + 64) and s8 (A) into 16 sums. */
#include <string.h>

#include "base/cpu.h"
#include "kernels/gemm_i8/scale_avx512.h"
#include "kernels/prefetch.h"

enum { GROUP = 4 };

/* Four consecutive values of a row of A, in every lane. */
static inline __m512i four_of(const void *a, size_t word) {
  int32_t x;
  memcpy(&x, (const char *)a + word * sizeof x, sizeof x);
  return _mm512_set1_epi32(x);
}

TILE_INLINE void tile_multiply(const lode_gemm_tile *t, const int rows,
                               __m512i sums[TILE_ROWS][TILE_VECTORS]) {
  const uint8_t *b = t->panel;
  uintptr_t fetch = t->fetch;
  for (size_t p = 0; p < t->k;) {
    const size_t stop = t->k - p <= t->fetch_steps ? t->k : p + t->fetch_steps;
    for (size_t line = 0; line < t->fetch_lines; line++, fetch += 64) LODE_PREFETCH_L2(fetch);
    for (; p < stop; p++, b += TILE_PANEL * GROUP) {
      const __m512i b0 = _mm512_loadu_si512(b);
      const __m512i b1 = _mm512_loadu_si512(b + 64);
      LODE_PREFETCH((uintptr_t)b + TILE_AHEAD);
      LODE_PREFETCH((uintptr_t)b + TILE_AHEAD + 64);
#pragma GCC unroll 14
      for (int i = 0; i < rows; i++) {
        const __m512i x = four_of(t->a, (size_t)i * t->lda + p);
        sums[i][0] = _mm512_dpbusd_epi32(sums[i][0], b0, x);
        sums[i][1] = _mm512_dpbusd_epi32(sums[i][1], b1, x);
      }
    }
  }
}

TILE_INLINE void tile_begin_i8(const lode_gemm_tile *t, const int rows,
                               __m512i sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 14
  for (int i = 0; i < rows; i++) {
    const int32_t *kept = (const int32_t *)t->sums + i * TILE_PANEL;
    if (t->first) {
      sums[i][0] = sums[i][1] = tile_i8_start(t->args, t->i + (size_t)i);
    } else {
      sums[i][0] = _mm512_load_si512(kept);
      sums[i][1] = _mm512_load_si512(kept + TILE_LANES);
    }
  }
}

TILE_INLINE void tile_keep_i8(const lode_gemm_tile *t, const int rows,
                              __m512i sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 14
  for (int i = 0; i < rows; i++) {
    int32_t *kept = (int32_t *)t->sums + i * TILE_PANEL;
    _mm512_store_si512(kept, sums[i][0]);
    _mm512_store_si512(kept + TILE_LANES, sums[i][1]);
  }
}

TILE_INLINE void tile_run(const lode_gemm_tile *t, const int rows) {
  __m512i sums[TILE_ROWS][TILE_VECTORS];
  tile_begin_i8(t, rows, sums);
  tile_multiply(t, rows, sums);
  if (!t->last) {
    tile_keep_i8(t, rows, sums);
    return;
  }
  const tile_i8_scales scales0 = tile_i8_scales_of(t, 0), scales1 = tile_i8_scales_of(t, 1);
  __m512 y[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 14
  for (int i = 0; i < rows; i++) {
    const __m512 row_scale = _mm512_set1_ps(t->args->row_scale[t->i + (size_t)i]);
    y[i][0] = tile_i8_scaled(sums[i][0], row_scale, &scales0);
    y[i][1] = tile_i8_scaled(sums[i][1], row_scale, &scales1);
  }
  tile_finish(t, rows, y);
}

static const lode_gemm_layout layout = {
    .panel = TILE_PANEL, .element = 1, .group = GROUP, .deep = GROUP, .offset = true};

#include "kernels/gemm/tile_kernel.h"

const lode_gemm_kernel lode_gemm_i8_avx512vnni_14x32 = {
    .name = "avx512vnni_14x32",
    .features = LODE_CPU_AVX512 | LODE_CPU_AVX512VNNI,
    .layout = &layout,
    .run = run,
};
