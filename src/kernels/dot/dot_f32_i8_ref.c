#include "kernels/dot/dot_f32_i8_lanes.h"

const lode_dot_f32_i8_kernel lode_dot_f32_i8_ref = {.name = "ref", .features = 0, .run = run};
