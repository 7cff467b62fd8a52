#include <wasm_simd128.h>

#include "base/cpu.h"

#define TILE_MADD(a, b, c) wasm_f32x4_add(c, wasm_f32x4_mul(a, b))

#include "kernels/attention_f32/product_simd128.h"

#include "kernels/attention_f32/attention_f32_lanes.h"

const lode_attention_kernel lode_attention_f32_simd128 = {
    .name = "simd128",
    .features = LODE_CPU_SIMD128,
    .scratch_size = scratch_size,
    .run = run,
};
