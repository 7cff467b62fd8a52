#include "base/cpu.h"
#include "kernels/dot/dot_f32_i8_lanes.h"

const lode_dot_f32_i8_kernel lode_dot_f32_i8_avx512 = {
    .name = "avx512", .features = LODE_CPU_AVX512, .run = run};
