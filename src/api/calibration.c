#include "api/calibration.h"

#include <stdlib.h>
#include <string.h>

#include "model/quantize.h"

/* The built-in texts as one job. */
typedef struct batch {
  lode_buffer ids, types; /* int32 */
  size_t *start;          /* [texts + 1] */
} batch;

static lode_status add_text(const lode_model *model, const char *text, size_t sequence, batch *b,
                            lode_encoding *encoding, lode_error *err) {
  const lode_text bytes = {text, strlen(text)};
  const lode_encode_options options = {.max_tokens = model->max_tokens};
  const lode_status status =
      lode_tokenizer_encode(model->tokenizer, bytes, NULL, &options, encoding, err);
  if (status != LODE_OK) return status;
  const size_t at = b->start[sequence];
  const size_t end = at + encoding->count;
  if (!lode_buffer_reserve(&b->ids, end, sizeof(int32_t), at * sizeof(int32_t)) ||
      !lode_buffer_reserve(&b->types, end, sizeof(int32_t), at * sizeof(int32_t))) {
    return lode_error_nomem(err);
  }
  memcpy((int32_t *)b->ids.data + at, encoding->ids, encoding->count * sizeof(int32_t));
  memcpy((int32_t *)b->types.data + at, encoding->type_ids, encoding->count * sizeof(int32_t));
  b->start[sequence + 1] = end;
  return LODE_OK;
}

static lode_status read_texts(const lode_model *model, batch *b, lode_error *err) {
  b->start = calloc(lode_calibration_text_count + 1, sizeof *b->start);
  if (!b->start) return lode_error_nomem(err);
  lode_encoding encoding = {0};
  lode_status status = LODE_OK;
  for (size_t i = 0; i < lode_calibration_text_count && status == LODE_OK; i++) {
    status = add_text(model, lode_calibration_texts[i], i, b, &encoding, err);
  }
  lode_encoding_free(&encoding);
  return status;
}

typedef struct observer {
  lode_calibration *calibration;
  const lode_program *program;
} observer;

static void observe(void *context, const lode_op *op, size_t rows, size_t cols, const float *in,
                    size_t stride) {
  const observer *o = context;
  lode_calibration_add(o->calibration, o->program, op, rows, cols, in, stride);
}

/* The batch through the model in f32, by one worker. */
static lode_status run_batch(const lode_model *model, const batch *b, lode_calibration *calibration,
                             lode_error *err) {
  const lode_backend *backend = model->backend;
  const lode_prepare_options options = {.features = model->features, .dtype = LODE_DTYPE_F32};
  observer o = {calibration, &model->program};
  lode_prepared *prepared = NULL;
  lode_session *session = NULL;
  lode_pool *pool = lode_pool_new(1);
  float *out = calloc(lode_calibration_text_count * model->dim, sizeof *out);
  lode_status status = pool && out ? LODE_OK : lode_error_nomem(err);
  if (status == LODE_OK) status = backend->prepare(&model->program, &options, &prepared, err);
  if (status == LODE_OK) status = backend->session_new(prepared, pool, &session, err);
  if (status == LODE_OK) {
    const lode_job job = {.sequences = lode_calibration_text_count,
                          .start = b->start,
                          .ids = b->ids.data,
                          .type_ids = b->types.data,
                          .observe = observe,
                          .observer = &o,
                          .out = out};
    status = backend->run(session, &job, err);
  }
  if (session) backend->session_free(session);
  if (prepared) backend->prepared_free(prepared);
  lode_pool_free(pool);
  free(out);
  return status;
}

lode_status lode_model_quantize(lode_model *model, lode_error *err) {
  batch b = {0};
  lode_calibration calibration = {0};
  lode_status status = read_texts(model, &b, err);
  if (status == LODE_OK) status = lode_calibration_new(&model->program, &calibration, err);
  if (status == LODE_OK) status = run_batch(model, &b, &calibration, err);
  if (status == LODE_OK) status = lode_program_quantize(&model->program, &calibration, err);
  lode_calibration_free(&calibration);
  lode_buffer_free(&b.ids);
  lode_buffer_free(&b.types);
  free(b.start);
  return status;
}
