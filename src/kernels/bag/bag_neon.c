#include <arm_neon.h>

#include "base/cpu.h"
#include "kernels/bag/columns.h"

#define INLINE __attribute__((always_inline)) static inline

enum { LANES = 4, VECTORS = 16, BLOCK = LANES * VECTORS };

/* Sixteen elements from x[j] on, as four vectors. */
typedef float32x4x4_t load_fn(const void *x, size_t j);

INLINE float32x4x4_t load_f32(const void *x, size_t j) {
  return vld1q_f32_x4((const float *)x + j);
}

INLINE float32x4x4_t load_f16(const void *x, size_t j) {
  float32x4x4_t y;
#pragma GCC unroll 4
  for (size_t v = 0; v < 4; v++) {
    y.val[v] = vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16((const uint16_t *)x + j + 4 * v)));
  }
  return y;
}

INLINE float32x4x4_t load_bf16(const void *x, size_t j) {
  float32x4x4_t y;
#pragma GCC unroll 4
  for (size_t v = 0; v < 4; v++) {
    y.val[v] = vreinterpretq_f32_u32(vshll_n_u16(vld1_u16((const uint16_t *)x + j + 4 * v), 16));
  }
  return y;
}

INLINE float32x4x4_t widen(int8x16_t x) {
  const int16x8_t low = vmovl_s8(vget_low_s8(x));
  const int16x8_t high = vmovl_s8(vget_high_s8(x));
  const float32x4x4_t y = {{
      vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))),
      vcvtq_f32_s32(vmovl_s16(vget_high_s16(low))),
      vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))),
      vcvtq_f32_s32(vmovl_s16(vget_high_s16(high))),
  }};
  return y;
}

INLINE float32x4x4_t load_i8(const void *x, size_t j) {
  return widen(vld1q_s8((const int8_t *)x + j));
}

INLINE float32x4x4_t load_i4(const void *x, size_t j) {
  const uint8x8_t pairs = vld1_u8((const uint8_t *)x + j / 2);
  const uint8x8x2_t both = vzip_u8(vand_u8(pairs, vdup_n_u8(15)), vshr_n_u8(pairs, 4));
  const int8x16_t values = vreinterpretq_s8_u8(vcombine_u8(both.val[0], both.val[1]));
  return widen(vsubq_s8(values, vdupq_n_s8(8)));
}

/* `halves`: bytes of two elements. */
INLINE void block(const lode_bag_args *args, size_t first, size_t halves, load_fn *load) {
  float32x4_t sum[VECTORS];
#pragma GCC unroll 16
  for (size_t v = 0; v < VECTORS; v++) sum[v] = vdupq_n_f32(0.0f);
  for (size_t i = 0; i < args->n; i++) {
    const size_t row = lode_bag_row(args, i);
    const float c = lode_bag_factor(args, i, row);
    const void *x = (const char *)args->table + (row * args->cols + first) * halves / 2;
#pragma GCC unroll 4
    for (size_t v = 0; v < VECTORS; v += 4) {
      const float32x4x4_t y = load(x, v * LANES);
#pragma GCC unroll 4
      for (size_t k = 0; k < 4; k++) {
        sum[v + k] = vaddq_f32(sum[v + k], vmulq_n_f32(y.val[k], c));
      }
    }
  }
  const float32x4_t n = vdupq_n_f32((float)args->n);
#pragma GCC unroll 16
  for (size_t v = 0; v < VECTORS; v++) {
    vst1q_f32(args->out + first + v * LANES, vdivq_f32(sum[v], n));
  }
}

static void mean(const lode_bag_args *args) {
  const size_t whole = args->n ? args->cols / BLOCK * BLOCK : 0;
  for (size_t first = 0; first < whole; first += BLOCK) {
    switch (args->dtype) {
      case LODE_DTYPE_F16:
        block(args, first, 4, load_f16);
        break;
      case LODE_DTYPE_BF16:
        block(args, first, 4, load_bf16);
        break;
      case LODE_DTYPE_I8:
        block(args, first, 2, load_i8);
        break;
      case LODE_DTYPE_I4:
        block(args, first, 1, load_i4);
        break;
      default:
        block(args, first, 8, load_f32);
        break;
    }
  }
  lode_bag_columns(args, whole, args->cols);
}

const lode_bag_kernel lode_bag_neon = {.name = "neon", .features = LODE_CPU_NEON, .mean = mean};
