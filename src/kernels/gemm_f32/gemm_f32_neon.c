#include "base/cpu.h"
#include "kernels/gemm_f32/multiply_neon.h"
#include "kernels/gemm_f32/tile_f32_lanes.h"

const lode_gemm_kernel lode_gemm_f32_neon_8x8 = {
    .name = "neon_8x8",
    .features = LODE_CPU_NEON,
    .layout = &layout,
    .run = run,
};
