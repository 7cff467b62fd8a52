#include <arm_neon.h>

#include "base/cpu.h"

#define SCAN_STEP(sums, row, query) vdotq_s32(sums, row, query)

#include "kernels/scan_i8/rows_neon.h"

const lode_scan_i8_kernel lode_scan_i8_neondot = {
    .name = "neondot", .features = LODE_CPU_NEON | LODE_CPU_DOTPROD, .run = run};
