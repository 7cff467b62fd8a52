/* The begin and the end of a tile of any product of matrices. */
#ifndef LODE_KERNELS_GEMM_FINISH_NEON_H
#define LODE_KERNELS_GEMM_FINISH_NEON_H

#include "kernels/activation/math_lanes.h"
#include "kernels/gemm/tile_neon.h"

/* The last steps for one vector: + residual, and out. */
static inline void tile_finish_vector(const lode_gemm_tile *t, size_t row, size_t v, size_t lanes,
                                      float32x4_t x) {
  if (lanes == 0) return;
  const lode_gemm_args *args = t->args;
  const size_t j = t->j + v * TILE_LANES;
  if (args->residual != NULL) {
    const float *residual = args->residual + (t->i + row) * args->ldr + j;
    x = vaddq_f32(x, tile_load_lanes(residual, lanes));
  }
  tile_store_lanes(args->c + (t->i + row) * args->ldc + j, lanes, x);
}

/* The activations want the registers that hold the sums, so the sums pass through memory. */
static void tile_finish_stored(const lode_gemm_tile *t, size_t rows) {
  for (size_t v = 0; v < TILE_VECTORS; v++) {
    const size_t lanes = tile_lanes(t->columns, v);
    for (size_t row = 0; row < rows; row++) {
      const float32x4_t x = vld1q_f32((const float *)t->sums + row * TILE_PANEL + v * TILE_LANES);
      tile_finish_vector(t, row, v, lanes, lode_act_of(t->args->act, x));
    }
  }
}

/* Activation, residual, and C is written: y holds the sums, scaled and with their bias. */
TILE_INLINE void tile_finish(const lode_gemm_tile *t, const int rows,
                             float32x4_t y[TILE_ROWS][TILE_VECTORS]) {
  if (t->args->act == LODE_ACT_NONE) {
    const size_t lanes0 = tile_lanes(t->columns, 0), lanes1 = tile_lanes(t->columns, 1);
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
      tile_finish_vector(t, (size_t)i, 0, lanes0, y[i][0]);
      tile_finish_vector(t, (size_t)i, 1, lanes1, y[i][1]);
    }
  } else {
    tile_store(rows, t->sums, TILE_PANEL, y);
    tile_finish_stored(t, (size_t)rows);
  }
}

/* For products of floats: the sums from 0, or from where the last chunk of k left them, */
TILE_INLINE void tile_begin(const lode_gemm_tile *t, const int rows,
                            float32x4_t sums[TILE_ROWS][TILE_VECTORS]) {
  if (t->first) {
    tile_zero(rows, sums);
  } else {
    tile_load(rows, t->sums, sums);
  }
}

/* and to where the next finds them, or, with their bias, to C. */
TILE_INLINE void tile_end(const lode_gemm_tile *t, const int rows,
                          float32x4_t sums[TILE_ROWS][TILE_VECTORS]) {
  if (!t->last) {
    tile_store(rows, t->sums, TILE_PANEL, sums);
    return;
  }
  if (t->args->bias != NULL) {
    const float *bias = t->args->bias + t->j;
    const size_t lanes0 = tile_lanes(t->columns, 0), lanes1 = tile_lanes(t->columns, 1);
    const float32x4_t bias0 = tile_load_lanes(bias, lanes0);
    const float32x4_t bias1 = tile_load_lanes(bias + lanes0, lanes1);
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
      sums[i][0] = vaddq_f32(sums[i][0], bias0);
      sums[i][1] = vaddq_f32(sums[i][1], bias1);
    }
  }
  tile_finish(t, rows, sums);
}

#endif
