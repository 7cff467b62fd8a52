/* Products of blocks by AMX, from a file's own AMX_DOT (AMX_DOT_I8 or AMX_DOT_BF16): up to 32
 * rows of A, read where they lie, by a panel of 32 packed columns.
 *
 * 2 x 2 tiles of sums: four tiles loaded for four products, each of which takes 16 cycles, and
 * four products on their way to cover the 52 that one takes. */
#ifndef LODE_KERNELS_GEMM_BLOCKS_AMX_H
#define LODE_KERNELS_GEMM_BLOCKS_AMX_H

#include "kernels/gemm/amx_tiles.h"
#include "kernels/gemm/finish_lanes.h"

enum {
  AMX_PANEL_ROW = AMX_BLOCK * 4,            /* bytes of a panel for one word of k */
  AMX_PANEL_STEP = AMX_ROWS * AMX_PANEL_ROW /* and for a tile */
};

static_assert((int)AMX_BLOCK == (int)TILE_PANEL, "finish_lanes.h finishes panels of 32");

/* The sums of a block start at 0. */
static inline void amx_begin(size_t rows) {
  AMX_ZERO(AMX_C00);
  AMX_ZERO(AMX_C01);
  if (rows <= AMX_ROWS) return;
  AMX_ZERO(AMX_C10);
  AMX_ZERO(AMX_C11);
}

/* Sums += A B over `steps` times 64 bytes of each row of A, which are lda bytes apart. */
static inline void amx_multiply(size_t rows, size_t steps, const void *a, size_t lda,
                                const void *panel) {
  const char *upper = a, *b = panel;
  if (rows <= AMX_ROWS) {
    for (size_t s = 0; s < steps; s++, upper += AMX_BYTES, b += AMX_PANEL_STEP) {
      AMX_LOAD(AMX_A0, upper, lda);
      AMX_LOAD(AMX_B0, b, AMX_PANEL_ROW);
      AMX_DOT(AMX_C00, AMX_A0, AMX_B0);
      AMX_LOAD(AMX_B1, b + AMX_BYTES, AMX_PANEL_ROW);
      AMX_DOT(AMX_C01, AMX_A0, AMX_B1);
    }
    return;
  }
  const char *lower = upper + AMX_ROWS * lda;
  for (size_t s = 0; s < steps; s++, upper += AMX_BYTES, lower += AMX_BYTES, b += AMX_PANEL_STEP) {
    AMX_LOAD(AMX_A0, upper, lda);
    AMX_LOAD(AMX_B0, b, AMX_PANEL_ROW);
    AMX_DOT(AMX_C00, AMX_A0, AMX_B0);
    AMX_LOAD(AMX_B1, b + AMX_BYTES, AMX_PANEL_ROW);
    AMX_DOT(AMX_C01, AMX_A0, AMX_B1);
    AMX_LOAD(AMX_A1, lower, lda);
    AMX_DOT(AMX_C10, AMX_A1, AMX_B0);
    AMX_DOT(AMX_C11, AMX_A1, AMX_B1);
  }
}

/* The sums to memory, rows `stride` bytes apart. */
static inline void amx_end(size_t rows, void *sums, size_t stride) {
  char *upper = sums, *lower = upper + AMX_ROWS * stride;
  AMX_STORE(AMX_C00, upper, stride);
  AMX_STORE(AMX_C01, upper + AMX_BYTES, stride);
  if (rows <= AMX_ROWS) return;
  AMX_STORE(AMX_C10, lower, stride);
  AMX_STORE(AMX_C11, lower + AMX_BYTES, stride);
}

#endif
