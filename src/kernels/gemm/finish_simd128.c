/* One function for all products: that the sums pass through memory costs less than a hundredth of
 * a tile, and a copy for each kernel would be a tenth of the module. */
#include "kernels/activation/math_lanes.h"
#include "kernels/gemm/tile_simd128.h"
#include "kernels/lanes.h"

/* The numbers of a tile's columns: all of them, zeros for those that C does not have. */
static void columns_of(const lode_gemm_tile *t, const float *numbers,
                       lanes_f32 columns[TILE_VECTORS]) {
  float edge[TILE_PANEL] = {0};
  const float *from = edge;
  if (numbers != NULL && t->columns >= TILE_PANEL) {
    from = numbers + t->j;
  } else if (numbers != NULL) {
    memcpy(edge, numbers + t->j, t->columns * sizeof *edge);
  }
#pragma GCC unroll 3
  for (int v = 0; v < TILE_VECTORS; v++) columns[v] = lanes_load(from + v * TILE_LANES);
}

/* Scales and bias: the sums become floats, where they are. */
static void scale_sums(const lode_gemm_tile *t, size_t rows, bool scaled) {
  lanes_f32 bias[TILE_VECTORS], col_scale[TILE_VECTORS];
  columns_of(t, t->args->bias, bias);
  columns_of(t, scaled ? t->args->col_scale : NULL, col_scale);
  float *sums = t->sums;
  for (size_t row = 0; row < rows; row++, sums += TILE_PANEL) {
#pragma GCC unroll 3
    for (int v = 0; v < TILE_VECTORS; v++) {
      lanes_f32 y = lanes_load(sums + v * TILE_LANES);
      if (scaled) {
        y = __builtin_convertvector((lanes_i32)y, lanes_f32) * t->args->row_scale[t->i + row];
        y = y * col_scale[v];
      }
      lanes_store(sums + v * TILE_LANES, y + bias[v]);
    }
  }
}

/* y plus a row of R, if there is one, is a row of C. */
static void put_row(size_t columns, const float *y, const float *residual, float *c) {
  if (columns < TILE_PANEL) {
    for (size_t j = 0; j < columns; j++) c[j] = residual != NULL ? y[j] + residual[j] : y[j];
    return;
  }
#pragma GCC unroll 3
  for (size_t at = 0; at < TILE_PANEL; at += TILE_LANES) {
    lanes_f32 x = lanes_load(y + at);
    if (residual != NULL) x = x + lanes_load(residual + at);
    lanes_store(c + at, x);
  }
}

void lode_gemm_finish_simd128(const lode_gemm_tile *t, size_t rows, bool scaled) {
  scale_sums(t, rows, scaled);
  const lode_gemm_args *args = t->args;
  const lode_act act = args->act;
  float *sums = t->sums;
  for (size_t i = 0; act != LODE_ACT_NONE && i < rows * TILE_PANEL; i += TILE_LANES) {
    lanes_store(sums + i, lode_act_of(act, lanes_load(sums + i)));
  }
  for (size_t row = 0, i = t->i; row < rows; row++, i++) {
    const float *residual = args->residual != NULL ? args->residual + i * args->ldr + t->j : NULL;
    put_row(t->columns, sums + row * TILE_PANEL, residual, args->c + i * args->ldc + t->j);
  }
}
