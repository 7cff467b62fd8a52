#include <math.h>

#include "base/cpu.h"
#include "kernels/activation/math_lanes.h"
#include "kernels/attention/attention_blocks.h"
#include "kernels/dot/sum64_lanes.h"
#include "kernels/gemm_f32/multiply_avx512.h"

static void pack_keys(const lode_attention_head *h) {
  const lode_attention_args *args = h->args;
  for (size_t j0 = 0; j0 < h->width; j0 += TILE_LANES) {
    float *out = h->keys + j0 / TILE_PANEL * TILE_PANEL * args->d + j0 % TILE_PANEL;
    for (size_t c0 = 0; c0 < args->d; c0 += TILE_LANES) {
      const __mmask16 mask = tile_mask(args->d - c0, 0);
      __m512 rows[TILE_LANES];
#pragma GCC unroll 16
      for (size_t j = 0; j < TILE_LANES; j++) {
        rows[j] = j0 + j < args->n ? _mm512_maskz_loadu_ps(mask, args->k + (j0 + j) * args->ld + c0)
                                   : _mm512_setzero_ps();
      }
      tile_transpose(rows);
      const size_t components = args->d - c0 < TILE_LANES ? args->d - c0 : TILE_LANES;
      for (size_t c = 0; c < components; c++) {
        _mm512_store_ps(out + (c0 + c) * TILE_PANEL, rows[c]);
      }
    }
  }
}

static void pack_values(const lode_attention_head *h) {
  const lode_attention_args *args = h->args;
  float *out = h->values;
  for (size_t c = 0; c < args->d; c += TILE_PANEL) {
    const __mmask16 mask0 = tile_mask(args->d - c, 0), mask1 = tile_mask(args->d - c, 1);
    const float *v = args->v + c;
    for (size_t j = 0; j < args->n; j++, v += args->ld, out += TILE_PANEL) {
      _mm512_store_ps(out, _mm512_maskz_loadu_ps(mask0, v));
      _mm512_store_ps(out + TILE_LANES, _mm512_maskz_loadu_ps(mask1, v + TILE_LANES));
    }
  }
}

static void pack(const lode_attention_head *h) {
  pack_keys(h);
  pack_values(h);
}

/* s[j] = exp(scale * (s[j] - max s)); returns their sum, added up in the same order on every
 * processor. The row is as long as its panels: what lies past n is computed and never used. */
static float exponentials(size_t n, float scale, float *s) {
  const size_t whole = n - n % TILE_LANES;
  const __mmask16 tail = tile_mask(n - whole, 0);
  __m512 max = _mm512_mask_loadu_ps(_mm512_set1_ps(-INFINITY), tail, s + whole);
  for (size_t j = 0; j < whole; j += TILE_LANES) max = _mm512_max_ps(max, _mm512_load_ps(s + j));
  const __m512 factor = _mm512_set1_ps(scale);
  const __m512 shift = _mm512_set1_ps(-scale * _mm512_reduce_max_ps(max));
  for (size_t j = 0; j < n; j += TILE_LANES) {
    const __m512 x = _mm512_fmadd_ps(_mm512_load_ps(s + j), factor, shift);
    _mm512_store_ps(s + j, lode_exp_fused(x));
  }
  return sum64(n, s);
}

/* Queries i .. i + rows - 1. */
TILE_INLINE void block_run(const lode_attention_head *h, size_t i, const int rows) {
  const lode_attention_args *args = h->args;
  __m512 sums[TILE_ROWS][TILE_VECTORS];
  for (size_t j = 0; j < h->width; j += TILE_PANEL) {
    const float *keys = h->keys + j * args->d;
    tile_zero(rows, sums);
    tile_multiply(rows, args->d, args->q + i * args->ld, args->ld, keys, 0, SIZE_MAX, 0, sums);
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
    tile_multiply(rows, args->n, h->scores, h->stride, h->values + c * args->n, 0, SIZE_MAX, 0,
                  sums);
#pragma GCC unroll 14
    for (int r = 0; r < rows; r++) {
      const __m512 divisor = _mm512_set1_ps(total[r]);
      float *to = out + (size_t)r * args->ldo;
      _mm512_mask_storeu_ps(to, mask0, _mm512_div_ps(sums[r][0], divisor));
      _mm512_mask_storeu_ps(to + TILE_LANES, mask1, _mm512_div_ps(sums[r][1], divisor));
    }
  }
}

#include "kernels/attention/block_kernel.h"

const lode_attention_kernel lode_attention_f32_avx512 = {
    .name = "avx512",
    .features = LODE_CPU_AVX512,
    .scratch_size = scratch_size,
    .run = run,
};
