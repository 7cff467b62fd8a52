/* The begin and the end of a tile of sums of 8-bit products, 16 columns at a time. */
#ifndef LODE_KERNELS_GEMM_I8_SCALE_AVX512_H
#define LODE_KERNELS_GEMM_I8_SCALE_AVX512_H

#include "kernels/gemm/finish_lanes.h"
#include "kernels/gemm_i8/gemm_i8.h"

/* What B's offset adds to the sums of a row, taken off. */
static inline __m512i tile_i8_start(const lode_gemm_args *args, size_t row) {
  return _mm512_set1_epi32(-LODE_GEMM_I8_OFFSET * args->row_sum[row]);
}

/* Of one vector of columns. */
typedef struct tile_i8_scales {
  __m512 scale, bias;
} tile_i8_scales;

static inline tile_i8_scales tile_i8_scales_of(const lode_gemm_tile *t, size_t v) {
  const __mmask16 mask = tile_mask(t->columns, v);
  const size_t j = t->j + v * TILE_LANES;
  return (tile_i8_scales){.scale = _mm512_maskz_loadu_ps(mask, t->args->col_scale + j),
                          .bias = t->args->bias != NULL
                                      ? _mm512_maskz_loadu_ps(mask, t->args->bias + j)
                                      : _mm512_setzero_ps()};
}

/* sums * row_scale * scale + bias */
static inline __m512 tile_i8_scaled(__m512i sums, __m512 row_scale, const tile_i8_scales *s) {
  const __m512 y = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), row_scale);
  return _mm512_add_ps(_mm512_mul_ps(y, s->scale), s->bias);
}

#endif
