/* The packed layout of B that all gemm_bf16 kernels share, each with its own width of panel and
 * the multiple of k, `deep`, that it rounds k up to (GROUP, or more):
 *
 *   packed[panel][k / GROUP][column of the panel][k % GROUP] = B
 *
 * The GROUP = 2 values of one column are what a dot instruction adds into one 32-bit lane; 16
 * steps of k / GROUP by 16 columns are a tile of AMX. What lies past n and k is 0. */
#ifndef LODE_KERNELS_GEMM_BF16_PANEL_H
#define LODE_KERNELS_GEMM_BF16_PANEL_H

#include <stddef.h>
#include <stdint.h>

enum { GEMM_BF16_GROUP = 2 };

static inline size_t gemm_bf16_round_up(size_t x, size_t step) {
  return (x + step - 1) / step * step;
}

static inline size_t gemm_bf16_packed_size(size_t panel, size_t deep, size_t n, size_t k) {
  return gemm_bf16_round_up(n, panel) * gemm_bf16_round_up(k, deep) * sizeof(uint16_t);
}

static inline void gemm_bf16_pack_panels(size_t panel, size_t deep, size_t n, size_t k,
                                         const void *const *rows, size_t first, size_t last,
                                         void *packed) {
  const size_t depth = gemm_bf16_round_up(k, deep);
  for (size_t at = first; at < last; at++) {
    uint16_t *out = (uint16_t *)packed + at * panel * depth;
    for (size_t j = 0; j < panel; j++) {
      const size_t column = at * panel + j;
      const uint16_t *row = column < n ? rows[column] : NULL;
      for (size_t p = 0; p < depth; p++) {
        out[(p / GEMM_BF16_GROUP * panel + j) * GEMM_BF16_GROUP + p % GEMM_BF16_GROUP] =
            row != NULL && p < k ? row[p] : 0;
      }
    }
  }
}

#endif
