/* The rest of a tiled kernel, from what its file has defined before it includes this: tile_run,
 * TILE_ROWS, TILE_HEIGHTS (tile_<isa>.h), the layout of B, and, if rows of A have to be prepared,
 * TILE_STAGE (gemm_tiles.h). Here are the table of tiles by height, and what a lode_gemm_kernel
 * runs. */
#ifndef LODE_KERNELS_GEMM_TILE_KERNEL_H
#define LODE_KERNELS_GEMM_TILE_KERNEL_H

#include "kernels/gemm/gemm_tiles.h"

#define DEFINE(rows)                                 \
  static void tile_##rows(const lode_gemm_tile *t) { \
    tile_run(t, rows);                               \
  }
TILE_HEIGHTS(DEFINE)
#undef DEFINE

#define NAME(rows) tile_##rows,
static const lode_gemm_tile_fn tiles[] = {NULL, TILE_HEIGHTS(NAME)};
#undef NAME

#ifndef TILE_STAGE
#define TILE_STAGE NULL
#endif

static void run(const lode_gemm_args *args) {
  static const lode_gemm_tiling tiling = {TILE_ROWS, tiles, &layout, TILE_STAGE};
  lode_gemm_loop(&tiling, args);
}

#endif
