#include <math.h>

#include "base/cpu.h"
#include "kernels/activation/math_lanes.h"
#include "kernels/attention/attention_blocks.h"
#include "kernels/dot/sum64_lanes.h"
#include "kernels/gemm_f32/multiply_avx2.h"

static void pack_keys(const lode_attention_head *h) {
  const lode_attention_args *args = h->args;
  for (size_t j0 = 0; j0 < h->width; j0 += TILE_LANES) {
    float *out = h->keys + j0 / TILE_PANEL * TILE_PANEL * args->d + j0 % TILE_PANEL;
    for (size_t c0 = 0; c0 < args->d; c0 += TILE_LANES) {
      const __m256i mask = tile_mask(args->d - c0, 0);
      __m256 rows[TILE_LANES];
#pragma GCC unroll 8
      for (size_t j = 0; j < TILE_LANES; j++) {
        rows[j] = j0 + j < args->n ? _mm256_maskload_ps(args->k + (j0 + j) * args->ld + c0, mask)
                                   : _mm256_setzero_ps();
      }
      tile_transpose(rows);
      const size_t components = args->d - c0 < TILE_LANES ? args->d - c0 : TILE_LANES;
      for (size_t c = 0; c < components; c++) {
        _mm256_store_ps(out + (c0 + c) * TILE_PANEL, rows[c]);
      }
    }
  }
}

static void pack_values(const lode_attention_head *h) {
  const lode_attention_args *args = h->args;
  float *out = h->values;
  for (size_t c = 0; c < args->d; c += TILE_PANEL) {
    const __m256i mask0 = tile_mask(args->d - c, 0), mask1 = tile_mask(args->d - c, 1);
    const float *v = args->v + c;
    for (size_t j = 0; j < args->n; j++, v += args->ld, out += TILE_PANEL) {
      _mm256_store_ps(out, _mm256_maskload_ps(v, mask0));
      _mm256_store_ps(out + TILE_LANES, _mm256_maskload_ps(v + TILE_LANES, mask1));
    }
  }
}

static void pack(const lode_attention_head *h) {
  pack_keys(h);
  pack_values(h);
}

static float largest(__m256 x) {
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  four = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(four, _mm_movehdup_ps(four)));
}

/* s[j] = exp(scale * (s[j] - max s)); returns their sum, added up in the same order on every
 * processor. The row is as long as its panels: what lies past n is computed and never used. */
static float exponentials(size_t n, float scale, float *s) {
  const size_t whole = n - n % TILE_LANES;
  const __m256 tail = _mm256_castsi256_ps(tile_mask(n - whole, 0));
  __m256 max = _mm256_set1_ps(-INFINITY);
  for (size_t j = 0; j < whole; j += TILE_LANES) max = _mm256_max_ps(max, _mm256_load_ps(s + j));
  if (whole < n) {
    const __m256 x = _mm256_load_ps(s + whole);
    max = _mm256_max_ps(max, _mm256_blendv_ps(max, x, tail));
  }
  const __m256 factor = _mm256_set1_ps(scale);
  const __m256 shift = _mm256_set1_ps(-scale * largest(max));
  for (size_t j = 0; j < n; j += TILE_LANES) {
    const __m256 x = _mm256_fmadd_ps(_mm256_load_ps(s + j), factor, shift);
    _mm256_store_ps(s + j, lode_exp_fused(x));
  }
  return sum64(n, s);
}

/* Queries i .. i + rows - 1. */
TILE_INLINE void block_run(const lode_attention_head *h, size_t i, const int rows) {
  const lode_attention_args *args = h->args;
  __m256 sums[TILE_ROWS][TILE_VECTORS];
  for (size_t j = 0; j < h->width; j += TILE_PANEL) {
    const float *keys = h->keys + j * args->d;
    tile_zero(rows, sums);
    tile_multiply(rows, args->d, args->q + i * args->ld, args->ld, keys, 0, SIZE_MAX, 0, sums);
    tile_store(rows, h->scores + j, h->stride, sums);
  }
  float totals[TILE_ROWS];
  for (int r = 0; r < rows; r++) {
    totals[r] = exponentials(args->n, args->scale, h->scores + (size_t)r * h->stride);
  }
  for (size_t c = 0; c < args->d; c += TILE_PANEL) {
    const __m256i mask0 = tile_mask(args->d - c, 0), mask1 = tile_mask(args->d - c, 1);
    float *out = args->out + i * args->ldo + c;
    tile_zero(rows, sums);
    tile_multiply(rows, args->n, h->scores, h->stride, h->values + c * args->n, 0, SIZE_MAX, 0,
                  sums);
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++) {
      const __m256 divisor = _mm256_set1_ps(totals[r]);
      float *to = out + (size_t)r * args->ldo;
      _mm256_maskstore_ps(to, mask0, _mm256_div_ps(sums[r][0], divisor));
      _mm256_maskstore_ps(to + TILE_LANES, mask1, _mm256_div_ps(sums[r][1], divisor));
    }
  }
}

#include "kernels/attention/block_kernel.h"

const lode_attention_kernel lode_attention_f32_avx2 = {
    .name = "avx2",
    .features = LODE_CPU_AVX2,
    .scratch_size = scratch_size,
    .run = run,
};
