#include "base/cpu.h"
#include "kernels/quantize/quantize_lanes.h"

const lode_quantize_kernel lode_quantize_avx2 = {
    .name = "avx2", .features = LODE_CPU_AVX2, .rows = rows};
