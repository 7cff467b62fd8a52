#include <string.h>

#include "kernels/convert/convert.h"
#include "kernels/convert/half.h"

static void f16_to_f32(size_t n, const uint16_t *x, float *y) {
  for (size_t i = 0; i < n; i++) y[i] = lode_widen_f16(x[i]);
}

static void bf16_to_f32(size_t n, const uint16_t *x, float *y) {
  for (size_t i = 0; i < n; i++) y[i] = lode_widen_bf16(x[i]);
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
