/* The tile of a kernel, on AVX2, AVX-512 and NEON: its file has included its tile_multiply before
 * this. */
#ifndef LODE_KERNELS_GEMM_F32_TILE_F32_LANES_H
#define LODE_KERNELS_GEMM_F32_TILE_F32_LANES_H

#include "kernels/gemm/finish_lanes.h"
#include "kernels/gemm_f32/gemm_f32.h"

TILE_INLINE void tile_run(const lode_gemm_tile *t, const int rows) {
  lanes_f32 sums[TILE_ROWS][TILE_VECTORS];
  tile_begin(t, rows, sums);
  tile_multiply(rows, t->k, t->a, t->lda, t->panel, t->fetch, t->fetch_steps, t->fetch_lines, sums);
  tile_end(t, rows, sums);
}

static const lode_gemm_layout layout = {
    .panel = TILE_PANEL, .element = sizeof(float), .group = 1, .deep = 1};

#include "kernels/gemm/tile_kernel.h"

#endif
