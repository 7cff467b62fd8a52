/* The function of a lode_quantize_kernel, for the instruction set of the file that includes
 * this. */
#ifndef LODE_KERNELS_QUANTIZE_QUANTIZE_LANES_H
#define LODE_KERNELS_QUANTIZE_QUANTIZE_LANES_H

#include "kernels/lanes.h"
#include "kernels/quantize/quantize.h"

static inline lanes_f32 smoothed(size_t j, const float *x, const float *smooth) {
  const lanes_f32 v = lanes_load(x + j);
  if (smooth == NULL) return v;
  return v * lanes_load(smooth + j);
}

/* The same where n ends within the vector, or before it; zeros follow. */
static inline lanes_f32 smoothed_end(size_t n, size_t j, const float *x, const float *smooth) {
  if (j >= n) return lanes_set(0.0f);
  const lanes_f32 v = lanes_load_some(x + j, n - j);
  if (smooth == NULL) return v;
  return v * lanes_load_some(smooth + j, n - j);
}

/* Two chains of maxima, so that one need not wait for itself. NaN does not count. */
static inline float largest(size_t n, const float *x, const float *smooth) {
  lanes_f32 most[2] = {lanes_set(0.0f), lanes_set(0.0f)};
  size_t j = 0;
  for (; j + 2 * LANES <= n; j += 2 * LANES) {
    most[0] = lanes_larger(lanes_magnitude(smoothed(j, x, smooth)), most[0]);
    most[1] = lanes_larger(lanes_magnitude(smoothed(j + LANES, x, smooth)), most[1]);
  }
  for (; j < n; j += LANES) {
    most[0] = lanes_larger(lanes_magnitude(smoothed_end(n, j, x, smooth)), most[0]);
  }
  return lanes_largest(lanes_larger(most[0], most[1]));
}

/* Integers of -127 .. 127; NaN becomes -127. */
static inline lanes_i32 rounded(lanes_f32 x) {
  return lanes_round(lanes_smaller(lanes_larger(x, lanes_set(-127.0f)), lanes_set(127.0f)));
}

static void rows(size_t m, size_t n, const float *x, size_t ldx, const float *smooth, int8_t *q,
                 size_t ldq, float *scale, int32_t *sum) {
  enum { STEP = 2 * LANES };
  const size_t padded = lode_quantize_padded(n);
  for (size_t i = 0; i < m; i++, x += ldx, q += ldq) {
    const float most = largest(n, x, smooth);
    const float inverse = most < LODE_QUANTIZE_LEAST ? 0.0f : 127.0f / most;
    scale[i] = most < LODE_QUANTIZE_LEAST ? 0.0f : most / 127.0f;
    lanes_i32 total = {0};
    size_t j = 0;
    for (; j + STEP <= n; j += STEP) {
      const lanes_i32 a = rounded(smoothed(j, x, smooth) * inverse);
      const lanes_i32 b = rounded(smoothed(j + LANES, x, smooth) * inverse);
      lanes_put_bytes(q + j, a, b);
      total += a + b;
    }
    for (; j < padded; j += STEP) {
      const lanes_i32 a = rounded(smoothed_end(n, j, x, smooth) * inverse);
      const lanes_i32 b = rounded(smoothed_end(n, j + LANES, x, smooth) * inverse);
      lanes_put_bytes(q + j, a, b);
      total += a + b;
    }
    sum[i] = lanes_sum(total);
  }
}

#endif
