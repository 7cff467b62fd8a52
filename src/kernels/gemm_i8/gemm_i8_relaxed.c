/* relaxed_dot_i8x16_i7x16_add: 16 products of s8 (A) and u7 (B + 64) into 4 sums. It is exact on
 * every processor, since the second operand has no top bit, and 2 x 127 x 127 < 2^15. */
#include "base/cpu.h"
#include "kernels/gemm/tile_simd128.h"

TILE_INLINE v128_t tile_dot(v128_t a, v128_t b, v128_t sum) {
  return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(a, b, sum);
}

#include "kernels/gemm_i8/tile_i8_relaxed.h"

const lode_gemm_kernel lode_gemm_i8_relaxed_3x12 = {
    .name = "relaxed_3x12",
    .features = LODE_CPU_SIMD128 | LODE_CPU_RELAXED,
    .layout = &layout,
    .run = run,
};
