#include <wasm_simd128.h>

#include "base/cpu.h"

#define TILE_MADD(a, b, c) wasm_f32x4_add(c, wasm_f32x4_mul(a, b))

#include "kernels/gemm_f32/tile_f32_simd128.h"

const lode_gemm_kernel lode_gemm_f32_simd128_3x12 = {
    .name = "simd128_3x12",
    .features = LODE_CPU_SIMD128,
    .layout = &layout,
    .run = run,
};
