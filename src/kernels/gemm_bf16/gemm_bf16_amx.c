/* tdpbf16ps: 16 x 32 by 32 x 16 of bf16. */
#include <string.h>

#include "base/cpu.h"
#include "kernels/gemm/amx_tiles.h"
#include "kernels/gemm_bf16/gemm_bf16.h"

#define AMX_DOT(c, a, b) AMX_DOT_BF16(c, a, b)
#include "kernels/gemm/blocks_amx.h"

enum { DEEP = AMX_BYTES / sizeof(uint16_t) };

static const lode_gemm_layout layout = {
    .panel = AMX_BLOCK, .element = sizeof(uint16_t), .group = 2, .deep = DEEP};

/* Where k ends within a tile, the rest of A is copied, and zeros follow. */
static void block_multiply(const lode_gemm_tile *t, size_t rows) {
  const size_t steps = t->args->k / DEEP, left = t->args->k % DEEP;
  amx_begin(rows);
  amx_multiply(rows, steps, t->a, t->lda, t->panel);
  if (left != 0) {
    _Alignas(64) char rest[AMX_BLOCK * AMX_BYTES] = {0};
    for (size_t row = 0; row < rows; row++) {
      const char *from = (const char *)t->a + row * t->lda + steps * AMX_BYTES;
      memcpy(rest + row * AMX_BYTES, from, left * sizeof(uint16_t));
    }
    amx_multiply(rows, 1, rest, AMX_BYTES, (const char *)t->panel + steps * AMX_PANEL_STEP);
  }
  amx_end(rows, t->sums, AMX_PANEL_ROW);
}

static void block_finish(const lode_gemm_tile *t, size_t rows) {
  for (size_t v = 0; v < TILE_VECTORS; v++) {
    const __mmask16 mask = tile_mask(t->columns, v);
    const size_t j = t->j + v * TILE_LANES;
    const __m512 bias = t->args->bias != NULL ? _mm512_maskz_loadu_ps(mask, t->args->bias + j)
                                              : _mm512_setzero_ps();
    for (size_t row = 0; row < rows; row++) {
      const float *sums = (const float *)t->sums + row * AMX_BLOCK + v * TILE_LANES;
      const __m512 y = _mm512_add_ps(_mm512_load_ps(sums), bias);
      tile_finish_vector(t, row, v, mask, lode_act_of(t->args->act, y));
    }
  }
}

#include "kernels/gemm/gemm_amx.h"

const lode_gemm_kernel lode_gemm_bf16_amx_32x32 = {
    .name = "amx_32x32",
    .features = LODE_CPU_AVX512 | LODE_CPU_AVX512BF16 | AMX_FEATURES,
    .layout = &layout,
    .run = run,
};
