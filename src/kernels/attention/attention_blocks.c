#include "kernels/attention/attention_blocks.h"

#include "kernels/gemm/gemm_tiles.h"

enum { LINE_FLOATS = 64 / sizeof(float) };

static size_t round_up(size_t n, size_t step) {
  return (n + step - 1) / step * step;
}

/* An odd number of cache lines, so that the rows of a block do not meet in the same set of
 * the L1 when n is a power of two. */
static size_t score_stride(size_t width) {
  return round_up(width, 2 * LINE_FLOATS) + LINE_FLOATS;
}

size_t lode_attention_blocks_scratch(const lode_attention_tiling *tiling, size_t n, size_t d) {
  const size_t width = round_up(n, tiling->panel);
  const size_t keys = round_up(width * d, LINE_FLOATS);
  const size_t values = round_up(n * round_up(d, tiling->panel), LINE_FLOATS);
  return keys + values + tiling->rows * (score_stride(width) + round_up(d, LINE_FLOATS));
}

void lode_attention_blocks_run(const lode_attention_tiling *tiling,
                               const lode_attention_args *args) {
  if (args->row0 >= args->row1) return;
  lode_attention_head head = {.args = args, .width = round_up(args->n, tiling->panel)};
  head.stride = score_stride(head.width);
  head.keys = args->scratch;
  head.values = head.keys + round_up(head.width * args->d, LINE_FLOATS);
  head.scores = head.values + round_up(args->n * round_up(args->d, tiling->panel), LINE_FLOATS);
  head.queries = head.scores + tiling->rows * head.stride;
  head.query_stride = round_up(args->d, LINE_FLOATS);
  tiling->pack(&head);
  for (size_t i = args->row0, rows; i < args->row1; i += rows) {
    rows = lode_gemm_next_height(args->row1 - i, tiling->rows);
    tiling->blocks[rows](&head, i);
  }
}
