/* Two products in 16 bits: 2 x 127 x 127 < 2^15. */
#include <arm_neon.h>

#include "base/cpu.h"

#define SCAN_STEP(sums, row, query) \
  vpadalq_s16(sums, vmlal_high_s8(vmull_s8(vget_low_s8(row), vget_low_s8(query)), row, query))

#include "kernels/scan_i8/rows_neon.h"

const lode_scan_i8_kernel lode_scan_i8_neon = {
    .name = "neon", .features = LODE_CPU_NEON, .run = run};
