#include "base/cpu.h"
#include "kernels/gemm/finish_lanes.h"
#include "kernels/gemm_bf16/gemm_bf16.h"
#include "kernels/gemm_bf16/multiply_avx512bf16.h"

TILE_INLINE void tile_run(const lode_gemm_tile *t, const int rows) {
  __m512 sums[TILE_ROWS][TILE_VECTORS];
  tile_begin(t, rows, sums);
  tile_multiply(rows, t->k, t->a, t->lda, t->panel, t->fetch, t->fetch_steps, t->fetch_lines, sums);
  tile_end(t, rows, sums);
}

static const lode_gemm_layout layout = {
    .panel = TILE_PANEL, .element = sizeof(uint16_t), .group = 2, .deep = 2};

#include "kernels/gemm/tile_kernel.h"

const lode_gemm_kernel lode_gemm_bf16_avx512bf16_14x32 = {
    .name = "avx512bf16_14x32",
    .features = LODE_CPU_AVX512 | LODE_CPU_AVX512BF16,
    .layout = &layout,
    .run = run,
};
