#include "kernels/attention_i8/attention_i8_blocks.h"

#include "kernels/gemm/gemm_tiles.h"

enum { LINE = 64 };

static size_t round_up(size_t n, size_t step) {
  return (n + step - 1) / step * step;
}

/* The next part, of `bytes`; *at moves on. Without a base only that. */
static void *part(char *base, size_t *at, size_t bytes) {
  void *const here = base != NULL ? base + *at : NULL;
  *at += round_up(bytes, LINE);
  return here;
}

/* The parts from `base` on; returns their bytes. Rows of scores and weights are an odd number of
 * lines apart, so that those of a block do not meet in one set of the L1. */
static size_t lay_out(const lode_attention_i8_tiling *tiling, size_t n, size_t d, char *base,
                      lode_attention_i8_head *h) {
  h->width = round_up(n, tiling->panel);
  h->depth = round_up(d, tiling->deep);
  h->wide = round_up(d, tiling->panel);
  h->query_bytes = round_up(h->depth * tiling->element, LINE);
  h->stride = round_up(h->width, LINE) + LINE / 2;
  const size_t chunks = round_up(n, LODE_ATTENTION_I8_CHUNK) / LODE_ATTENTION_I8_CHUNK;
  size_t at = 0;
  h->keys = part(base, &at, h->width * h->depth * tiling->element);
  h->queries = part(base, &at, tiling->rows * h->query_bytes);
  h->key_scale = part(base, &at, h->width * sizeof *h->key_scale);
  h->key_bias = part(base, &at, h->width * sizeof *h->key_bias);
  h->key_start = part(base, &at, h->width * sizeof *h->key_start);
  h->values = part(base, &at, h->wide * h->width * sizeof *h->values);
  h->value_scale = part(base, &at, h->wide * sizeof *h->value_scale);
  h->value_start = part(base, &at, chunks * h->wide * sizeof *h->value_start);
  h->scores = part(base, &at, tiling->rows * h->stride * sizeof *h->scores);
  h->weights = part(base, &at, tiling->rows * h->stride * sizeof *h->weights);
  return at;
}

size_t lode_attention_i8_blocks_scratch(const lode_attention_i8_tiling *tiling, size_t n,
                                        size_t d) {
  lode_attention_i8_head head;
  return lay_out(tiling, n, d, NULL, &head) / sizeof(float);
}

void lode_attention_i8_blocks_run(const lode_attention_i8_tiling *tiling,
                                  const lode_attention_args *args) {
  if (args->row0 >= args->row1) return;
  lode_attention_i8_head head = {.args = args};
  lay_out(tiling, args->n, args->d, (char *)args->scratch, &head);
  tiling->pack(&head);
  for (size_t i = args->row0, rows; i < args->row1; i += rows) {
    rows = lode_gemm_next_height(args->row1 - i, tiling->rows);
    tiling->block(&head, i, rows);
  }
}
