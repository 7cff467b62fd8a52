#include "base/cpu.h"
#include "kernels/convert/convert_lanes.h"

const lode_convert_kernel lode_convert_simd128 = {.name = "simd128",
                                                  .features = LODE_CPU_SIMD128,
                                                  .f16_to_f32 = f16_to_f32,
                                                  .bf16_to_f32 = bf16_to_f32,
                                                  .i8_to_f32 = i8_to_f32,
                                                  .f32_to_bf16 = f32_to_bf16,
                                                  .all_finite = all_finite};
