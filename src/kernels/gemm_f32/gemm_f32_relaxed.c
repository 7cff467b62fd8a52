/* relaxed_madd rounds once or twice, as the processor has it. */
#include <wasm_simd128.h>

#include "base/cpu.h"

#define TILE_MADD(a, b, c) wasm_f32x4_relaxed_madd(a, b, c)

#include "kernels/gemm_f32/tile_f32_simd128.h"

const lode_gemm_kernel lode_gemm_f32_relaxed_3x12 = {
    .name = "relaxed_3x12",
    .features = LODE_CPU_SIMD128 | LODE_CPU_RELAXED,
    .layout = &layout,
    .run = run,
};
