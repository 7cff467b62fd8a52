#include "base/cpu.h"
#include "kernels/activation/activation_lanes.h"

const lode_activation_kernel lode_activation_simd128 = {
    .name = "simd128", .features = LODE_CPU_SIMD128, .run = run, .exp = run_exp};
