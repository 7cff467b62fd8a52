/* How norm and dot add up: element i belongs to lane i mod 64, a lane adds its elements in
 * order, starting from 0, and the lanes are halved, lane l + h to lane l for h = 32, 16 .. 1.
 * 64 lanes are enough independent chains to hide the latency of an addition on every machine,
 * and because their number is fixed, the sum is the same to the last bit on all of them.
 * Error: |sum - exact| <= lode_sum64_depth(n) u sum|terms|, u = 2^-24. */
#ifndef LODE_KERNELS_DOT_SUM64_H
#define LODE_KERNELS_DOT_SUM64_H

#include <stddef.h>

enum { LODE_SUM64_LANES = 64 };

/* Roundings that one term may meet: those of its lane, of the halvings, and its own. */
static inline size_t lode_sum64_depth(size_t n) {
  return (n + LODE_SUM64_LANES - 1) / LODE_SUM64_LANES + 6 + 1;
}

#endif
