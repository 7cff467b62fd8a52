#include "base/cpu.h"
#include "kernels/gemm_f32/multiply_avx2.h"

TILE_INLINE void product(const int rows, size_t k, const float *a, size_t lda, const float *b,
                         __m256 sums[TILE_ROWS][TILE_VECTORS]) {
  tile_zero(rows, sums);
  tile_multiply(rows, k, a, lda, b, 0, SIZE_MAX, 0, sums);
}

#include "kernels/attention_f32/attention_f32_lanes.h"

const lode_attention_kernel lode_attention_f32_avx2 = {
    .name = "avx2",
    .features = LODE_CPU_AVX2,
    .scratch_size = scratch_size,
    .run = run,
};
