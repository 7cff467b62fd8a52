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

lode_status lode_text_run_begin(lode_text_run *run, const lode_model *model,
                                const lode_runner *runner, const lode_text_batch *b,
                                const lode_job *observing, int times, lode_error *err) {
  *run = (lode_text_run){.model = model, .batch = b, .runner = *runner, .left = times};
  if (observing) run->job = *observing;
  run->job.sequences = b->count;
  run->job.start = b->start;
  run->job.ids = b->ids.data;
  run->job.type_ids = b->types.data;
  run->job.out = b->out;
  run->pool = lode_pool_new(runner->workers);
  if (!run->pool) return lode_error_nomem(err);
  return runner->backend->session_new(runner->prepared, run->pool, &run->session, err);
}

/* The run that is under way, or the next one. */
static lode_status poll_run(lode_text_run *run, bool wait, lode_error *err) {
  const lode_backend *backend = run->runner.backend;
  lode_status status = LODE_OK;
  bool done = false;
  if (!run->under_way) {
    run->began = lode_clock_seconds();
    status = lode_backend_begin(backend, run->session, &run->job, err);
    run->under_way = status == LODE_OK;
  }
  if (status == LODE_OK) {
    status = lode_backend_poll(backend, run->session, &run->job, wait, &done, err);
  }
  if (!done) return status;
  const double taken = lode_clock_seconds() - run->began;
  if (run->seconds == 0 || taken < run->seconds) run->seconds = taken;
  run->under_way = false;
  run->left--;
  return LODE_OK;
}

lode_status lode_text_run_poll(lode_text_run *run, bool wait, bool *done, lode_error *err) {
  lode_status status = LODE_OK;
  bool moved = true;
  while (run->left > 0 && status == LODE_OK && moved) {
    const int left = run->left;
    status = poll_run(run, wait, err);
    moved = run->left < left;
  }
  *done = status == LODE_OK && run->left <= 0;
  if (*done) {
    const size_t dim = run->model->full_dim;
    float *out = run->batch->out;
    run->model->norm->l2(run->batch->count, dim, out, dim, out, dim);
  }
  return status;
}

void lode_text_run_end(lode_text_run *run) {
  if (run->session) run->runner.backend->session_free(run->session);
  lode_pool_free(run->pool);
  *run = (lode_text_run){0};
}

lode_status lode_cannot_wait(const lode_backend *backend, lode_error *err) {
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                        "backend %s: this thread cannot wait for it", backend->name);
}

lode_status lode_text_batch_run_on(const lode_model *model, const lode_runner *runner,
                                   const lode_text_batch *b, const lode_job *observing, int times,
                                   double *seconds, lode_error *err) {
  lode_text_run run = {0};
  bool done = false;
  lode_status status = lode_text_run_begin(&run, model, runner, b, observing, times, err);
  if (status == LODE_OK) status = lode_text_run_poll(&run, true, &done, err);
  if (status == LODE_OK && !done) status = lode_cannot_wait(runner->backend, err);
  if (status == LODE_OK && seconds) *seconds = run.seconds;
  lode_text_run_end(&run);
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
