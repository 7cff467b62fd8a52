/* Scores by sdot: 16 products of s8 into 4 sums. */
#include <arm_neon.h>

static inline int32x4_t dot_of(int32x4_t sums, int8x16_t b, int8x16_t a) {
  return vdotq_s32(sums, b, a);
}

#include "kernels/attention_i8/tile_neon.h"

const lode_attention_kernel lode_attention_i8_neondot = {
    .name = "neondot",
    .features = LODE_CPU_NEON | LODE_CPU_DOTPROD,
    .scratch_size = scratch_size,
    .run = run,
};
