/* The loops over rows, for a file's own
 *
 *   SCAN_STEP(sums, row, query)   adds to 4 sums the products of 16 bytes of each
 *
 * Four rows at a time: enough chains of additions, and the query is loaded once for all. */
#ifndef LODE_KERNELS_SCAN_I8_ROWS_NEON_H
#define LODE_KERNELS_SCAN_I8_ROWS_NEON_H

#include <arm_neon.h>
#include <string.h>

#include "kernels/prefetch.h"
#include "kernels/scan_i8/scan_i8.h"

enum { STEP = 16, ROWS = 4, AHEAD = 1536 };

#define SCAN_INLINE __attribute__((always_inline)) static inline

/* The last `left` < STEP values, zeros after them. */
static inline int8x16_t load_rest(const int8_t *at, size_t left) {
  int8_t rest[STEP] = {0};
  memcpy(rest, at, left);
  return vld1q_s8(rest);
}

/* The sums of `rows` rows; lanes of other rows are 0. */
SCAN_INLINE int32x4_t add_up(const int rows, size_t n, const int8_t *at, const int8_t *query) {
  int32x4_t sums[ROWS];
#pragma GCC unroll 4
  for (int i = 0; i < ROWS; i++) sums[i] = vdupq_n_s32(0);
  size_t j = 0;
  for (; j + STEP <= n; j += STEP) {
    if (rows == ROWS) LODE_PREFETCH((uintptr_t)at + j * ROWS + AHEAD);
    const int8x16_t q = vld1q_s8(query + j);
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
      const int8_t *row = at + (size_t)i * n + j;
      sums[i] = SCAN_STEP(sums[i], vld1q_s8(row), q);
    }
  }
  if (j < n) {
    if (rows == ROWS) LODE_PREFETCH((uintptr_t)at + j * ROWS + AHEAD);
    const int8x16_t q = load_rest(query + j, n - j);
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
      sums[i] = SCAN_STEP(sums[i], load_rest(at + (size_t)i * n + j, n - j), q);
    }
  }
  return vpaddq_s32(vpaddq_s32(sums[0], sums[1]), vpaddq_s32(sums[2], sums[3]));
}

static void run(size_t m, size_t n, const int8_t *rows, const int8_t *query, int32_t *sums) {
  size_t i = 0;
  for (; i + ROWS <= m; i += ROWS) vst1q_s32(sums + i, add_up(ROWS, n, rows + i * n, query));
  for (; i < m; i++) sums[i] = vgetq_lane_s32(add_up(1, n, rows + i * n, query), 0);
}

#endif
