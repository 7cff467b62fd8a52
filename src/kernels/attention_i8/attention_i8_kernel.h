/* The end of a kernel on blocks, from its file's TILE_ROWS, TILE_PANEL, pack, block, DEEP
 * (components to a multiple of which keys go on) and ELEMENT (bytes of one): what a
 * lode_attention_kernel runs. */
#ifndef LODE_KERNELS_ATTENTION_I8_ATTENTION_I8_KERNEL_H
#define LODE_KERNELS_ATTENTION_I8_ATTENTION_I8_KERNEL_H

#include "kernels/attention_i8/attention_i8_blocks.h"

static const lode_attention_i8_tiling tiling = {.rows = TILE_ROWS,
                                                .panel = TILE_PANEL,
                                                .deep = DEEP,
                                                .element = ELEMENT,
                                                .pack = pack,
                                                .block = block};

static size_t scratch_size(size_t n, size_t d) {
  return lode_attention_i8_blocks_scratch(&tiling, n, d);
}

static void run(const lode_attention_args *args) {
  lode_attention_i8_blocks_run(&tiling, args);
}

#endif
