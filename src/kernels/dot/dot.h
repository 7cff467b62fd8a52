/* dot(a, b) = sum a[i] b[i]; |error| <= n u sum|a b|, u = 2^-24, in any order of lanes.
 * b is f32, or 8-bit integers, which become f32 exactly. */
#ifndef LODE_KERNELS_DOT_H
#define LODE_KERNELS_DOT_H

#include <stddef.h>
#include <stdint.h>

typedef struct lode_dot_f32_kernel {
  const char *name;
  uint32_t features;
  float (*run)(size_t n, const float *a, const float *b);
} lode_dot_f32_kernel;

const lode_dot_f32_kernel *lode_dot_f32_select(uint32_t features);
const lode_dot_f32_kernel *lode_dot_f32_kernel_at(size_t i);

typedef struct lode_dot_f32_i8_kernel {
  const char *name;
  uint32_t features;
  float (*run)(size_t n, const float *a, const int8_t *b);
} lode_dot_f32_i8_kernel;

const lode_dot_f32_i8_kernel *lode_dot_f32_i8_select(uint32_t features);
const lode_dot_f32_i8_kernel *lode_dot_f32_i8_kernel_at(size_t i);

#endif
