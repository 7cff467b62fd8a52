/* The register tile that the products of matrices share on this instruction set, whatever they
 * multiply: its shape, its way to and from memory. */
#ifndef LODE_KERNELS_GEMM_TILE_NEON_H
#define LODE_KERNELS_GEMM_TILE_NEON_H

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/gemm/gemm_tiles.h"

enum {
  TILE_LANES = 4,
  TILE_VECTORS = 2,
  TILE_PANEL = TILE_VECTORS * TILE_LANES,
  TILE_ROWS = 8,
};

/* X(rows) for each height: a height is a constant, so that the sums stay in registers. */
#define TILE_HEIGHTS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)

#define TILE_INLINE __attribute__((always_inline)) static inline

/* The address is a number: it may lie past the end of the array, where no pointer may.
 * A macro, because gcc takes an inline function that only prefetches for one without effect. */
#define TILE_PREFETCH_L2(at) __builtin_prefetch((const void *)(at), 0, 2)

TILE_INLINE void tile_zero(const int rows, float32x4_t sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) sums[i][0] = sums[i][1] = vdupq_n_f32(0.0f);
}

/* Sums to and from memory. */
TILE_INLINE void tile_load(const int rows, const float *memory,
                           float32x4_t sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
    sums[i][0] = vld1q_f32(memory + i * TILE_PANEL);
    sums[i][1] = vld1q_f32(memory + i * TILE_PANEL + TILE_LANES);
  }
}

TILE_INLINE void tile_store(const int rows, float *memory, size_t stride,
                            float32x4_t sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
    vst1q_f32(memory + (size_t)i * stride, sums[i][0]);
    vst1q_f32(memory + (size_t)i * stride + TILE_LANES, sums[i][1]);
  }
}

/* How many lanes of vector `v` lie within the first `columns` columns of a panel. */
static inline size_t tile_lanes(size_t columns, size_t v) {
  const size_t left = columns > v * TILE_LANES ? columns - v * TILE_LANES : 0;
  return left < TILE_LANES ? left : TILE_LANES;
}

/* The first `lanes` lanes from and to memory; no other byte is touched, the rest is 0. */
static inline float32x4_t tile_load_lanes(const float *from, size_t lanes) {
  if (lanes == TILE_LANES) return vld1q_f32(from);
  float x[TILE_LANES] = {0};
  for (size_t i = 0; i < lanes; i++) x[i] = from[i];
  return vld1q_f32(x);
}

static inline void tile_store_lanes(float *to, size_t lanes, float32x4_t x) {
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
