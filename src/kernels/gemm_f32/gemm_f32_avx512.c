#include "base/cpu.h"
#include "kernels/gemm_f32/multiply_avx.h"
#include "kernels/gemm_f32/tile_f32_lanes.h"

const lode_gemm_kernel lode_gemm_f32_avx512_14x32 = {
    .name = "avx512_14x32",
    .features = LODE_CPU_AVX512,
    .layout = &layout,
    .run = run,
};
