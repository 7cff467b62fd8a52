#include "base/cpu.h"
#include "kernels/gemm_f32/multiply_neon.h"

TILE_INLINE void product(const int rows, size_t k, const float *a, size_t lda, const float *b,
                         float32x4_t sums[TILE_ROWS][TILE_VECTORS]) {
  tile_zero(rows, sums);
  tile_multiply(rows, k, a, lda, b, 0, SIZE_MAX, 0, sums);
}

#include "kernels/attention_f32/attention_f32_lanes.h"

const lode_attention_kernel lode_attention_f32_neon = {
    .name = "neon",
    .features = LODE_CPU_NEON,
    .scratch_size = scratch_size,
    .run = run,
};
