/* sdot: 16 products of s8 into 4 sums. */
#include <arm_neon.h>

#include "base/cpu.h"

#define TILE_DOT(sums, b, a, lane) vdotq_laneq_s32(sums, b, a, lane)

#include "kernels/gemm_i8/multiply_lanes_neon.h"

const lode_gemm_kernel lode_gemm_i8_neondot_8x8 = {
    .name = "neondot_8x8",
    .features = LODE_CPU_NEON | LODE_CPU_DOTPROD,
    .layout = &layout,
    .run = run,
};
