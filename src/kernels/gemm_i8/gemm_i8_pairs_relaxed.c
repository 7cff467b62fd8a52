/* i16x8.relaxed_dot_i8x16_i7x16_s: pairs of products of s8 (A) and u7 (B + 64) as 16-bit integers,
 * exact for the reasons that gemm_i8_relaxed.c has; then neighbours are added. On x86-64 without
 * AVX-VNNI these are two instructions and an addition, where an engine makes five of the dot
 * product of four bytes, and two of these only produce a constant. */
#include "base/cpu.h"
#include "kernels/gemm/tile_simd128.h"

TILE_INLINE v128_t tile_dot(v128_t a, v128_t b, v128_t sum) {
  return wasm_i32x4_add(sum,
                        wasm_i32x4_extadd_pairwise_i16x8(wasm_i16x8_relaxed_dot_i8x16_i7x16(a, b)));
}

#include "kernels/gemm_i8/tile_i8_relaxed.h"

const lode_gemm_kernel lode_gemm_i8_pairs_3x12 = {
    .name = "pairs_3x12",
    .features = LODE_CPU_SIMD128, /* and a relaxed module */
    .layout = &layout,
    .run = run,
};
