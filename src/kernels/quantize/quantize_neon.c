#include <arm_neon.h>
#include <string.h>

#include "base/cpu.h"
#include "kernels/quantize/quantize.h"

enum { LANES = 4, STEP = 2 * LANES };

/* Elements j .. j + 3 of n, zeros past the last. */
static inline float32x4_t load(size_t n, size_t j, const float *x) {
  if (j + LANES <= n) return vld1q_f32(x + j);
  float rest[LANES] = {0};
  if (j < n) memcpy(rest, x + j, (n - j) * sizeof *x);
  return vld1q_f32(rest);
}

static inline float32x4_t smoothed(size_t n, size_t j, const float *x, const float *smooth) {
  const float32x4_t v = load(n, j, x);
  return smooth != NULL ? vmulq_f32(v, load(n, j, smooth)) : v;
}

static inline float largest(size_t n, const float *x, const float *smooth) {
  float32x4_t most = vdupq_n_f32(0.0f);
  for (size_t j = 0; j < n; j += LANES) { /* maxnm: the number, where the other is NaN */
    most = vmaxnmq_f32(most, vabsq_f32(smoothed(n, j, x, smooth)));
  }
  return vmaxvq_f32(most);
}

/* x rounded to an integer of -127 .. 127; NaN becomes 0. */
static inline int32x4_t rounded(float32x4_t x) {
  const int32x4_t v = vcvtnq_s32_f32(x);
  return vminq_s32(vmaxq_s32(v, vdupq_n_s32(-127)), vdupq_n_s32(127));
}

static void rows(size_t m, size_t n, const float *x, size_t ldx, const float *smooth, int8_t *q,
                 size_t ldq, float *scale, int32_t *sum) {
  const size_t padded = lode_quantize_padded(n);
  for (size_t i = 0; i < m; i++, x += ldx, q += ldq) {
    const float most = largest(n, x, smooth);
    const float inverse = most < LODE_QUANTIZE_LEAST ? 0.0f : 127.0f / most;
    scale[i] = most < LODE_QUANTIZE_LEAST ? 0.0f : most / 127.0f;
    int32x4_t total = vdupq_n_s32(0);
    for (size_t j = 0; j < padded; j += STEP) {
      const int32x4_t low = rounded(vmulq_n_f32(smoothed(n, j, x, smooth), inverse));
      const int32x4_t high = rounded(vmulq_n_f32(smoothed(n, j + LANES, x, smooth), inverse));
      total = vaddq_s32(total, vaddq_s32(low, high));
      vst1_s8(q + j, vmovn_s16(vcombine_s16(vmovn_s32(low), vmovn_s32(high))));
    }
    sum[i] = vaddvq_s32(total);
  }
}

const lode_quantize_kernel lode_quantize_neon = {
    .name = "neon", .features = LODE_CPU_NEON, .rows = rows};
