#include "base/cpu.h"
#include "kernels/dot/dot_f32_i8_lanes.h"

const lode_dot_f32_i8_kernel lode_dot_f32_i8_neon = {
    .name = "neon", .features = LODE_CPU_NEON, .run = run};
