#include "base/cpu.h"
#include "kernels/quantize/quantize_lanes.h"

const lode_quantize_kernel lode_quantize_avx512 = {
    .name = "avx512", .features = LODE_CPU_AVX512, .rows = rows};
