#include "base/cpu.h"
#include "kernels/activation/activation_lanes.h"

const lode_activation_kernel lode_activation_avx512 = {
    .name = "avx512", .features = LODE_CPU_AVX512, .run = run, .exp = run_exp};
