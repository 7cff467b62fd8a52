#include "base/cpu.h"
#include "kernels/dot/dot_f32_i8_lanes.h"

const lode_dot_f32_i8_kernel lode_dot_f32_i8_avx2 = {
    .name = "avx2", .features = LODE_CPU_AVX2, .run = run};
