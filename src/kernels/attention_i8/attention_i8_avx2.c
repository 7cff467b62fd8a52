/* Both products are of 16-bit integers: vpmaddwd multiplies and adds two a lane, of components for
 * scores, of tokens for values. (Of bytes, vpmaddubsw would want one side unsigned, and saturate:
 * the instructions that it takes to mend that are as many.) */
#include <immintrin.h>

static inline __m256i add_products(__m256i sum, __m256i a, __m256i b) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}

#include "kernels/attention_i8/tile_avx2.h"

const lode_attention_kernel lode_attention_i8_avx2 = {
    .name = "avx2",
    .features = LODE_CPU_AVX2,
    .scratch_size = scratch_size,
    .run = run,
};
