#include "base/cpu.h"
#include "kernels/attention_bf16/parts_avx512.h"
#include "kernels/gemm_bf16/multiply_avx512bf16.h"

static size_t pairs_of(size_t n) {
  return (n + 1) / 2;
}

static void pack(const lode_attention_head *h) {
  pack_keys(h, pairs_of(h->args->d));
  pack_values(h, pairs_of(h->args->n));
}

/* Queries i .. i + rows - 1. */
TILE_INLINE void block_run(const lode_attention_head *h, size_t i, const int rows) {
  const lode_attention_args *args = h->args;
  const size_t pairs = pairs_of(args->d);
  pack_queries(h, i, (size_t)rows, pairs);
  __m512 sums[TILE_ROWS][TILE_VECTORS];
  for (size_t j = 0; j < h->width; j += TILE_PANEL) {
    tile_zero(rows, sums);
    tile_multiply(rows, pairs, h->queries, h->query_stride, h->keys + j * pairs, 0, SIZE_MAX, 0,
                  sums);
    tile_store(rows, h->scores + j, h->stride, sums);
  }
  float total[TILE_ROWS];
  for (int r = 0; r < rows; r++) {
    total[r] = exponentials(args->n, args->scale, h->scores + (size_t)r * h->stride);
  }
  for (size_t c = 0; c < args->d; c += TILE_PANEL) {
    const __mmask16 mask0 = tile_mask(args->d - c, 0), mask1 = tile_mask(args->d - c, 1);
    float *out = args->out + i * args->ldo + c;
    tile_zero(rows, sums);
    tile_multiply(rows, pairs_of(args->n), h->scores, h->stride, h->values + c * pairs_of(args->n),
                  0, SIZE_MAX, 0, sums);
#pragma GCC unroll 14
    for (int r = 0; r < rows; r++) {
      const __m512 factor = _mm512_set1_ps(1.0f / total[r]);
      float *to = out + (size_t)r * args->ldo;
      _mm512_mask_storeu_ps(to, mask0, _mm512_mul_ps(sums[r][0], factor));
      _mm512_mask_storeu_ps(to + TILE_LANES, mask1, _mm512_mul_ps(sums[r][1], factor));
    }
  }
}

#include "kernels/attention/block_kernel.h"

const lode_attention_kernel lode_attention_bf16_avx512bf16 = {
    .name = "avx512bf16",
    .features = LODE_CPU_AVX512 | LODE_CPU_AVX512BF16,
    .scratch_size = scratch_size,
    .run = run,
};
