/* smull and smull2: 16 products of s8 in 16 bits; of each four, two sums of neighbours, which at
 * most 2 x 127 x 127 cannot overflow, and those into a sum of 32 bits. */
#include <arm_neon.h>

#include "base/cpu.h"

static inline int32x4_t dot_of(int32x4_t sums, int8x16_t b, int32x4_t a) {
  const int8x16_t bytes = vreinterpretq_s8_s32(a);
  const int16x8_t low = vmull_s8(vget_low_s8(b), vget_low_s8(bytes));
  const int16x8_t high = vmull_high_s8(b, bytes);
  return vpadalq_s16(sums, vpaddq_s16(low, high));
}

#define TILE_DOT(sums, b, a, lane) dot_of(sums, b, vdupq_laneq_s32(vreinterpretq_s32_s8(a), lane))

#include "kernels/gemm_i8/multiply_lanes_neon.h"

const lode_gemm_kernel lode_gemm_i8_neon_8x8 = {
    .name = "neon_8x8",
    .features = LODE_CPU_NEON,
    .layout = &layout,
    .run = run,
};
