#include <wasm_simd128.h>

#include "base/cpu.h"
#include "kernels/bag/columns.h"
#include "kernels/lanes.h"

#define INLINE __attribute__((always_inline)) static inline

/* Columns whose sums are kept in registers at once: an engine has about 15 to give. */
enum { VECTORS = 8, BLOCK = VECTORS * LANES };

/* Sixteen elements from x[j] on, as four vectors. */
typedef void load_fn(const void *x, size_t j, lanes_f32 y[4]);

INLINE void load_f32(const void *x, size_t j, lanes_f32 y[4]) {
  for (size_t v = 0; v < 4; v++) y[v] = lanes_load((const float *)x + j + v * LANES);
}

INLINE void load_f16(const void *x, size_t j, lanes_f32 y[4]) {
  for (size_t v = 0; v < 4; v++) y[v] = lanes_load_f16((const uint16_t *)x + j + v * LANES);
}

INLINE void load_bf16(const void *x, size_t j, lanes_f32 y[4]) {
  for (size_t v = 0; v < 4; v++) y[v] = lanes_load_bf16((const uint16_t *)x + j + v * LANES);
}

INLINE void load_i8(const void *x, size_t j, lanes_f32 y[4]) {
  lanes_load_bytes((const int8_t *)x + j, y);
}

INLINE void load_i4(const void *x, size_t j, lanes_f32 y[4]) {
  const v128_t pairs = wasm_v128_load64_zero((const uint8_t *)x + j / 2);
  const v128_t low = wasm_v128_and(pairs, wasm_i8x16_const_splat(15));
  const v128_t high = wasm_u8x16_shr(pairs, 4);
  const v128_t both =
      wasm_i8x16_shuffle(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  int8_t values[16];
  wasm_v128_store(values, wasm_i8x16_sub(both, wasm_i8x16_const_splat(8)));
  lanes_load_bytes(values, y);
}

/* `halves`: bytes of two elements. */
INLINE void block(const lode_bag_args *args, size_t first, size_t halves, load_fn *load) {
  lanes_f32 sum[VECTORS];
  for (size_t v = 0; v < VECTORS; v++) sum[v] = lanes_set(0.0f);
  for (size_t i = 0; i < args->n; i++) {
    const size_t row = lode_bag_row(args, i);
    const lanes_f32 c = lanes_set(lode_bag_factor(args, i, row));
    const void *x = (const char *)args->table + (row * args->cols + first) * halves / 2;
    for (size_t v = 0; v < VECTORS; v += 4) {
      lanes_f32 y[4];
      load(x, v * LANES, y);
      for (size_t k = 0; k < 4; k++) sum[v + k] += y[k] * c;
    }
  }
  const lanes_f32 n = lanes_set((float)args->n);
  for (size_t v = 0; v < VECTORS; v++) lanes_store(args->out + first + v * LANES, sum[v] / n);
}

static void mean(const lode_bag_args *args) {
  const size_t whole = args->n ? args->cols / BLOCK * BLOCK : 0;
  for (size_t first = 0; first < whole; first += BLOCK) {
    switch (args->dtype) {
      case LODE_DTYPE_F16:
        block(args, first, 4, load_f16);
        break;
      case LODE_DTYPE_BF16:
        block(args, first, 4, load_bf16);
        break;
      case LODE_DTYPE_I8:
        block(args, first, 2, load_i8);
        break;
      case LODE_DTYPE_I4:
        block(args, first, 1, load_i4);
        break;
      default:
        block(args, first, 8, load_f32);
        break;
    }
  }
  lode_bag_columns(args, whole, args->cols);
}

const lode_bag_kernel lode_bag_simd128 = {
    .name = "simd128", .features = LODE_CPU_SIMD128, .mean = mean};
