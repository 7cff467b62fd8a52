/* Columns [first, last) of a mean in plain C: all of it for the reference, and what is left
 * behind a vector kernel's last whole block; both `even`. The bits are the same either way. */
#ifndef LODE_KERNELS_BAG_COLUMNS_H
#define LODE_KERNELS_BAG_COLUMNS_H

#include "kernels/bag/bag.h"
#include "kernels/convert/half.h"

/* out[j] += row[j] * c */
static inline void lode_bag_add_row(const lode_bag_args *args, size_t row, float c, size_t first,
                                    size_t last) {
  const size_t at = row * args->cols;
  float *restrict out = args->out;
  const float *f32 = (const float *)args->table + at;
  const uint16_t *half = (const uint16_t *)args->table + at;
  const int8_t *i8 = (const int8_t *)args->table + at;
  const uint8_t *i4 = (const uint8_t *)args->table + at / 2;
  switch (args->dtype) {
    case LODE_DTYPE_F16:
      for (size_t j = first; j < last; j++) out[j] += lode_widen_f16(half[j]) * c;
      break;
    case LODE_DTYPE_BF16:
      for (size_t j = first; j < last; j++) out[j] += lode_widen_bf16(half[j]) * c;
      break;
    case LODE_DTYPE_I8:
      for (size_t j = first; j < last; j++) out[j] += (float)i8[j] * c;
      break;
    case LODE_DTYPE_I4:
      for (size_t j = first / 2; j < last / 2; j++) {
        out[2 * j] += (float)((i4[j] & 15) - 8) * c;
        out[2 * j + 1] += (float)((i4[j] >> 4) - 8) * c;
      }
      break;
    default:
      for (size_t j = first; j < last; j++) out[j] += f32[j] * c;
      break;
  }
}

static inline void lode_bag_columns(const lode_bag_args *args, size_t first, size_t last) {
  for (size_t j = first; j < last; j++) args->out[j] = 0.0f;
  if (first >= last || args->n == 0) return;
  for (size_t i = 0; i < args->n; i++) {
    const size_t row = lode_bag_row(args, i);
    lode_bag_add_row(args, row, lode_bag_factor(args, i, row), first, last);
  }
  for (size_t j = first; j < last; j++) args->out[j] /= (float)args->n;
}

#endif
