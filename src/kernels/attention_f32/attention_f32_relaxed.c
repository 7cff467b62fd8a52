/* relaxed_madd rounds once or twice, as the processor has it. */
#include <wasm_simd128.h>

#include "base/cpu.h"

#define TILE_MADD(a, b, c) wasm_f32x4_relaxed_madd(a, b, c)

#include "kernels/attention_f32/product_simd128.h"

#include "kernels/attention_f32/attention_f32_lanes.h"

const lode_attention_kernel lode_attention_f32_relaxed = {
    .name = "relaxed",
    .features = LODE_CPU_SIMD128 | LODE_CPU_RELAXED,
    .scratch_size = scratch_size,
    .run = run,
};
