/* Widening to f32, exact: IEEE binary16 and bfloat16, subnormals, infinities and NaN kept;
 * s8 times a scale, rounded once.
 * f32_to_bf16: to nearest, ties to even; overflow is infinity, NaN stays NaN (made quiet).
 * all_finite: is every value of x finite? Reads n floats once, at memory speed. */
#ifndef LODE_KERNELS_CONVERT_H
#define LODE_KERNELS_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lode_convert_kernel {
  const char *name;
  uint32_t features;
  void (*f16_to_f32)(size_t n, const uint16_t *x, float *y);
  void (*bf16_to_f32)(size_t n, const uint16_t *x, float *y);
  void (*i8_to_f32)(size_t n, const int8_t *x, float scale, float *y);
  void (*f32_to_bf16)(size_t n, const float *x, uint16_t *y);
  bool (*all_finite)(size_t n, const float *x);
} lode_convert_kernel;

const lode_convert_kernel *lode_convert_select(uint32_t features);
const lode_convert_kernel *lode_convert_kernel_at(size_t i);

#endif
