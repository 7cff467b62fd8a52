/* A tile of 8-bit products on NEON registers: all but the multiplication. B's bytes, 1 .. 127,
 * are s8 as well. */
#ifndef LODE_KERNELS_GEMM_I8_TILE_I8_NEON_H
#define LODE_KERNELS_GEMM_I8_TILE_I8_NEON_H

#include "kernels/gemm/finish_lanes.h"
#include "kernels/gemm_i8/gemm_i8.h"
#include "kernels/prefetch.h"

enum {
  TILE_DEEP = 16,            /* k goes on, with zeros, to whole registers of a row of A */
  TILE_STEP = TILE_DEEP / 4, /* words of k */
};

/* The sums begin with what B's offset will have added too much. */
TILE_INLINE void tile_begin_i8(const lode_gemm_tile *t, const int rows,
                               int32x4_t sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
    const int32_t *kept = (const int32_t *)t->sums + i * TILE_PANEL;
    if (t->first) {
      const int32_t start = -LODE_GEMM_I8_OFFSET * t->args->row_sum[t->i + (size_t)i];
      sums[i][0] = sums[i][1] = vdupq_n_s32(start);
    } else {
      sums[i][0] = vld1q_s32(kept);
      sums[i][1] = vld1q_s32(kept + TILE_LANES);
    }
  }
}

TILE_INLINE void tile_keep_i8(const lode_gemm_tile *t, const int rows,
                              int32x4_t sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
    int32_t *kept = (int32_t *)t->sums + i * TILE_PANEL;
    vst1q_s32(kept, sums[i][0]);
    vst1q_s32(kept + TILE_LANES, sums[i][1]);
  }
}

/* Column v of vectors: y = sums * row_scale * col_scale + bias. */
TILE_INLINE void tile_scale_i8(const lode_gemm_tile *t, const int rows, const size_t v,
                               int32x4_t sums[TILE_ROWS][TILE_VECTORS],
                               float32x4_t y[TILE_ROWS][TILE_VECTORS]) {
  const tile_part lanes = tile_mask(t->columns, v);
  const size_t j = t->j + (lanes > 0 ? v * TILE_LANES : 0);
  const float32x4_t scale = tile_load_part(t->args->col_scale + j, lanes);
  const float32x4_t bias =
      t->args->bias != NULL ? tile_load_part(t->args->bias + j, lanes) : vdupq_n_f32(0.0f);
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
    const float32x4_t row_scale = vdupq_n_f32(t->args->row_scale[t->i + (size_t)i]);
    y[i][v] = vaddq_f32(vmulq_f32(vmulq_f32(vcvtq_f32_s32(sums[i][v]), row_scale), scale), bias);
  }
}

/* After the multiplication. */
TILE_INLINE void tile_end_i8(const lode_gemm_tile *t, const int rows,
                             int32x4_t sums[TILE_ROWS][TILE_VECTORS]) {
  if (!t->last) {
    tile_keep_i8(t, rows, sums);
    return;
  }
  float32x4_t y[TILE_ROWS][TILE_VECTORS];
  tile_scale_i8(t, rows, 0, sums, y);
  tile_scale_i8(t, rows, 1, sums, y);
  tile_finish(t, rows, y);
}

/* Before each step of k: what later tiles will want, a lot of it every fetch_steps. */
typedef struct tile_fetching {
  uintptr_t at;
  size_t next;
} tile_fetching;

static inline void tile_fetch(const lode_gemm_tile *t, size_t p, tile_fetching *f) {
  if (t->fetch_lines == 0 || p < f->next) return;
  for (size_t line = 0; line < t->fetch_lines; line++, f->at += 64) LODE_PREFETCH_L2(f->at);
  f->next += t->fetch_steps;
}

#endif
