/* Bytes are widened to 16 bits, and i32x4.dot_i16x8_s multiplies and adds neighbours. Four rows at
 * a time: enough chains of additions, and the query is widened once for all. (The relaxed dot of
 * bytes would want one side in 7 bits.) */
#include <string.h>
#include <wasm_simd128.h>

#include "base/cpu.h"
#include "kernels/scan_i8/scan_i8.h"

enum { STEP = 16, ROWS = 4 };

#define SCAN_INLINE __attribute__((always_inline)) static inline

/* The last `left` < STEP values, zeros after them. */
static inline v128_t load_rest(const int8_t *at, size_t left) {
  int8_t rest[STEP] = {0};
  memcpy(rest, at, left);
  return wasm_v128_load(rest);
}

/* A query's 16 values, widened. */
typedef struct halves {
  v128_t low, high;
} halves;

static inline halves widened(v128_t x) {
  return (halves){wasm_i16x8_extend_low_i8x16(x), wasm_i16x8_extend_high_i8x16(x)};
}

static inline v128_t add_products(v128_t sums, v128_t row, halves query) {
  const halves x = widened(row);
  sums = wasm_i32x4_add(sums, wasm_i32x4_dot_i16x8(x.low, query.low));
  return wasm_i32x4_add(sums, wasm_i32x4_dot_i16x8(x.high, query.high));
}

/* The sums of `rows` rows. */
SCAN_INLINE void add_up(const int rows, size_t n, const int8_t *at, const int8_t *query,
                        int32_t *out) {
  v128_t sums[ROWS];
#pragma GCC unroll 4
  for (int i = 0; i < rows; i++) sums[i] = wasm_i32x4_const_splat(0);
  size_t j = 0;
  for (; j + STEP <= n; j += STEP) {
    const halves q = widened(wasm_v128_load(query + j));
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
      sums[i] = add_products(sums[i], wasm_v128_load(at + (size_t)i * n + j), q);
    }
  }
  if (j < n) {
    const halves q = widened(load_rest(query + j, n - j));
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
      sums[i] = add_products(sums[i], load_rest(at + (size_t)i * n + j, n - j), q);
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < rows; i++) {
    out[i] = wasm_i32x4_extract_lane(sums[i], 0) + wasm_i32x4_extract_lane(sums[i], 1) +
             wasm_i32x4_extract_lane(sums[i], 2) + wasm_i32x4_extract_lane(sums[i], 3);
  }
}

static void run(size_t m, size_t n, const int8_t *rows, const int8_t *query, int32_t *sums) {
  size_t i = 0;
  for (; i + ROWS <= m; i += ROWS) add_up(ROWS, n, rows + i * n, query, sums + i);
  for (; i < m; i++) add_up(1, n, rows + i * n, query, sums + i);
}

const lode_scan_i8_kernel lode_scan_i8_simd128 = {
    .name = "simd128", .features = LODE_CPU_SIMD128, .run = run};
