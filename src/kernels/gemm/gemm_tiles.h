/* What the tiled products share: everything but the tile. An instruction set brings a function
 * for each height of tile; the loops around it, which rows and panels meet when, and what is in
 * which cache, are the same.
 *
 * Whatever the elements are, A and B are seen here as 32-bit words along k: one f32, two bf16
 * or four s8, which is what an instruction multiplies into a lane. So a panel of B is `panel`
 * words for each step of k, and a row of A one.
 *
 * The loops, outermost first:
 *   groups of panels   that stay in the L2 while all rows pass, as the next group arrives there
 *   tiles of rows      that stay near while the panels of the group pass
 *   chunks of k        only where rows are prepared or copied (stage_rows), as much as the copy
 *                      holds; the sums wait in memory in between, the chain goes on */
#ifndef LODE_KERNELS_GEMM_TILES_H
#define LODE_KERNELS_GEMM_TILES_H

#include <stdbool.h>

#include "kernels/gemm/gemm.h"
#include "kernels/gemm/gemm_pack.h"

/* The steps of a tile: its rows are constants where it is used, so that sums stay in registers. */
#define TILE_INLINE __attribute__((always_inline)) static inline

enum {
  LODE_GEMM_MAX_ROWS = 14,
  LODE_GEMM_STAGE_STRIDE = 512 + 16, /* words: a chunk of k, then a cache line */
};

/* One tile of C in one chunk of k. */
typedef struct lode_gemm_tile {
  const lode_gemm_args *args;
  size_t i, j;    /* its first row and column of C */
  size_t columns; /* columns of C from j on: fewer than a panel has, in the last one */
  size_t k;       /* steps of this chunk */
  bool first, last;
  const void *a;     /* the chunk's part of the rows of A, which may be a copy, */
  size_t lda;        /* in words, */
  const void *panel; /* and of the panel of B */
  void *sums; /* [rows, panel] words, aligned: carried from chunk to chunk, then free to use */
  /* Meanwhile, every `fetch_steps` steps of k, ask for the next `fetch_lines` cache lines from
   * `fetch` on: an address, which may lie past the end of B. */
  uintptr_t fetch;
  size_t fetch_steps, fetch_lines;
} lode_gemm_tile;

/* Adds a chunk to the sums; after the last, scales, bias, activation, residual, and C is
 * written. */
typedef void (*lode_gemm_tile_fn)(const lode_gemm_tile *tile);

typedef struct lode_gemm_tiling {
  size_t rows;                    /* of the highest tile */
  const lode_gemm_tile_fn *tiles; /* by height, 1 .. rows */
  const lode_gemm_layout *layout; /* of B; its panel is a tile's width */
  /* Prepares k steps of rows of A for all panels of a group, in LODE_GEMM_MAX_ROWS times
   * LODE_GEMM_STAGE_STRIDE words aligned to 64 bytes, which tiles get as `a`. NULL: they get A. */
  void (*stage)(size_t rows, size_t k, const uint32_t *a, size_t lda, uint32_t *stage);
} lode_gemm_tiling;

/* k is rounded up to the layout's `deep`: there A and the packed B have zeros. lda is whole
 * words. */
void lode_gemm_loop(const lode_gemm_tiling *tiling, const lode_gemm_args *args);

/* Rows go into as few tiles as can be, of heights as equal as can be (16 rows by 14 are
 * 8 + 8). The height of the next tile when `left` rows are left. */
static inline size_t lode_gemm_next_height(size_t left, size_t rows) {
  const size_t tiles = (left + rows - 1) / rows;
  return (left + tiles - 1) / tiles;
}

#endif
