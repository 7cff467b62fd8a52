#include "base/cpu.h"
#include "kernels/activation/activation_lanes.h"

const lode_activation_kernel lode_activation_avx2 = {
    .name = "avx2", .features = LODE_CPU_AVX2, .run = run, .exp = run_exp};
