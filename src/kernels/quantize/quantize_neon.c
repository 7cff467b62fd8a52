#include "base/cpu.h"
#include "kernels/quantize/quantize_lanes.h"

const lode_quantize_kernel lode_quantize_neon = {
    .name = "neon", .features = LODE_CPU_NEON, .rows = rows};
