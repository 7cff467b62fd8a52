#include "api/text_batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static lode_status add_text(const lode_model *model, const char *text, size_t sequence,
                            lode_text_batch *b, lode_encoding *encoding, lode_error *err) {
  const lode_text bytes = {text, strlen(text)};
  const lode_encode_options options = {.max_tokens = model->max_tokens};
  const lode_status status = lode_model_encode(model, bytes, &options, encoding, err);
  if (status != LODE_OK) return status;
  const size_t at = b->start[sequence];
  const size_t end = at + encoding->count;
  if (!lode_buffer_reserve(&b->ids, end, sizeof(int32_t), at * sizeof(int32_t)) ||
      !lode_buffer_reserve(&b->types, end, sizeof(int32_t), at * sizeof(int32_t))) {
    return lode_error_nomem(err);
  }
  b->start[sequence + 1] = end;
  if (encoding->count == 0) return LODE_OK;
  memcpy((int32_t *)b->ids.data + at, encoding->ids, encoding->count * sizeof(int32_t));
  memcpy((int32_t *)b->types.data + at, encoding->type_ids, encoding->count * sizeof(int32_t));
  return LODE_OK;
}

lode_status lode_text_batch_read(const lode_model *model, const char *const *texts, size_t count,
                                 lode_text_batch *b, lode_error *err) {
  b->count = count;
  b->start = calloc(count + 1, sizeof *b->start);
  b->out = calloc(count * model->full_dim + 1, sizeof *b->out);
  if (!b->start || !b->out) return lode_error_nomem(err);
  lode_encoding encoding = {0};
  lode_status status = LODE_OK;
  for (size_t i = 0; i < count && status == LODE_OK; i++) {
    status = add_text(model, texts[i], i, b, &encoding, err);
  }
  lode_encoding_free(&encoding);
  return status;
}

void lode_text_batch_free(lode_text_batch *b) {
  lode_buffer_free(&b->ids);
  lode_buffer_free(&b->types);
  free(b->start);
  free(b->out);
}

lode_status lode_text_batch_run(const lode_model *model, const lode_prepared *prepared,
                                const lode_text_batch *b, const lode_job *observing, int times,
                                double *seconds, lode_error *err) {
  const lode_runner runner = {model->backend, prepared, 1};
  return lode_text_batch_run_on(model, &runner, b, observing, times, seconds, err);
}

lode_status lode_text_batch_run_on(const lode_model *model, const lode_runner *runner,
                                   const lode_text_batch *b, const lode_job *observing, int times,
                                   double *seconds, lode_error *err) {
  const lode_backend *backend = runner->backend;
  lode_session *session = NULL;
  lode_pool *pool = lode_pool_new(runner->workers);
  lode_status status = pool ? LODE_OK : lode_error_nomem(err);
  if (status == LODE_OK) status = backend->session_new(runner->prepared, pool, &session, err);
  lode_job job = {0};
  if (observing) job = *observing;
  job.sequences = b->count;
  job.start = b->start;
  job.ids = b->ids.data;
  job.type_ids = b->types.data;
  job.out = b->out;
  for (int i = 0; i < times && status == LODE_OK; i++) {
    const double begin = lode_clock_seconds();
    status = backend->run(session, &job, err);
    const double taken = lode_clock_seconds() - begin;
    if (seconds && (i == 0 || taken < *seconds)) *seconds = taken;
  }
  if (status == LODE_OK) {
    model->norm->l2(b->count, model->full_dim, b->out, model->full_dim, b->out, model->full_dim);
  }
  if (session) backend->session_free(session);
  lode_pool_free(pool);
  return status;
}

lode_status lode_text_batch_run_exactly(const lode_model *model, const lode_text_batch *b,
                                        const lode_job *observing, lode_error *err) {
  const lode_prepare_options options = {.features = model->features, .dtype = LODE_DTYPE_F32};
  lode_prepared *prepared = NULL;
  lode_status status = lode_backend_cpu.prepare(&model->program, &options, &prepared, err);
  if (status != LODE_OK) return status;
  const lode_runner runner = {&lode_backend_cpu, prepared, 1};
  status = lode_text_batch_run_on(model, &runner, b, observing, 1, NULL, err);
  lode_backend_cpu.prepared_free(prepared);
  return status;
}
