/* The multiplication by a file's own
 *
 *   TILE_DOT(sums, b, a, lane)
 *
 * which adds to each of 4 sums the four products of its word of b and word `lane` of a. Words of
 * four values of a row of A stay in one register for four steps of k. */
#ifndef LODE_KERNELS_GEMM_I8_MULTIPLY_LANES_NEON_H
#define LODE_KERNELS_GEMM_I8_MULTIPLY_LANES_NEON_H

#include "kernels/gemm_i8/tile_i8_neon.h"

enum { TILE_GROUP = 4 };

/* One step of k: `lane` of each row's four. The instruction wants the lane as a constant. */
#define TILE_LANE(lane)                                              \
  do {                                                               \
    const int8x16_t b0 = vld1q_s8(b + (lane) * TILE_PANEL * 4);      \
    const int8x16_t b1 = vld1q_s8(b + (lane) * TILE_PANEL * 4 + 16); \
    _Pragma("GCC unroll 8") for (int i = 0; i < rows; i++) {         \
      sums[i][0] = TILE_DOT(sums[i][0], b0, a[i], lane);             \
      sums[i][1] = TILE_DOT(sums[i][1], b1, a[i], lane);             \
    }                                                                \
  } while (0)

TILE_INLINE void tile_run(const lode_gemm_tile *t, const int rows) {
  int32x4_t sums[TILE_ROWS][TILE_VECTORS];
  tile_begin_i8(t, rows, sums);
  const int8_t *b = t->panel;
  tile_fetching fetching = {.at = t->fetch};
  for (size_t p = 0; p < t->k; p += TILE_STEP, b += TILE_DEEP * TILE_PANEL) {
    tile_fetch(t, p, &fetching);
    int8x16_t a[TILE_ROWS];
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
      a[i] = vld1q_s8((const int8_t *)t->a + ((size_t)i * t->lda + p) * 4);
    TILE_LANE(0);
    TILE_LANE(1);
    TILE_LANE(2);
    TILE_LANE(3);
  }
  tile_end_i8(t, rows, sums);
}
#undef TILE_LANE

static const lode_gemm_layout layout = {
    .panel = TILE_PANEL, .element = 1, .group = TILE_GROUP, .deep = TILE_DEEP, .offset = true};

#include "kernels/gemm/tile_kernel.h"

#endif
