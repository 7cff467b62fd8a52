/* One function for all products: that the sums pass through memory costs less than a hundredth of
 * a tile, and a copy for each kernel would be a tenth of the module. */
#include "kernels/activation/math_lanes.h"
#include "kernels/gemm/tile_simd128.h"
#include "kernels/lanes.h"

/* Columns at .. at + 3 of the tile, of which the first `n` are there. */
static void finish_columns(const lode_gemm_tile *t, size_t rows, bool scaled, size_t at, size_t n) {
  const lode_gemm_args *args = t->args;
  const size_t j = t->j + at;
  const lanes_f32 bias = args->bias != NULL ? lanes_load_some(args->bias + j, n) : lanes_set(0.0f);
  const lanes_f32 col_scale = scaled ? lanes_load_some(args->col_scale + j, n) : bias;
  const char *sums = (const char *)t->sums + at * sizeof(float);
  for (size_t row = 0; row < rows; row++, sums += TILE_PANEL * sizeof(float)) {
    lanes_f32 y = (lanes_f32)wasm_v128_load(sums);
    if (scaled) {
      y = __builtin_convertvector((lanes_i32)y, lanes_f32) * args->row_scale[t->i + row];
      y = y * col_scale;
    }
    y = lode_act_of(args->act, y + bias);
    if (args->residual != NULL) {
      y = y + lanes_load_some(args->residual + (t->i + row) * args->ldr + j, n);
    }
    lanes_store_some(args->c + (t->i + row) * args->ldc + j, n, y);
  }
}

void lode_gemm_finish_simd128(const lode_gemm_tile *t, size_t rows, bool scaled) {
  for (size_t at = 0; at < TILE_PANEL && at < t->columns; at += TILE_LANES) {
    finish_columns(t, rows, scaled, at, t->columns - at);
  }
}
