#include "base/cpu.h"
#include "kernels/norm/norm_lanes.h"

const lode_norm_kernel lode_norm_neon = {
    .name = "neon", .features = LODE_CPU_NEON, .layernorm = layernorm, .l2 = l2};
