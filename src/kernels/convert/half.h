/* One number of a half type in f32, by integers. */
#ifndef LODE_KERNELS_CONVERT_HALF_H
#define LODE_KERNELS_CONVERT_HALF_H

#include <stdint.h>
#include <string.h>

static inline float lode_float_of_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline float lode_widen_bf16(uint16_t h) {
  return lode_float_of_bits((uint32_t)h << 16);
}

/* IEEE 754 binary16: sign, 5 bits of exponent with bias 15, 10 of fraction. */
static inline float lode_widen_f16(uint16_t h) {
  const uint32_t sign = (uint32_t)(h >> 15) << 31;
  const uint32_t exponent = (h >> 10) & 0x1F;
  const uint32_t fraction = h & 0x3FF;
  if (exponent == 0) { /* zero and subnormals: fraction x 2^-24, exact in f32 */
    const float magnitude = (float)fraction * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  if (exponent == 0x1F) { /* infinity; NaN, made quiet as every processor does */
    const uint32_t quiet = fraction ? 0x400000 : 0;
    return lode_float_of_bits(sign | 0x7F800000 | quiet | fraction << 13);
  }
  return lode_float_of_bits(sign | (exponent + 127 - 15) << 23 | fraction << 13);
}

/* To nearest, ties to even; from 65520 on, and of NaN, infinity. */
static inline uint16_t lode_narrow_f16(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  const uint32_t sign = (bits >> 16) & 0x8000, magnitude = bits & 0x7FFFFFFF;
  if (magnitude >= 0x47800000) return (uint16_t)(sign | 0x7C00);
  if (magnitude < 0x38800000) { /* below 2^-14: the last bit of a sum with 1/2 is 2^-24 */
    const float sum = lode_float_of_bits(magnitude) + 0.5f;
    memcpy(&bits, &sum, sizeof bits);
    return (uint16_t)(sign | (bits - 0x3F000000));
  }
  const uint32_t rounded = magnitude + 0xFFF + ((magnitude >> 13) & 1);
  return (uint16_t)(sign | ((rounded >> 13) - (112u << 10)));
}

#endif
