/* vpdpbusd multiplies unsigned by signed: rows with 128 added, which flips their top bit. */
#include <immintrin.h>

#include "base/cpu.h"

#ifdef LODE_STAND_IN /* the same instruction in AVX-512's encoding, to test with (tests/) */
#define DOT _mm256_dpbusd_epi32
#else
#define DOT _mm256_dpbusd_avx_epi32
#endif

#define SCAN_OFFSET 128
#define SCAN_STEP(sums, row, query) \
  DOT(sums, _mm256_xor_si256(row, _mm256_set1_epi8((char)0x80)), query)

#include "kernels/scan_i8/rows_avx2.h"

const lode_scan_i8_kernel lode_scan_i8_avxvnni = {
    .name = "avxvnni", .features = LODE_CPU_AVX2 | LODE_CPU_AVXVNNI, .run = run};
