/* The rest of a kernel, on the vectors of lanes.h. The file that includes this has defined before
 *
 *   BAG_VECTORS        vectors of columns whose sums are in registers at once, a multiple of 4,
 *   BAG_SMALL_VECTORS  and how many of what is left; the same number: none
 *   load_i4(x, j, y)   elements from x[j] on as four vectors; or, with BAG_HAS_BLOCK_I4,
 *   block_i4(args, first, vectors)   where there is a better way to add these
 */
#ifndef LODE_KERNELS_BAG_BAG_LANES_H
#define LODE_KERNELS_BAG_BAG_LANES_H

#include "kernels/bag/columns.h"
#include "kernels/lanes.h"

/* So that sums stay in registers: gcc has to be told, clang not, and a module would only grow. */
#if defined(__wasm__)
#define BAG_LOOP
#else
#define BAG_LOOP _Pragma("GCC unroll 16")
#endif

#define BAG_INLINE __attribute__((always_inline)) static inline

enum { BAG_BLOCK = BAG_VECTORS * LANES, BAG_SMALL_BLOCK = BAG_SMALL_VECTORS * LANES };

/* Elements from x[j] on, as four vectors. */
typedef void bag_load_fn(const void *x, size_t j, lanes_f32 y[4]);

BAG_INLINE void load_f32(const void *x, size_t j, lanes_f32 y[4]) {
  const float *from = (const float *)x + j;
  BAG_LOOP for (size_t v = 0; v < 4; v++) y[v] = lanes_load(from + v * LANES);
}

BAG_INLINE void load_f16(const void *x, size_t j, lanes_f32 y[4]) {
  const uint16_t *from = (const uint16_t *)x + j;
  BAG_LOOP for (size_t v = 0; v < 4; v++) y[v] = lanes_load_f16(from + v * LANES);
}

BAG_INLINE void load_bf16(const void *x, size_t j, lanes_f32 y[4]) {
  const uint16_t *from = (const uint16_t *)x + j;
  BAG_LOOP for (size_t v = 0; v < 4; v++) y[v] = lanes_load_bf16(from + v * LANES);
}

BAG_INLINE void load_i8(const void *x, size_t j, lanes_f32 y[4]) {
  lanes_load_bytes((const int8_t *)x + j, y);
}

/* `halves`: bytes of two elements. */
BAG_INLINE void block(const lode_bag_args *args, size_t first, size_t vectors, size_t halves,
                      bag_load_fn *load) {
  lanes_f32 sum[BAG_VECTORS];
  BAG_LOOP for (size_t v = 0; v < vectors; v++) sum[v] = lanes_set(0.0f);
  for (size_t i = 0; i < args->n; i++) {
    const size_t row = lode_bag_row(args, i);
    const lanes_f32 c = lanes_set(lode_bag_factor(args, i, row));
    const void *x = (const char *)args->table + (row * args->cols + first) * halves / 2;
    BAG_LOOP for (size_t v = 0; v < vectors; v += 4) {
      lanes_f32 y[4];
      load(x, v * LANES, y);
      BAG_LOOP for (size_t k = 0; k < 4; k++) sum[v + k] += y[k] * c;
    }
  }
  const lanes_f32 n = lanes_set((float)args->n);
  float *out = args->out + first;
  BAG_LOOP for (size_t v = 0; v < vectors; v++) lanes_store(out + v * LANES, sum[v] / n);
}

#ifndef BAG_HAS_BLOCK_I4
BAG_INLINE void block_i4(const lode_bag_args *args, size_t first, size_t vectors) {
  block(args, first, vectors, 1, load_i4);
}
#endif

BAG_INLINE void columns(const lode_bag_args *args, size_t first, size_t vectors) {
  switch (args->dtype) {
    case LODE_DTYPE_F16:
      block(args, first, vectors, 2 * sizeof(uint16_t), load_f16);
      break;
    case LODE_DTYPE_BF16:
      block(args, first, vectors, 2 * sizeof(uint16_t), load_bf16);
      break;
    case LODE_DTYPE_I8:
      block(args, first, vectors, 2 * sizeof(int8_t), load_i8);
      break;
    case LODE_DTYPE_I4:
      block_i4(args, first, vectors);
      break;
    default:
      block(args, first, vectors, 2 * sizeof(float), load_f32);
      break;
  }
}

static void mean(const lode_bag_args *args) {
  const size_t cols = args->n ? args->cols : 0;
  size_t first = 0;
  for (; first + BAG_BLOCK <= cols; first += BAG_BLOCK) columns(args, first, BAG_VECTORS);
  if (BAG_SMALL_BLOCK < BAG_BLOCK) {
    for (; first + BAG_SMALL_BLOCK <= cols; first += BAG_SMALL_BLOCK) {
      columns(args, first, BAG_SMALL_VECTORS);
    }
  }
  lode_bag_columns(args, first, args->cols);
}

#endif
