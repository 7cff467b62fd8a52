#include "kernels/activation/activation_lanes.h"

const lode_activation_kernel lode_activation_ref = {
    .name = "ref", .features = 0, .run = run, .exp = run_exp};
