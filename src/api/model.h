/* What an open model holds. Immutable after lode_model_open. */
#ifndef LODE_API_MODEL_H
#define LODE_API_MODEL_H

#include "backend/backend.h"
#include "format/model_dir.h"
#include "kernels/norm/norm.h"
#include "model/program.h"
#include "text/tokenizer.h"

struct lode_model {
  lode_model_dir dir;
  lode_tokenizer *tokenizer;
  lode_program program;
  const lode_backend *backend;
  lode_prepared *prepared;
  const lode_norm_kernel *norm;
  const char *dtype; /* "f32": what it computes in */
  uint32_t features;
  size_t max_tokens; /* a sequence, special tokens included */
  size_t dim;        /* floats in a vector */
  size_t full_dim;   /* before the model's own truncate_dim: the backend's */
  size_t token_dim;
  size_t parameters;
  char pooling[96]; /* "cls+mean" */
};

/* The struct_size of an options struct that a caller passed; 0 (not set by its _INIT macro)
 * or larger than ours with unknown fields is LODE_E_ARG. */
lode_status lode_check_struct(const char *name, size_t given, size_t ours, lode_error *err);

#endif
