/* vpmaddubsw: 32 products of u8 (B + 64) and s8 (A), neighbours added up in 16 bits, which at
 * most 2 x 127 x 127 cannot saturate; vpmaddwd adds neighbours again, in 32 bits. */
#include <immintrin.h>

#include "base/cpu.h"

static inline __m256i tile_dot(__m256i sums, __m256i b, __m256i a) {
  const __m256i pairs = _mm256_maddubs_epi16(b, a);
  return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

#include "kernels/gemm_i8/tile_i8_avx2.h"

const lode_gemm_kernel lode_gemm_i8_avx2_6x16 = {
    .name = "avx2_6x16",
    .features = LODE_CPU_AVX2,
    .layout = &layout,
    .run = run,
};
