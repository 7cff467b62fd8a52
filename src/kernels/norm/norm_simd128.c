#include "base/cpu.h"
#include "kernels/norm/norm_lanes.h"

const lode_norm_kernel lode_norm_simd128 = {
    .name = "simd128", .features = LODE_CPU_SIMD128, .layernorm = layernorm, .l2 = l2};
