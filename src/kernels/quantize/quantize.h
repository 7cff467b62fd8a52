/* Rows of x [m, n] as 8-bit integers, symmetric, each row with a scale of its own, measured
 * now (dynamic quantization, per token):
 *
 *   y = x * smooth (or x),   a = max_j |y[j]|,   scale = a / 127
 *   q[j] = y[j] * (127 / a) rounded to nearest, ties to even: -127 .. 127
 *   sum  = sum_j q[j]
 *
 * so that y[j] is scale * q[j] within scale (1/2 + 2^-15). A row whose a is below
 * LODE_QUANTIZE_LEAST becomes zeros with scale 0. Every kernel gives the same bits. Where x
 * has NaN or infinities q is some number, and never a fault. */
#ifndef LODE_KERNELS_QUANTIZE_H
#define LODE_KERNELS_QUANTIZE_H

#include <stddef.h>
#include <stdint.h>

/* 127 / a must not overflow. */
#define LODE_QUANTIZE_LEAST 1e-36f
/* Rows of q are padded with zeros to whole steps of this: what a tile of AMX holds of one. */
enum { LODE_QUANTIZE_STEP = 64 };

typedef struct lode_quantize_kernel {
  const char *name;
  uint32_t features;
  /* smooth [n], or NULL. Writes q[i * ldq + j] for j < n rounded up to LODE_QUANTIZE_STEP
   * (ldq is at least that), scale [m] and sum [m]. */
  void (*rows)(size_t m, size_t n, const float *x, size_t ldx, const float *smooth, int8_t *q,
               size_t ldq, float *scale, int32_t *sum);
} lode_quantize_kernel;

static inline size_t lode_quantize_padded(size_t n) {
  return (n + LODE_QUANTIZE_STEP - 1) / LODE_QUANTIZE_STEP * LODE_QUANTIZE_STEP;
}

const lode_quantize_kernel *lode_quantize_select(uint32_t features);
const lode_quantize_kernel *lode_quantize_kernel_at(size_t i);

#endif
