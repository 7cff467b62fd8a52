/* Both products by AMX: 16 queries by 16 keys over 32 components, a head's most usual size, and 16
 * queries by 16 components over 32 tokens. */
#include "base/cpu.h"
#include "kernels/attention_bf16/parts_avx512.h"
#include "kernels/gemm/amx_tiles.h"

#define AMX_DOT(c, a, b) AMX_DOT_BF16(c, a, b)
#include "kernels/gemm/blocks_amx.h"

enum { DEEP = AMX_BYTES / sizeof(uint16_t) };

/* Tiles over n components or tokens. */
static size_t steps_of(size_t n) {
  return (n + DEEP - 1) / DEEP;
}

static size_t pairs_of(size_t n) {
  return steps_of(n) * DEEP / 2;
}

static void pack(const lode_attention_head *h) {
  pack_keys(h, pairs_of(h->args->d));
  pack_values(h, pairs_of(h->args->n));
}

/* Components c .. c + 31 of the outputs, from their sums. */
static void store_outputs(const lode_attention_head *h, size_t i, size_t rows, size_t c,
                          const float *sums, const float *total) {
  const lode_attention_args *args = h->args;
  for (size_t r = 0; r < rows; r++) {
    const __m512 factor = _mm512_set1_ps(1.0f / total[r]);
    for (size_t v = 0; v < TILE_VECTORS; v++) {
      const __mmask16 mask = tile_mask(args->d - c, v);
      const __m512 x = _mm512_load_ps(sums + r * AMX_BLOCK + v * TILE_LANES);
      float *to = args->out + (i + r) * args->ldo + c + v * TILE_LANES;
      _mm512_mask_storeu_ps(to, mask, _mm512_mul_ps(x, factor));
    }
  }
}

static void block(const lode_attention_head *h, size_t i, size_t rows) {
  const lode_attention_args *args = h->args;
  const size_t pairs = pairs_of(args->d), token_pairs = pairs_of(args->n);
  const size_t stride = h->stride * sizeof(float);
  _Alignas(64) float sums[AMX_BLOCK * AMX_BLOCK];
  float total[AMX_BLOCK];
  amx_configure(rows);
  pack_queries(h, i, rows, pairs);
  for (size_t j = 0; j < h->width; j += AMX_BLOCK) {
    amx_begin(rows);
    amx_multiply(rows, steps_of(args->d), h->queries, h->query_stride * sizeof(float),
                 h->keys + j * pairs);
    amx_end(rows, h->scores + j, stride);
  }
  for (size_t r = 0; r < rows; r++) {
    total[r] = exponentials(args->n, args->scale, h->scores + r * h->stride);
  }
  for (size_t c = 0; c < args->d; c += AMX_BLOCK) {
    amx_begin(rows);
    amx_multiply(rows, steps_of(args->n), h->scores, stride, h->values + c * token_pairs);
    amx_end(rows, sums, AMX_PANEL_ROW);
    store_outputs(h, i, rows, c, sums, total);
  }
}

static const lode_attention_tiling tiling = {
    .rows = AMX_BLOCK, .panel = AMX_BLOCK, .deep = DEEP, .pack = pack, .block = block};

static size_t scratch_size(size_t n, size_t d) {
  return lode_attention_blocks_scratch(&tiling, n, d);
}

static void run(const lode_attention_args *args) {
  if (args->row0 >= args->row1) return;
  lode_attention_blocks_run(&tiling, args);
  amx_release();
}

const lode_attention_kernel lode_attention_bf16_amx = {
    .name = "amx",
    .features = LODE_CPU_AVX512 | LODE_CPU_AVX512BF16 | AMX_FEATURES,
    .scratch_size = scratch_size,
    .run = run,
};
