#include <wasm_simd128.h>

#include "base/cpu.h"
#include "kernels/lanes.h"

enum { BAG_VECTORS = 8, BAG_SMALL_VECTORS = BAG_VECTORS };

__attribute__((always_inline)) static inline void load_i4(const void *x, size_t j, lanes_f32 y[4]) {
  const v128_t pairs = wasm_v128_load64_zero((const uint8_t *)x + j / 2);
  const v128_t low = wasm_v128_and(pairs, wasm_i8x16_const_splat(15));
  const v128_t high = wasm_u8x16_shr(pairs, 4);
  const v128_t both =
      wasm_i8x16_shuffle(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  int8_t values[16];
  wasm_v128_store(values, wasm_i8x16_sub(both, wasm_i8x16_const_splat(8)));
  lanes_load_bytes(values, y);
}

#include "kernels/bag/bag_lanes.h"

const lode_bag_kernel lode_bag_simd128 = {
    .name = "simd128", .features = LODE_CPU_SIMD128, .mean = mean};
