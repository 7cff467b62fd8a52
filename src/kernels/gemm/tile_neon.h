/* The register tile of tile_lanes.h on this instruction set: its shape, and what else differs. */
#ifndef LODE_KERNELS_GEMM_TILE_NEON_H
#define LODE_KERNELS_GEMM_TILE_NEON_H

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/gemm/gemm_tiles.h"
#include "kernels/lanes.h"

enum {
  TILE_LANES = 4,
  TILE_VECTORS = 2,
  TILE_PANEL = TILE_VECTORS * TILE_LANES,
  TILE_ROWS = 8,
};

/* X(rows) for each height: a height is a constant, so that the sums stay in registers. */
#define TILE_HEIGHTS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)

/* The lanes of vector `v` that lie within the first `columns` columns of a panel: how many. */
typedef size_t tile_part;
static inline tile_part tile_mask(size_t columns, size_t v) {
  const size_t left = columns > v * TILE_LANES ? columns - v * TILE_LANES : 0;
  return left < TILE_LANES ? left : TILE_LANES;
}

/* They alone, from memory, 0 in the others, and to it. */
static inline float32x4_t tile_load_part(const float *from, tile_part lanes) {
  if (lanes == TILE_LANES) return vld1q_f32(from);
  float x[TILE_LANES] = {0};
  for (size_t i = 0; i < lanes; i++) x[i] = from[i];
  return vld1q_f32(x);
}

static inline void tile_store_part(float *to, tile_part lanes, float32x4_t x) {
  if (lanes == TILE_LANES) {
    vst1q_f32(to, x);
    return;
  }
  float y[TILE_LANES];
  vst1q_f32(y, x);
  for (size_t i = 0; i < lanes; i++) to[i] = y[i];
}

/* rows[j][p] becomes rows[p][j]: 4 x 4, in registers. */
TILE_INLINE void tile_transpose(float32x4_t rows[TILE_LANES]) {
  const float32x4x2_t t01 = vtrnq_f32(rows[0], rows[1]);
  const float32x4x2_t t23 = vtrnq_f32(rows[2], rows[3]);
  rows[0] = vcombine_f32(vget_low_f32(t01.val[0]), vget_low_f32(t23.val[0]));
  rows[1] = vcombine_f32(vget_low_f32(t01.val[1]), vget_low_f32(t23.val[1]));
  rows[2] = vcombine_f32(vget_high_f32(t01.val[0]), vget_high_f32(t23.val[0]));
  rows[3] = vcombine_f32(vget_high_f32(t01.val[1]), vget_high_f32(t23.val[1]));
}

#endif
