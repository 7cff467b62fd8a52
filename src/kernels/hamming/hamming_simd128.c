/* Bytes are counted 16 at a time, and the counts widened as they are added up. */
#include <wasm_simd128.h>

#include "base/cpu.h"
#include "kernels/hamming/hamming.h"

enum { STEP = 16 };

static inline v128_t counts_of(v128_t code, v128_t query) {
  const v128_t bits = wasm_i8x16_popcnt(wasm_v128_xor(code, query));
  return wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(bits));
}

static inline uint32_t count(size_t size, const uint8_t *code, const uint8_t *query) {
  v128_t counts = wasm_i32x4_const_splat(0);
  size_t j = 0;
  for (; j + STEP <= size; j += STEP) {
    counts = wasm_i32x4_add(counts, counts_of(wasm_v128_load(code + j), wasm_v128_load(query + j)));
  }
  if (j < size) { /* sizes are multiples of 8 */
    const v128_t rest =
        counts_of(wasm_v128_load64_zero(code + j), wasm_v128_load64_zero(query + j));
    counts = wasm_i32x4_add(counts, rest);
  }
  return wasm_u32x4_extract_lane(counts, 0) + wasm_u32x4_extract_lane(counts, 1) +
         wasm_u32x4_extract_lane(counts, 2) + wasm_u32x4_extract_lane(counts, 3);
}

static void run(size_t m, size_t size, const uint8_t *codes, const uint8_t *query,
                uint32_t *distances) {
  for (size_t i = 0; i < m; i++, codes += size) distances[i] = count(size, codes, query);
}

const lode_hamming_kernel lode_hamming_simd128 = {
    .name = "simd128", .features = LODE_CPU_SIMD128, .run = run};
