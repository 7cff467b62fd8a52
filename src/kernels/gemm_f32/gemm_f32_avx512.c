#include "base/cpu.h"
#include "kernels/gemm/finish_avx512.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_f32/multiply_avx512.h"

TILE_INLINE void tile_run(const lode_gemm_tile *t, const int rows) {
  __m512 sums[TILE_ROWS][TILE_VECTORS];
  tile_begin(t, rows, sums);
  tile_multiply(rows, t->k, t->a, t->lda, t->panel, t->fetch, t->fetch_steps, t->fetch_lines, sums);
  tile_end(t, rows, sums);
}

static const lode_gemm_layout layout = {
    .panel = TILE_PANEL, .element = sizeof(float), .group = 1, .deep = 1};

#include "kernels/gemm/tile_kernel.h"

const lode_gemm_kernel lode_gemm_f32_avx512_14x32 = {
    .name = "avx512_14x32",
    .features = LODE_CPU_AVX512,
    .layout = &layout,
    .run = run,
};
