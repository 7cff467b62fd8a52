/* tdpbsud: 16 x 64 of s8 (A) by 64 x 16 of u8 (B + 64). */
#include "base/cpu.h"
#include "kernels/gemm/amx_tiles.h"
#include "kernels/gemm_i8/scale_avx512.h"

#define AMX_DOT(c, a, b) AMX_DOT_I8(c, a, b)
#include "kernels/gemm/blocks_amx.h"

static const lode_gemm_layout layout = {
    .panel = AMX_BLOCK, .element = 1, .group = 4, .deep = AMX_BYTES, .offset = true};

/* Rows of A go on with zeros to whole tiles: kernels/quantize. */
static void block_multiply(const lode_gemm_tile *t, size_t rows) {
  const size_t steps = (t->args->k + AMX_BYTES - 1) / AMX_BYTES;
  amx_begin(rows);
  amx_multiply(rows, steps, t->a, t->lda, t->panel);
  amx_end(rows, t->sums, AMX_PANEL_ROW);
}

static void block_finish(const lode_gemm_tile *t, size_t rows) {
  for (size_t v = 0; v < TILE_VECTORS; v++) {
    const __mmask16 mask = tile_mask(t->columns, v);
    const tile_i8_scales scales = tile_i8_scales_of(t, v);
    for (size_t row = 0; row < rows; row++) {
      const __m512i products =
          _mm512_load_si512((const uint32_t *)t->sums + row * AMX_BLOCK + v * TILE_LANES);
      const __m512i sums = _mm512_add_epi32(products, tile_i8_start(t->args, t->i + row));
      const __m512 row_scale = _mm512_set1_ps(t->args->row_scale[t->i + row]);
      const __m512 y = tile_i8_scaled(sums, row_scale, &scales);
      tile_finish_vector(t, row, v, mask, lode_act_of(t->args->act, y));
    }
  }
}

#include "kernels/gemm/gemm_amx.h"

const lode_gemm_kernel lode_gemm_i8_amx_32x32 = {
    .name = "amx_32x32",
    .features = LODE_CPU_AVX512 | LODE_CPU_AVX512BF16 | AMX_FEATURES,
    .layout = &layout,
    .run = run,
};
