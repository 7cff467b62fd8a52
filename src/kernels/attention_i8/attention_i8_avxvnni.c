/* vpdpwssd on 256-bit registers: two products of 16-bit integers added to each of 8 sums. With
 * LODE_STAND_IN the same instruction in the encoding of AVX-512, for tests on machines that have
 * only that. */
#include <immintrin.h>

#include "base/cpu.h"

#if defined(LODE_STAND_IN)
#define LODE_LANES_AVX2 /* of lanes.h, though AVX-512 is there */
#define FEATURES (LODE_CPU_AVX512 | LODE_CPU_AVX512VNNI)
static inline __m256i add_products(__m256i sum, __m256i a, __m256i b) {
  return _mm256_dpwssd_epi32(sum, a, b);
}
#else
#define FEATURES (LODE_CPU_AVX2 | LODE_CPU_AVXVNNI)
static inline __m256i add_products(__m256i sum, __m256i a, __m256i b) {
  return _mm256_dpwssd_avx_epi32(sum, a, b);
}
#endif

#include "kernels/attention_i8/tile_avx2.h"

const lode_attention_kernel lode_attention_i8_avxvnni = {
    .name = "avxvnni",
    .features = FEATURES,
    .scratch_size = scratch_size,
    .run = run,
};
