#include "base/cpu.h"
#include "kernels/gemm_f32/multiply_neon.h"

#include "kernels/attention_f32/product_lanes.h"

#include "kernels/attention_f32/attention_f32_lanes.h"

const lode_attention_kernel lode_attention_f32_neon = {
    .name = "neon",
    .features = LODE_CPU_NEON,
    .scratch_size = scratch_size,
    .run = run,
};
