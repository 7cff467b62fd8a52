#include "kernels/dot/dot_f32_lanes.h"

const lode_dot_f32_kernel lode_dot_f32_ref = {.name = "ref", .features = 0, .run = run};
