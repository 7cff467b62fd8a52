#include <arm_neon.h>

#include "base/cpu.h"
#include "kernels/lanes.h"

enum { BAG_VECTORS = 16, BAG_SMALL_VECTORS = BAG_VECTORS };

__attribute__((always_inline)) static inline void load_i4(const void *x, size_t j, lanes_f32 y[4]) {
  const uint8x8_t pairs = vld1_u8((const uint8_t *)x + j / 2);
  const uint8x8x2_t both = vzip_u8(vand_u8(pairs, vdup_n_u8(15)), vshr_n_u8(pairs, 4));
  const int8x16_t values = vreinterpretq_s8_u8(vcombine_u8(both.val[0], both.val[1]));
  int8_t bytes[16];
  vst1q_s8(bytes, vsubq_s8(values, vdupq_n_s8(8)));
  lanes_load_bytes(bytes, y);
}

#include "kernels/bag/bag_lanes.h"

const lode_bag_kernel lode_bag_neon = {.name = "neon", .features = LODE_CPU_NEON, .mean = mean};
