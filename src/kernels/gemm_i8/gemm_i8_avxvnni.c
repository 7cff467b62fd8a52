/* vpdpbusd on 256-bit registers: 32 products of u8 (B + 64) and s8 (A) into 8 sums. With
 * LODE_STAND_IN the same instruction in the encoding of AVX-512, for tests on machines that
 * have only that. */
#include <immintrin.h>

#include "base/cpu.h"

#if defined(LODE_STAND_IN)
#define LODE_LANES_AVX2 /* of lanes.h, though AVX-512 is there */
#define FEATURES (LODE_CPU_AVX512 | LODE_CPU_AVX512VNNI)
static inline __m256i tile_dot(__m256i sums, __m256i b, __m256i a) {
  return _mm256_dpbusd_epi32(sums, b, a);
}
#else
#define FEATURES (LODE_CPU_AVX2 | LODE_CPU_AVXVNNI)
static inline __m256i tile_dot(__m256i sums, __m256i b, __m256i a) {
  return _mm256_dpbusd_avx_epi32(sums, b, a);
}
#endif

#include "kernels/gemm_i8/tile_i8_avx2.h"

const lode_gemm_kernel lode_gemm_i8_avxvnni_6x16 = {
    .name = "avxvnni_6x16",
    .features = FEATURES,
    .layout = &layout,
    .run = run,
};
