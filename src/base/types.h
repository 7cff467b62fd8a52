/* Words that several rooms share: element types, activations, poolings. */
#ifndef LODE_BASE_TYPES_H
#define LODE_BASE_TYPES_H

#include <stddef.h>

typedef enum lode_dtype {
  LODE_DTYPE_F32 = 0,
  LODE_DTYPE_F16,
  LODE_DTYPE_BF16,
  LODE_DTYPE_F64,
  LODE_DTYPE_I8,
  LODE_DTYPE_U8,
  LODE_DTYPE_I16,
  LODE_DTYPE_U16,
  LODE_DTYPE_I32,
  LODE_DTYPE_U32,
  LODE_DTYPE_I64,
  LODE_DTYPE_U64,
  LODE_DTYPE_BOOL,
  LODE_DTYPE_OTHER, /* known to a format, of no use here (float8 kinds) */
  LODE_DTYPE_I4,    /* two a byte, value + 8, the first in the low half; no format's own */
} lode_dtype;

typedef enum lode_act {
  LODE_ACT_NONE = 0,
  LODE_ACT_GELU_ERF,
  LODE_ACT_GELU_TANH,
  LODE_ACT_RELU,
  LODE_ACT_TANH,
  LODE_ACT_SILU,
  LODE_ACT_SIGMOID,
} lode_act;

typedef enum lode_pooling {
  LODE_POOL_CLS = 1u << 0,
  LODE_POOL_MAX = 1u << 1,
  LODE_POOL_MEAN = 1u << 2,
  LODE_POOL_MEAN_SQRT_LEN = 1u << 3,
  LODE_POOL_WEIGHTED_MEAN = 1u << 4,
  LODE_POOL_LAST = 1u << 5,
} lode_pooling;

/* Vectors that are joined, in this order; one may be there more than once. */
enum { LODE_POOLINGS_MAX = 16 };
typedef struct lode_poolings {
  size_t count;
  lode_pooling kinds[LODE_POOLINGS_MAX];
} lode_poolings;

#endif
