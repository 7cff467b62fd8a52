#include "base/cpu.h"
#include "kernels/activation/activation_lanes.h"

const lode_activation_kernel lode_activation_neon = {
    .name = "neon", .features = LODE_CPU_NEON, .run = run, .exp = run_exp};
