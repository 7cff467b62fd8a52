#include "base/cpu.h"
#include "kernels/dot/dot_f32_lanes.h"

const lode_dot_f32_kernel lode_dot_f32_neon = {
    .name = "neon", .features = LODE_CPU_NEON, .run = run};
