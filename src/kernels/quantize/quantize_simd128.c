#include "base/cpu.h"
#include "kernels/quantize/quantize_lanes.h"

const lode_quantize_kernel lode_quantize_simd128 = {
    .name = "simd128", .features = LODE_CPU_SIMD128, .rows = rows};
