#include <math.h>

#include "base/cpu.h"
#include "kernels/activation/math_lanes.h"
#include "kernels/attention/attention_blocks.h"
#include "kernels/dot/sum64_lanes.h"
#include "kernels/gemm_f32/multiply_neon.h"

static void pack_keys(const lode_attention_head *h) {
  const lode_attention_args *args = h->args;
  for (size_t j0 = 0; j0 < h->width; j0 += TILE_LANES) {
    float *out = h->keys + j0 / TILE_PANEL * TILE_PANEL * args->d + j0 % TILE_PANEL;
    for (size_t c0 = 0; c0 < args->d; c0 += TILE_LANES) {
      const size_t components = tile_lanes(args->d - c0, 0);
      float32x4_t rows[TILE_LANES];
#pragma GCC unroll 4
      for (size_t j = 0; j < TILE_LANES; j++) {
        rows[j] = j0 + j < args->n ? tile_load_lanes(args->k + (j0 + j) * args->ld + c0, components)
                                   : vdupq_n_f32(0.0f);
      }
      tile_transpose(rows);
      for (size_t c = 0; c < components; c++) vst1q_f32(out + (c0 + c) * TILE_PANEL, rows[c]);
    }
  }
}

static void pack_values(const lode_attention_head *h) {
  const lode_attention_args *args = h->args;
  float *out = h->values;
  for (size_t c = 0; c < args->d; c += TILE_PANEL) {
    const size_t lanes0 = tile_lanes(args->d - c, 0), lanes1 = tile_lanes(args->d - c, 1);
    const float *v = args->v + c;
    for (size_t j = 0; j < args->n; j++, out += TILE_PANEL) {
      vst1q_f32(out, tile_load_lanes(v + j * args->ld, lanes0));
      vst1q_f32(out + TILE_LANES, tile_load_lanes(v + j * args->ld + lanes0, lanes1));
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
  const uint32x4_t lane = {0, 1, 2, 3};
  const uint32x4_t tail = vcltq_u32(lane, vdupq_n_u32((uint32_t)(n - whole)));
  float32x4_t max = vdupq_n_f32(-INFINITY);
  for (size_t j = 0; j < whole; j += TILE_LANES) max = vmaxq_f32(max, vld1q_f32(s + j));
  if (whole < n) max = vmaxq_f32(max, vbslq_f32(tail, vld1q_f32(s + whole), max));
  const float32x4_t factor = vdupq_n_f32(scale);
  const float32x4_t shift = vdupq_n_f32(-scale * vmaxvq_f32(max));
  for (size_t j = 0; j < n; j += TILE_LANES) {
    vst1q_f32(s + j, lode_exp_fused(vfmaq_f32(shift, vld1q_f32(s + j), factor)));
  }
  return sum64(n, s);
}

/* Queries i .. i + rows - 1. */
TILE_INLINE void block_run(const lode_attention_head *h, size_t i, const int rows) {
  const lode_attention_args *args = h->args;
  float32x4_t sums[TILE_ROWS][TILE_VECTORS];
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
    const size_t lanes0 = tile_lanes(args->d - c, 0), lanes1 = tile_lanes(args->d - c, 1);
    float *out = args->out + i * args->ldo + c;
    tile_zero(rows, sums);
    tile_multiply(rows, args->n, h->scores, h->stride, h->values + c * args->n, 0, SIZE_MAX, 0,
                  sums);
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
      const float32x4_t divisor = vdupq_n_f32(totals[r]);
      float *to = out + (size_t)r * args->ldo;
      tile_store_lanes(to, lanes0, vdivq_f32(sums[r][0], divisor));
      tile_store_lanes(to + lanes0, lanes1, vdivq_f32(sums[r][1], divisor));
    }
  }
}

#include "kernels/attention/block_kernel.h"

const lode_attention_kernel lode_attention_f32_neon = {
    .name = "neon",
    .features = LODE_CPU_NEON,
    .scratch_size = scratch_size,
    .run = run,
};
