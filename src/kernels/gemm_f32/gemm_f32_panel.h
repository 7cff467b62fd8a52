/* The packed layout of B that all gemm_f32 kernels share, each with its own panel width:
 *   packed[(j / panel) * k * panel + p * panel + j % panel] = B[j, p]
 * so that a tile walks one panel from end to end, `panel` columns per step of k. Columns past
 * n are zeros: tiles load whole vectors of B and mask only what they store. */
#ifndef LODE_KERNELS_GEMM_F32_PANEL_H
#define LODE_KERNELS_GEMM_F32_PANEL_H

#include <stddef.h>

static inline size_t gemm_f32_panels(size_t n, size_t panel) {
  return n / panel + (n % panel != 0);
}

/* In blocks of k that keep both sides in L1: reading a row of B runs along a cache line,
 * writing it goes down a column of the panel. */
static inline void gemm_f32_pack_panels(size_t panel, size_t n, size_t k, const void *const *rows,
                                        size_t first, size_t last, void *packed) {
  enum { BLOCK = 16 };
  for (size_t at = first; at < last; at++) {
    float *out = (float *)packed + at * panel * k;
    for (size_t p0 = 0; p0 < k; p0 += BLOCK) {
      const size_t p1 = k - p0 < BLOCK ? k : p0 + BLOCK;
      for (size_t j = 0; j < panel; j++) {
        const size_t column = at * panel + j;
        for (size_t p = p0; p < p1; p++) {
          out[p * panel + j] = column < n ? ((const float *)rows[column])[p] : 0.0f;
        }
      }
    }
  }
}

#endif
