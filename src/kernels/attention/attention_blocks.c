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

/* The parts of a head's scratch; returns how many floats they take. */
static size_t layout(const lode_attention_tiling *tiling, size_t n, size_t d, float *scratch,
                     lode_attention_head *head) {
  const size_t depth = round_up(d, tiling->deep), tokens = round_up(n, tiling->deep);
  head->width = round_up(n, tiling->panel);
  head->stride = score_stride(head->width);
  head->query_stride = round_up(depth, LINE_FLOATS);
  const size_t keys = round_up(head->width * depth, LINE_FLOATS);
  const size_t values = round_up(tokens * round_up(d, tiling->panel), LINE_FLOATS);
  const size_t scores = tiling->rows * head->stride;
  if (scratch != NULL) {
    head->keys = scratch;
    head->values = head->keys + keys;
    head->scores = head->values + values;
    head->queries = head->scores + scores;
  }
  return keys + values + scores + tiling->rows * head->query_stride;
}

size_t lode_attention_blocks_scratch(const lode_attention_tiling *tiling, size_t n, size_t d) {
  lode_attention_head head;
  return layout(tiling, n, d, NULL, &head);
}

void lode_attention_blocks_run(const lode_attention_tiling *tiling,
                               const lode_attention_args *args) {
  if (args->row0 >= args->row1) return;
  lode_attention_head head = {.args = args};
  layout(tiling, args->n, args->d, args->scratch, &head);
  tiling->pack(&head);
  for (size_t i = args->row0, rows; i < args->row1; i += rows) {
    rows = lode_gemm_next_height(args->row1 - i, tiling->rows);
    tiling->block(&head, i, rows);
  }
}
