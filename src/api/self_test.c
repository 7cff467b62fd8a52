#include "api/self_test.h"

#include <string.h>

/* Every so many of the calibration texts. */
enum { STEP = 8 };

lode_status lode_self_test_keep(const lode_model *model, const lode_text_batch *b,
                                lode_arena *arena, lode_self_test *out, lode_error *err) {
  const size_t count = (b->count + STEP - 1) / STEP;
  const char **texts = lode_arena_array(arena, count, sizeof *texts);
  float *vectors = lode_arena_array(arena, count * model->full_dim, sizeof *vectors);
  if (!texts || !vectors) return lode_error_nomem(err);
  for (size_t i = 0; i < count; i++) {
    texts[i] = lode_calibration_texts[i * STEP];
    memcpy(vectors + i * model->full_dim, b->out + i * STEP * model->full_dim,
           model->full_dim * sizeof *vectors);
  }
  *out = (lode_self_test){count, texts, vectors};
  return LODE_OK;
}

lode_status lode_self_test_make(const lode_model *model, lode_arena *arena, lode_self_test *out,
                                lode_error *err) {
  lode_text_batch b = {0};
  lode_status status =
      lode_text_batch_read(model, lode_calibration_texts, lode_calibration_text_count, &b, err);
  if (status == LODE_OK) status = lode_text_batch_run_exactly(model, &b, NULL, err);
  if (status == LODE_OK) status = lode_self_test_keep(model, &b, arena, out, err);
  lode_text_batch_free(&b);
  return status;
}

/* A text without tokens has no direction, be it here or there. */
static bool is_zero(const void *vector, size_t size) {
  const char *bytes = vector;
  for (size_t i = 0; i < size; i++) {
    if (bytes[i] != 0) return false;
  }
  return true;
}

static void compare(const lode_model *model, const lode_self_test *test, const lode_text_batch *b,
                    lode_self_test_result *out) {
  out->least_cosine = 1.0;
  double sum = 0;
  for (size_t i = 0; i < b->count; i++) {
    double dot = 0;
    for (size_t c = 0; c < model->full_dim; c++) {
      const size_t at = i * model->full_dim + c;
      float expected; /* in a file, it may not be aligned */
      memcpy(&expected, (const char *)test->vectors + at * sizeof expected, sizeof expected);
      dot += (double)expected * (double)b->out[at];
    }
    const size_t size = model->full_dim * sizeof(float);
    const char *expected = (const char *)test->vectors + i * size;
    if (is_zero(expected, size) && is_zero(b->out + i * model->full_dim, size)) dot = 1.0;
    if (!(dot >= out->least_cosine)) out->least_cosine = dot; /* NaN is the least */
    sum += dot;
  }
  out->texts = (int64_t)b->count;
  out->mean_cosine = b->count ? sum / (double)b->count : 1.0;
}

lode_status lode_self_test_run(const lode_model *model, const lode_self_test *test,
                               const lode_prepared *prepared, int times, lode_self_test_result *out,
                               lode_error *err) {
  const lode_runner runner = {model->backend, prepared, 1};
  return lode_self_test_run_on(model, test, &runner, times, out, err);
}

lode_status lode_self_test_begin(lode_self_test_steps *steps, const lode_model *model,
                                 const lode_self_test *test, const lode_runner *runner, int times,
                                 lode_error *err) {
  *steps = (lode_self_test_steps){.model = model, .test = test};
  lode_status status = lode_text_batch_read(model, test->texts, test->count, &steps->batch, err);
  if (status == LODE_OK) {
    status = lode_text_run_begin(&steps->run, model, runner, &steps->batch, NULL, times, err);
  }
  return status;
}

lode_status lode_self_test_poll(lode_self_test_steps *steps, bool wait, bool *done,
                                lode_self_test_result *out, lode_error *err) {
  const lode_status status = lode_text_run_poll(&steps->run, wait, done, err);
  if (!*done) return status;
  *out = (lode_self_test_result)LODE_SELF_TEST_RESULT_INIT;
  out->seconds = steps->run.seconds;
  compare(steps->model, steps->test, &steps->batch, out);
  return LODE_OK;
}

void lode_self_test_end(lode_self_test_steps *steps) {
  lode_text_run_end(&steps->run);
  lode_text_batch_free(&steps->batch);
  *steps = (lode_self_test_steps){0};
}

lode_status lode_self_test_run_on(const lode_model *model, const lode_self_test *test,
                                  const lode_runner *runner, int times, lode_self_test_result *out,
                                  lode_error *err) {
  lode_self_test_steps steps = {0};
  bool done = false;
  lode_status status = lode_self_test_begin(&steps, model, test, runner, times, err);
  if (status == LODE_OK) status = lode_self_test_poll(&steps, true, &done, out, err);
  if (status == LODE_OK && !done) status = lode_cannot_wait(runner->backend, err);
  lode_self_test_end(&steps);
  return status;
}
