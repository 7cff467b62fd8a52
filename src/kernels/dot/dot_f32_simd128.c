#include "base/cpu.h"
#include "kernels/dot/dot_f32_lanes.h"

const lode_dot_f32_kernel lode_dot_f32_simd128 = {
    .name = "simd128", .features = LODE_CPU_SIMD128, .run = run};
