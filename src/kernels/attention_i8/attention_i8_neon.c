/* Scores by smull and smull2: of four products of s8 two sums of neighbours, which at most
 * 2 x 127 x 127 cannot overflow 16 bits, and those into a sum of 32 bits. */
#include <arm_neon.h>

static inline int32x4_t dot_of(int32x4_t sums, int8x16_t b, int8x16_t a) {
  const int16x8_t low = vmull_s8(vget_low_s8(b), vget_low_s8(a));
  const int16x8_t high = vmull_high_s8(b, a);
  return vpadalq_s16(sums, vpaddq_s16(low, high));
}

#include "kernels/attention_i8/tile_neon.h"

const lode_attention_kernel lode_attention_i8_neon = {
    .name = "neon",
    .features = LODE_CPU_NEON,
    .scratch_size = scratch_size,
    .run = run,
};
