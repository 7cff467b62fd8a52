/* What the tiled gemm_f32 kernels share: everything but the tile. An instruction set brings a
 * function for each height of tile; the loops around it, which rows and panels meet when, and
 * what is in which cache, are the same.
 *
 * The loops, outermost first:
 *   groups of panels   that stay in the L2 while all rows pass, as the next group arrives there
 *   tiles of rows      that stay near while the panels of the group pass
 *   chunks of k        only where rows must be copied (see stage_rows), as much as the copy
 *                      holds; the sums wait in memory in between, the chain goes on */
#ifndef LODE_KERNELS_GEMM_F32_LOOPS_H
#define LODE_KERNELS_GEMM_F32_LOOPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/gemm_f32/gemm_f32.h"

enum {
  LODE_GEMM_F32_MAX_ROWS = 14,
};

/* One tile of C in one chunk of k. */
typedef struct lode_gemm_f32_tile {
  const lode_gemm_f32_args *args;
  size_t i, j;    /* its first row and column of C */
  size_t columns; /* columns of C from j on: fewer than a panel has, in the last one */
  size_t k;       /* steps of this chunk */
  bool first, last;
  const float *a;     /* the chunk's part of the rows of A, */
  size_t lda;         /* which may be a copy, */
  const float *panel; /* and of the panel of B */
  float *sums;        /* [rows, panel], aligned: carried from chunk to chunk, then free to use */
  /* Meanwhile, every `fetch_steps` steps of k, ask for the next `fetch_lines` cache lines from
   * `fetch` on: an address, which may lie past the end of B. */
  uintptr_t fetch;
  size_t fetch_steps, fetch_lines;
} lode_gemm_f32_tile;

/* Adds a chunk to the sums; after the last, bias, activation, residual, and C is written. */
typedef void (*lode_gemm_f32_tile_fn)(const lode_gemm_f32_tile *tile);

typedef struct lode_gemm_f32_tiling {
  size_t rows, panel;                 /* the largest tile */
  const lode_gemm_f32_tile_fn *tiles; /* by height, 1 .. rows */
} lode_gemm_f32_tiling;

void lode_gemm_f32_loop(const lode_gemm_f32_tiling *tiling, const lode_gemm_f32_args *args);

/* Rows go into as few tiles as can be, of heights as equal as can be (16 rows by 14 are
 * 8 + 8). The height of the next tile when `left` rows are left. */
static inline size_t lode_gemm_f32_next_height(size_t left, size_t rows) {
  const size_t tiles = (left + rows - 1) / rows;
  return (left + tiles - 1) / tiles;
}

#endif
