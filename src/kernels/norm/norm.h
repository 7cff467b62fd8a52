/* Per row of x [m, n]:
 *   layernorm  y = (x - mean) / sqrt(var + eps) * gamma + beta, biased variance (Ba et al. 2016)
 *   l2         y = x / max(||x||, 1e-12), as torch.nn.functional.normalize
 * Two passes (mean first, then squared deviations): no cancellation. In place is fine. */
#ifndef LODE_KERNELS_NORM_H
#define LODE_KERNELS_NORM_H

#include <stddef.h>
#include <stdint.h>

#define LODE_NORM_L2_LEAST 1e-12

typedef struct lode_norm_kernel {
  const char *name;
  uint32_t features;
  /* gamma, beta [n]; beta may be NULL */
  void (*layernorm)(size_t m, size_t n, const float *x, size_t ldx, const float *gamma,
                    const float *beta, float eps, float *y, size_t ldy);
  void (*l2)(size_t m, size_t n, const float *x, size_t ldx, float *y, size_t ldy);
} lode_norm_kernel;

const lode_norm_kernel *lode_norm_select(uint32_t features);
const lode_norm_kernel *lode_norm_kernel_at(size_t i);

#endif
