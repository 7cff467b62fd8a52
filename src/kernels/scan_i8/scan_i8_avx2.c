/* vpmaddubsw multiplies unsigned by signed and adds two products in 16 bits: the query's
 * magnitudes, and rows with the query's signs. 2 x 127 x 127 < 2^15. */
#include <immintrin.h>

#include "base/cpu.h"

#define SCAN_OFFSET 0
#define SCAN_STEP(sums, row, query)                                                            \
  _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_abs_epi8(query),        \
                                                                _mm256_sign_epi8(row, query)), \
                                           _mm256_set1_epi16(1)))

#include "kernels/scan_i8/rows_avx2.h"

const lode_scan_i8_kernel lode_scan_i8_avx2 = {
    .name = "avx2", .features = LODE_CPU_AVX2, .run = run};
