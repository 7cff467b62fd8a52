/* A kernel of products by AMX, from what its file has defined before it includes this: AMX_DOT
 * (blocks_amx.h), the layout of B, and
 *
 *   static void block_multiply(const lode_gemm_tile *t, size_t rows)
 *     the sums of a block, into t->sums, [rows][32] words
 *   static void block_finish(const lode_gemm_tile *t, size_t rows)
 *     from there to C
 *
 * Groups of panels stay in the L2 while all rows pass. */
#ifndef LODE_KERNELS_GEMM_GEMM_AMX_H
#define LODE_KERNELS_GEMM_GEMM_AMX_H

#include "kernels/gemm/blocks_amx.h"

/* Columns j0 .. j1-1. */
static void run_group(const lode_gemm_args *args, size_t j0, size_t j1) {
  _Alignas(64) uint32_t sums[AMX_BLOCK * AMX_BLOCK];
  const size_t row_bytes = args->lda * layout.element;
  const size_t column_bytes = lode_gemm_round_up(args->k, layout.deep) * layout.element;
  for (size_t i = 0, rows; i < args->m; i += rows) {
    rows = lode_gemm_next_height(args->m - i, AMX_BLOCK);
    amx_configure(rows);
    lode_gemm_tile tile = {.args = args, .i = i, .sums = sums};
    tile.a = (const char *)args->a + i * row_bytes;
    tile.lda = row_bytes;
    for (tile.j = j0; tile.j < j1; tile.j += AMX_BLOCK) {
      tile.columns = args->n - tile.j;
      tile.panel = (const char *)args->b + tile.j * column_bytes;
      block_multiply(&tile, rows);
      block_finish(&tile, rows);
    }
  }
}

static void run(const lode_gemm_args *args) {
  enum { GROUP_BYTES = 512 * 1024 };
  if (args->m == 0 || args->n0 >= args->n1) return;
  const size_t panel_bytes = lode_gemm_packed_size(&layout, AMX_BLOCK, args->k);
  const size_t group = (GROUP_BYTES / (panel_bytes + 1) + 1) * AMX_BLOCK;
  for (size_t j0 = args->n0, j1; j0 < args->n1; j0 = j1) {
    j1 = args->n1 - j0 <= group ? args->n1 : j0 + group;
    run_group(args, j0, j1);
  }
  amx_release();
}

#endif
