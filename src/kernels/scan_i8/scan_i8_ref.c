/* What the operation means, in C for any machine. */
#include "kernels/scan_i8/scan_i8.h"

static void run(size_t m, size_t n, const int8_t *rows, const int8_t *query, int32_t *sums) {
  for (size_t i = 0; i < m; i++, rows += n) {
    uint32_t sum = 0; /* wraps, where a row has -128 */
    for (size_t j = 0; j < n; j++) sum += (uint32_t)(rows[j] * query[j]);
    sums[i] = (int32_t)sum;
  }
}

const lode_scan_i8_kernel lode_scan_i8_ref = {.name = "ref", .features = 0, .run = run};
