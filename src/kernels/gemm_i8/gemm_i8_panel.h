/* The packed layout of B that all gemm_i8 kernels share, each with its own width of panel and
 * the multiple of k, `deep`, that it rounds k up to (GROUP, or more):
 *
 *   packed[panel][k / GROUP][column of the panel][k % GROUP] = B + OFFSET, a byte, 1 .. 127
 *
 * The GROUP = 4 values of one column are what a dot instruction adds into one 32-bit lane; 16
 * steps of k / GROUP by 16 columns are a tile of AMX. Columns past n and k past its end are
 * B = 0. */
#ifndef LODE_KERNELS_GEMM_I8_PANEL_H
#define LODE_KERNELS_GEMM_I8_PANEL_H

#include <stddef.h>
#include <stdint.h>

enum { GEMM_I8_GROUP = 4, GEMM_I8_OFFSET = 64 };

static inline size_t gemm_i8_round_up(size_t x, size_t step) {
  return (x + step - 1) / step * step;
}

static inline size_t gemm_i8_packed_size(size_t panel, size_t deep, size_t n, size_t k) {
  return gemm_i8_round_up(n, panel) * gemm_i8_round_up(k, deep);
}

static inline void gemm_i8_pack_panels(size_t panel, size_t deep, size_t n, size_t k,
                                       const void *const *rows, size_t first, size_t last,
                                       void *packed) {
  const size_t depth = gemm_i8_round_up(k, deep);
  for (size_t at = first; at < last; at++) {
    uint8_t *out = (uint8_t *)packed + at * panel * depth;
    for (size_t j = 0; j < panel; j++) {
      const size_t column = at * panel + j;
      const int8_t *row = column < n ? rows[column] : NULL;
      for (size_t p = 0; p < depth; p++) {
        const int value = row != NULL && p < k ? row[p] : 0;
        out[(p / GEMM_I8_GROUP * panel + j) * GEMM_I8_GROUP + p % GEMM_I8_GROUP] =
            (uint8_t)(value + GEMM_I8_OFFSET);
      }
    }
  }
}

#endif
