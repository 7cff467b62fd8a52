#include <string.h>

#include "kernels/convert/convert.h"

static float float_of_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* IEEE 754 binary16: sign, 5 bits of exponent with bias 15, 10 of fraction. */
static float widen_f16(uint16_t h) {
  const uint32_t sign = (uint32_t)(h >> 15) << 31;
  const uint32_t exponent = (h >> 10) & 0x1F;
  const uint32_t fraction = h & 0x3FF;
  if (exponent == 0) { /* zero and subnormals: fraction x 2^-24, exact in f32 */
    const float magnitude = (float)fraction * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  if (exponent == 0x1F) { /* infinity; NaN, made quiet as every processor does */
    const uint32_t quiet = fraction ? 0x400000 : 0;
    return float_of_bits(sign | 0x7F800000 | quiet | fraction << 13);
  }
  return float_of_bits(sign | (exponent + 127 - 15) << 23 | fraction << 13);
}

static void f16_to_f32(size_t n, const uint16_t *x, float *y) {
  for (size_t i = 0; i < n; i++) y[i] = widen_f16(x[i]);
}

static void bf16_to_f32(size_t n, const uint16_t *x, float *y) {
  for (size_t i = 0; i < n; i++) y[i] = float_of_bits((uint32_t)x[i] << 16);
}

static void i8_to_f32(size_t n, const int8_t *x, float scale, float *y) {
  for (size_t i = 0; i < n; i++) y[i] = (float)x[i] * scale;
}

static void f32_to_bf16(size_t n, const float *x, uint16_t *y) {
  for (size_t i = 0; i < n; i++) {
    uint32_t bits;
    memcpy(&bits, x + i, sizeof bits);
    const bool nan = (bits & 0x7FFFFFFF) > 0x7F800000;
    const uint32_t nearest = bits + 0x7FFF + ((bits >> 16) & 1);
    y[i] = (uint16_t)(nan ? bits >> 16 | 0x40 : nearest >> 16);
  }
}

/* One more in the exponent carries into the sign bit exactly where all its bits are set. */
static bool all_finite(size_t n, const float *x) {
  uint32_t carried = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t bits;
    memcpy(&bits, x + i, sizeof bits);
    carried |= (bits & 0x7FFFFFFF) + 0x00800000;
  }
  return carried >> 31 == 0;
}

const lode_convert_kernel lode_convert_ref = {.name = "ref",
                                              .features = 0,
                                              .f16_to_f32 = f16_to_f32,
                                              .bf16_to_f32 = bf16_to_f32,
                                              .i8_to_f32 = i8_to_f32,
                                              .f32_to_bf16 = f32_to_bf16,
                                              .all_finite = all_finite};
