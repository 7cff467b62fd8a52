#include "kernels/norm/norm_lanes.h"

const lode_norm_kernel lode_norm_ref = {
    .name = "ref", .features = 0, .layernorm = layernorm, .l2 = l2};
