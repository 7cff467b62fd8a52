#include "base/cpu.h"
#include "kernels/norm/norm_lanes.h"

const lode_norm_kernel lode_norm_avx512 = {
    .name = "avx512", .features = LODE_CPU_AVX512, .layernorm = layernorm, .l2 = l2};
