/* The begin and the end of a tile of any product of matrices. */
#ifndef LODE_KERNELS_GEMM_FINISH_LANES_H
#define LODE_KERNELS_GEMM_FINISH_LANES_H

#include "kernels/activation/math_lanes.h"
#include "kernels/gemm/tile_lanes.h"

/* The last steps for one vector: + residual, and out. */
static inline void tile_finish_vector(const lode_gemm_tile *t, size_t row, size_t v, tile_part mask,
                                      lanes_f32 x) {
  const lode_gemm_args *args = t->args;
  const size_t j = t->j + v * TILE_LANES;
  if (args->residual != NULL) {
    const float *residual = args->residual + (t->i + row) * args->ldr + j;
    x += tile_load_part(residual, mask);
  }
  tile_store_part(args->c + (t->i + row) * args->ldc + j, mask, x);
}

/* The activations want the registers that hold the sums, so the sums pass through memory. */
__attribute__((noinline, unused)) static void tile_finish_stored(const lode_gemm_tile *t,
                                                                 size_t rows) {
  for (size_t v = 0; v < TILE_VECTORS; v++) {
    const tile_part mask = tile_mask(t->columns, v);
    for (size_t row = 0; row < rows; row++) {
      const lanes_f32 x = ((const lanes_f32 *)t->sums)[row * TILE_VECTORS + v];
      tile_finish_vector(t, row, v, mask, lode_act_of(t->args->act, x));
    }
  }
}

/* Activation, residual, and C is written: y holds the sums, scaled and with their bias. */
TILE_INLINE void tile_finish(const lode_gemm_tile *t, const int rows,
                             lanes_f32 y[TILE_ROWS][TILE_VECTORS]) {
  if (t->args->act == LODE_ACT_NONE) {
    const tile_part mask0 = tile_mask(t->columns, 0), mask1 = tile_mask(t->columns, 1);
#pragma GCC unroll TILE_ROWS
    for (int i = 0; i < rows; i++) {
      tile_finish_vector(t, (size_t)i, 0, mask0, y[i][0]);
      tile_finish_vector(t, (size_t)i, 1, mask1, y[i][1]);
    }
  } else {
    tile_store(rows, t->sums, TILE_PANEL, y);
    tile_finish_stored(t, (size_t)rows);
  }
}

/* For products of floats: the sums from 0, or from where the last chunk of k left them, */
TILE_INLINE void tile_begin(const lode_gemm_tile *t, const int rows,
                            lanes_f32 sums[TILE_ROWS][TILE_VECTORS]) {
  if (t->first) {
    tile_zero(rows, sums);
  } else {
    tile_load(rows, t->sums, sums);
  }
}

/* and to where the next finds them, or, with their bias, to C. */
TILE_INLINE void tile_end(const lode_gemm_tile *t, const int rows,
                          lanes_f32 sums[TILE_ROWS][TILE_VECTORS]) {
  if (!t->last) {
    tile_store(rows, t->sums, TILE_PANEL, sums);
    return;
  }
  if (t->args->bias != NULL) {
    const float *bias = t->args->bias + t->j;
    const lanes_f32 bias0 = tile_load_part(bias, tile_mask(t->columns, 0));
    const lanes_f32 bias1 = tile_load_part(bias + TILE_LANES, tile_mask(t->columns, 1));
#pragma GCC unroll TILE_ROWS
    for (int i = 0; i < rows; i++) {
      sums[i][0] += bias0;
      sums[i][1] += bias1;
    }
  }
  tile_finish(t, rows, sums);
}

#endif
