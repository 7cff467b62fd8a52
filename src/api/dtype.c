/* What a model computes in, and the choice of it by measurement. */
#include <string.h>

#include "api/backend.h"
#include "api/quantizing.h"
#include "api/self_test.h"
#include "kernels/gemm_bf16/gemm_bf16.h"
#include "model/quantize.h"

/* In the order in which they are tried. A self-test below `least` is failed. */
static const struct {
  const char *name;
  lode_dtype dtype;
  double least;
} dtypes[] = {
    {"f32", LODE_DTYPE_F32, 0.999999}, {"bf16", LODE_DTYPE_BF16, 0.9999},
    {"f16", LODE_DTYPE_F16, 0.9999}, /* a GPU's; the CPU computes in f32 then */
    {"int8", LODE_DTYPE_I8, 0.98},     {"int4", LODE_DTYPE_I4, 0.9}, /* static models only */
};
enum { DTYPES = sizeof dtypes / sizeof dtypes[0] };
_Static_assert((int)DTYPES + 1 <= (int)LODE_MAX_CANDIDATES, "a candidate for each, and the GPU");

static size_t find(const char *name) {
  size_t i = 0;
  while (i < DTYPES && strcmp(dtypes[i].name, name) != 0) i++;
  return i;
}

double lode_dtype_least(const char *name) {
  return dtypes[find(name)].least;
}

static const char *name_of(lode_dtype dtype) {
  size_t i = 0;
  while (dtypes[i].dtype != dtype) i++;
  return dtypes[i].name;
}

static bool is_integer(lode_dtype dtype) {
  return dtype == LODE_DTYPE_I8 || dtype == LODE_DTYPE_I4;
}

bool lode_dtype_known(const char *name) {
  return strcmp(name, "auto") == 0 || find(name) < DTYPES;
}

/* The program as it is, for products of this dtype where they are of floats. */
static lode_status prepare_as(const lode_model *model, lode_dtype dtype, bool later,
                              lode_prepared **out, lode_error *err) {
  const lode_prepare_options options = {
      .features = model->features,
      .dtype = dtype == LODE_DTYPE_BF16 ? dtype : LODE_DTYPE_F32,
      .later = later,
  };
  return model->backend->prepare(&model->program, &options, out, err);
}

/* ---- auto */

/* Test and time what is prepared. */
static lode_status measure(const lode_model *model, size_t i, const lode_prepared *prepared,
                           lode_candidate *out, lode_error *err) {
  enum { TIMES = 3 };
  lode_self_test_result result;
  const lode_status status =
      lode_self_test_run(model, &model->self_test, prepared, TIMES, &result, err);
  if (status != LODE_OK) return status;
  *out = (lode_candidate){
      .dtype = dtypes[i].name,
      .backend = model->backend->name,
      .passed = result.least_cosine >= dtypes[i].least,
      .least_cosine = result.least_cosine,
      .seconds = result.seconds,
  };
  return LODE_OK;
}

/* Keep whichever of the two is the better; frees the other. */
static void keep_faster(lode_model *model, lode_prepared *prepared, size_t *best) {
  const size_t i = model->candidate_count - 1;
  const lode_candidate *now = &model->candidates[i];
  const bool better =
      now->passed && (!model->prepared || now->seconds < model->candidates[*best].seconds);
  if (!better) {
    model->backend->prepared_free(prepared);
    return;
  }
  model->backend->prepared_free(model->prepared);
  model->prepared = prepared;
  *best = i;
}

/* What a model whose weights are `stored` can be made to compute in. A static model is left as it
 * is: it looks rows up, which takes about as long in every dtype, and integers are for its size. */
static bool is_candidate(const lode_model *model, lode_dtype stored, lode_dtype dtype) {
  if (is_integer(stored) || lode_program_is_static(&model->program)) return dtype == stored;
  if (dtype == LODE_DTYPE_BF16 && !lode_gemm_bf16_select(model->features)) return false;
  return dtype != LODE_DTYPE_I4 && dtype != LODE_DTYPE_F16;
}

/* Tries all dtypes that can be made of the weights. Quantizing comes last, since it changes
 * the program; where another dtype wins, it is changed back. */
static lode_status choose(lode_model *model, lode_error *err) {
  const lode_dtype stored = lode_program_dtype(&model->program);
  lode_weight *floats = model->program.weights;
  lode_status status = LODE_OK;
  size_t best = 0;
  if (model->self_test.count == 0) {
    status = lode_self_test_make(model, &model->arena, &model->self_test, err);
  }
  for (size_t i = 0; i < DTYPES && status == LODE_OK; i++) {
    const lode_dtype dtype = dtypes[i].dtype;
    if (!is_candidate(model, stored, dtype)) continue;
    if (dtype != stored && is_integer(dtype)) status = lode_model_quantize(model, dtype, err);
    lode_prepared *prepared = NULL;
    if (status == LODE_OK) status = prepare_as(model, dtype, false, &prepared, err);
    if (status != LODE_OK) break;
    status = measure(model, i, prepared, &model->candidates[model->candidate_count], err);
    if (status != LODE_OK) {
      model->backend->prepared_free(prepared);
      break;
    }
    model->candidate_count++;
    keep_faster(model, prepared, &best);
  }
  if (status != LODE_OK) return status;
  if (!model->prepared) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1,
                          "the model fails its self-test in every dtype: its weights or its "
                          "tokenizer are not those it was made with");
  }
  model->candidates[best].chosen = 1;
  model->dtype = model->candidates[best].dtype;
  if (!is_integer(dtypes[find(model->dtype)].dtype)) model->program.weights = floats;
  return LODE_OK;
}

/* ---- */

/* Can weights that are `stored` become `dtype`? */
static lode_status check_dtype(const lode_model *model, lode_dtype stored, lode_dtype dtype,
                               lode_error *err) {
  const bool is_static = lode_program_is_static(&model->program);
  if (dtype == LODE_DTYPE_I4 && !is_static) {
    return lode_error_set(
        err, LODE_E_UNSUPPORTED, -1, -1,
        "dtype \"int4\" is for static models; this one is %s, for which there are "
        "f32, bf16 and int8",
        model->program.architecture);
  }
  if (is_integer(stored) && dtype != stored) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "dtype \"%s\": this model's weights are %s already", name_of(dtype),
                          name_of(stored));
  }
  if ((dtype == LODE_DTYPE_BF16 || dtype == LODE_DTYPE_F16) && is_static) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "dtype \"%s\" is for models that multiply matrices; for a static model "
                          "there are f32, int8 and int4",
                          name_of(dtype));
  }
  return LODE_OK;
}

/* What it computes in until it is moved, and then. */
static void set_dtype(lode_model *model, lode_dtype dtype) {
  model->half = dtype == LODE_DTYPE_F16;
  model->dtype = name_of(model->half ? LODE_DTYPE_F32 : dtype);
}

lode_status lode_model_prepare(lode_model *model, const char *dtype_name, lode_error *err) {
  const lode_dtype stored = lode_program_dtype(&model->program);
  if (!dtype_name) dtype_name = name_of(stored);
  if (strcmp(dtype_name, "auto") == 0) return choose(model, err);
  const size_t i = find(dtype_name);
  const lode_dtype dtype = dtypes[i].dtype;
  lode_status status = check_dtype(model, stored, dtype, err);
  if (status == LODE_OK && dtype != stored && is_integer(dtype)) {
    status = lode_model_quantize(model, dtype, err);
  }
  set_dtype(model, dtype);
  return status == LODE_OK ? prepare_as(model, dtype, false, &model->prepared, err) : status;
}

lode_status lode_model_prepare_later(lode_model *model, const char *dtype_name, bool *later,
                                     lode_error *err) {
  const lode_dtype stored = lode_program_dtype(&model->program);
  const char *name = dtype_name ? dtype_name : name_of(stored);
  *later = false;
  if (strcmp(name, "auto") == 0) return LODE_OK;
  const size_t i = find(name);
  const lode_dtype dtype = dtypes[i].dtype;
  const lode_status status = check_dtype(model, stored, dtype, err);
  if (status != LODE_OK || (dtype != stored && is_integer(dtype))) return status;
  *later = true;
  set_dtype(model, dtype);
  return prepare_as(model, dtype, true, &model->prepared, err);
}

lode_status lode_model_get_candidate(const lode_model *model, int64_t i, lode_candidate *out) {
  if (!model || !out || i < 0 || (size_t)i >= model->candidate_count) return LODE_E_ARG;
  *out = model->candidates[i];
  const char *why = lode_model_fallback_reason(model);
  if (why && out->chosen) out->reason = why;
  return LODE_OK;
}
