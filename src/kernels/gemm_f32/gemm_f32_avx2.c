#include "base/cpu.h"
#include "kernels/gemm_f32/multiply_avx.h"
#include "kernels/gemm_f32/tile_f32_lanes.h"

const lode_gemm_kernel lode_gemm_f32_avx2_6x16 = {
    .name = "avx2_6x16",
    .features = LODE_CPU_AVX2,
    .layout = &layout,
    .run = run,
};
