/* The rest of a tiled attention kernel, from what its file has defined before it includes this:
 * pack, block_run, and TILE_ROWS, TILE_PANEL, TILE_HEIGHTS (kernels/gemm/tile_<isa>.h). Here are
 * the two functions of a lode_attention_kernel. */
#ifndef LODE_KERNELS_ATTENTION_BLOCK_KERNEL_H
#define LODE_KERNELS_ATTENTION_BLOCK_KERNEL_H

#include "kernels/attention/attention_blocks.h"

#define DEFINE(rows)                                                 \
  static void block_##rows(const lode_attention_head *h, size_t i) { \
    block_run(h, i, rows);                                           \
  }
TILE_HEIGHTS(DEFINE)
#undef DEFINE

static void block(const lode_attention_head *h, size_t i, size_t rows) {
#define NAME(rows) block_##rows,
  static void (*const blocks[])(const lode_attention_head *, size_t) = {NULL, TILE_HEIGHTS(NAME)};
#undef NAME
  blocks[rows](h, i);
}

static const lode_attention_tiling tiling = {
    .rows = TILE_ROWS, .panel = TILE_PANEL, .deep = 1, .pack = pack, .block = block};

static size_t scratch_size(size_t n, size_t d) {
  return lode_attention_blocks_scratch(&tiling, n, d);
}

static void run(const lode_attention_args *args) {
  lode_attention_blocks_run(&tiling, args);
}

#endif
