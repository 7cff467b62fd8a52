/* Is the model what it was made to be? */
#include <stdlib.h>

#include "api/backend.h"
#include "api/self_test.h"
#include "api/work.h"

typedef struct verifying {
  lode_work work;
  const lode_model *model;
  lode_self_test_result *out;
  lode_arena arena;
  lode_self_test test;
  lode_self_test_steps steps;
} verifying;

static lode_status poll(lode_work *work, bool wait, bool *done, lode_error *err) {
  verifying *v = (verifying *)work;
  return lode_self_test_poll(&v->steps, wait, done, v->out, err);
}

static void end(lode_work *work) {
  verifying *v = (verifying *)work;
  lode_self_test_end(&v->steps);
  lode_arena_free(&v->arena);
  free(v);
}

static lode_status begin(verifying *v, lode_error *err) {
  const lode_model *model = v->model;
  lode_status status = LODE_OK;
  if (model->bundle.file.data) status = lode_bundle_verify(&model->bundle, err);
  v->test = model->self_test;
  if (status == LODE_OK && v->test.count == 0) {
    status = lode_self_test_make(model, &v->arena, &v->test, err);
  }
  lode_runner runner = {.workers = 1};
  lode_model_current(model, &runner.backend, &runner.prepared);
  if (status == LODE_OK) {
    status = lode_self_test_begin(&v->steps, model, &v->test, &runner, 1, err);
  }
  return status;
}

lode_status lode_model_verify_begin(const lode_model *model, lode_self_test_result *out,
                                    lode_work **work, lode_error *err) {
  lode_error_clear(err);
  if (!model || !out || !work) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "model, out or work is NULL");
  }
  lode_status status =
      lode_check_struct("lode_self_test_result", out->struct_size, sizeof *out, err);
  if (status != LODE_OK) return status;
  verifying *v = calloc(1, sizeof *v);
  if (!v) return lode_error_nomem(err);
  *v = (verifying){.work = {.poll = poll, .end = end}, .model = model, .out = out};
  status = begin(v, err);
  if (status == LODE_OK) {
    *work = &v->work;
  } else {
    end(&v->work);
  }
  return status;
}

lode_status lode_model_verify(const lode_model *model, lode_self_test_result *out,
                              lode_error *err) {
  lode_work *work = NULL;
  const lode_status begun = lode_model_verify_begin(model, out, &work, err);
  return lode_work_finish(begun, work, err);
}
