#include "base/cpu.h"
#include "kernels/norm/norm_lanes.h"

const lode_norm_kernel lode_norm_avx2 = {
    .name = "avx2", .features = LODE_CPU_AVX2, .layernorm = layernorm, .l2 = l2};
