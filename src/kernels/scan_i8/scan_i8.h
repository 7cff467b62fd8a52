/* Dot products of one vector of 8-bit integers with many, exact:
 *
 *   sums[i] = sum_j rows[i, j] query[j]
 *
 * rows [m, n] lie one behind the other; all values are -127 .. 127, n is at most
 * LODE_SCAN_I8_MAX_N. No alignment is needed. Every kernel gives the same integers. A row with
 * -128 gets some number, and never a fault.
 *
 * Rows are read once, as a stream; kernels prefetch beyond the last. */
#ifndef LODE_KERNELS_SCAN_I8_SCAN_I8_H
#define LODE_KERNELS_SCAN_I8_SCAN_I8_H

#include <stddef.h>
#include <stdint.h>

enum { LODE_SCAN_I8_MAX_N = 1 << 17 }; /* 127 x 127 x 2^17 < 2^31 */

typedef struct lode_scan_i8_kernel {
  const char *name;
  uint32_t features;
  void (*run)(size_t m, size_t n, const int8_t *rows, const int8_t *query, int32_t *sums);
} lode_scan_i8_kernel;

const lode_scan_i8_kernel *lode_scan_i8_select(uint32_t features);
const lode_scan_i8_kernel *lode_scan_i8_kernel_at(size_t i);

#endif
