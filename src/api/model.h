/* What an open model holds. Immutable after lode_model_open. */
#ifndef LODE_API_MODEL_H
#define LODE_API_MODEL_H

#include "api/options.h"
#include "backend/backend.h"
#include "format/bundle.h"
#include "format/model_dir.h"
#include "kernels/norm/norm.h"
#include "model/program.h"
#include "text/tokenizer.h"

/* Texts, and what their vectors are in f32. */
typedef struct lode_self_test {
  size_t count;
  const char **texts;
  const float *vectors; /* [count, dim], of unit length */
} lode_self_test;

enum { LODE_MAX_CANDIDATES = 6 };

/* How floats become integers, where they do. */
typedef struct lode_quantizing {
  bool unsmoothed; /* leave activations as they are: for measuring what smoothing does */
  bool compensate; /* errors of rounding make up for each other (rounding.h) */
  lode_progress_fn *progress;
  void *progress_context;
} lode_quantizing;

typedef struct lode_fallback lode_fallback;

struct lode_model {
  lode_folder folder; /* where the files are: of the directory, or in the bundle */
  lode_bundle bundle; /* file.data NULL: the model is a directory */
  lode_model_dir dir;
  lode_self_test self_test; /* count 0: there is none */
  void *streamed;           /* owned: the bundle's bytes, if they came by a lode_model_stream */
  lode_arena arena;         /* the folder's path, a self-test that is not the bundle's */
  lode_tokenizer *tokenizer;
  lode_program program;
  const lode_backend *backend;
  lode_prepared *prepared;
  const char *backend_wanted;               /* "cpu", "webgpu", "auto" */
  const struct lode_gpu_driver *gpu_driver; /* NULL: this build's; for tests */
  bool gpu_anyway;                          /* "auto" takes it though it is slower; for tests */
  lode_fallback *fallback;                  /* NULL: none, whatever fails (backend.h) */
  char gpu_reason[384];                     /* why the GPU is not used: a candidate's */
  const lode_norm_kernel *norm;
  const char *dtype;                              /* "f32": what it computes in */
  bool half;                                      /* on a GPU that is f16 */
  lode_candidate candidates[LODE_MAX_CANDIDATES]; /* of dtype "auto" and backend "auto" */
  size_t candidate_count;
  uint32_t features;
  lode_quantizing quantizing;
  size_t max_tokens; /* a sequence, special tokens included */
  size_t max_chars;  /* code points that are tokenized, but in windows; 0: all */
  size_t dim;        /* floats in a vector */
  size_t full_dim;   /* before the model's own truncate_dim: the backend's */
  size_t token_dim;
  size_t parameters;
  char pooling[256]; /* "cls+mean" */
};

/* ---- model.c: the steps of opening. Whoever begins frees, also after a failure. */

/* An empty model with the options checked. */
lode_status lode_model_begin(const lode_model_options *options, lode_model **out, lode_error *err);
/* Its files are those of this bundle; takes *file over. */
lode_status lode_model_take_bundle(lode_model *model, const char *name, lode_file *file,
                                   lode_error *err);
/* Its files become a tokenizer, a program and what is known of them; weights are not looked at,
 * but those of static models. lode_model_prepare is what is left to do. */
lode_status lode_model_describe(lode_model *model, lode_error *err);

/* ---- dtype.c */

bool lode_dtype_known(const char *name);
/* The least cosine of a self-test that is passed. */
double lode_dtype_least(const char *name);
/* Prepare an otherwise complete model for computing in `dtype`; NULL: as its weights are stored.
 * "auto": in the fastest that passes the self-test; what was tried is left in candidates. */
lode_status lode_model_prepare(lode_model *model, const char *dtype, lode_error *err);
/* The same with the weights left to backend->prepare_weights, where `dtype` allows it: *later. If
 * not, nothing is done: all weights have to be looked at for that dtype. */
lode_status lode_model_prepare_later(lode_model *model, const char *dtype, bool *later,
                                     lode_error *err);

/* ---- tokenize.c */

/* Encode a single text. Where options limit its tokens, the model's limit in characters holds as
 * well; encoding->left_out counts what either of them cost. */
lode_status lode_model_encode(const lode_model *model, lode_text text,
                              const lode_encode_options *options, lode_encoding *encoding,
                              lode_error *err);

#endif
