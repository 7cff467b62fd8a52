/* From the CPU to the backend that is asked for: prepared, tested, measured, taken or not. */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/backend.h"
#include "api/self_test.h"
#include "api/work.h"
#include "base/clock.h"
#include "base/cpu.h"

enum { TIMES = 3 };
/* Of a poll that does not wait, for weights: a page shows what it has to show between two. */
static const double UPLOAD_SECONDS = 0.008;

typedef enum phase {
  UPLOADING, /* weights, while the GPU compiles */
  PREPARING, /* what the GPU was told is still being done */
  FIRST,     /* the self-test's first text alone */
  ALL,       /* unless that was slow already */
  DONE,
} phase;

typedef struct moving {
  lode_work work;
  lode_model *model;
  bool automatic;      /* else no choice is made: "webgpu" */
  lode_candidate *cpu; /* of the model's candidates, under `automatic` */
  lode_candidate *gpu;
  double most;             /* seconds: what takes longer is not taken */
  lode_prepared *prepared; /* the GPU's, until the model has it */
  lode_self_test first;    /* a test of one text */
  phase phase;
  bool testing; /* `steps` has begun */
  lode_self_test_steps steps;
} moving;

/* What the GPU computes in: floats are f32 there, or f16 if that was asked for. */
static const char *gpu_dtype(const lode_model *model) {
  if (model->half) return "f16";
  return strcmp(model->dtype, "bf16") == 0 ? "f32" : model->dtype;
}

static lode_candidate *add_candidate(lode_model *model, const char *dtype,
                                     const lode_backend *backend) {
  lode_candidate *c = &model->candidates[model->candidate_count++];
  *c = (lode_candidate){.dtype = dtype, .backend = backend->name};
  return c;
}

/* One text alone and all together count alike. */
static double cost(const lode_candidate *c) {
  return c->seconds + c->one_seconds;
}

static void judge(lode_candidate *c, double least_cosine) {
  c->least_cosine = least_cosine;
  c->passed = least_cosine >= lode_dtype_least(c->dtype);
  if (!c->passed) c->reason = "its vectors are not those of the self-test";
}

/* ---- the CPU, which is measured as the GPU will be: by as many threads as there are */

static lode_status measure_cpu(moving *m, lode_error *err) {
  lode_model *model = m->model;
  for (size_t i = 0; i < model->candidate_count; i++) {
    if (model->candidates[i].chosen) m->cpu = &model->candidates[i];
  }
  if (!m->cpu) m->cpu = add_candidate(model, model->dtype, &lode_backend_cpu);
  m->cpu->chosen = 1;
  lode_status status = LODE_OK;
  if (model->self_test.count == 0) {
    status = lode_self_test_make(model, &model->arena, &model->self_test, err);
    if (status != LODE_OK) return status;
  }
  const lode_self_test *all = &model->self_test;
  m->first = (lode_self_test){all->count < 1 ? 0 : 1, all->texts, all->vectors};
  const lode_runner runner = {&lode_backend_cpu, model->prepared, lode_cpu_count()};
  lode_self_test_result result;
  status = lode_self_test_run_on(model, &m->first, &runner, TIMES, &result, err);
  if (status != LODE_OK) return status;
  m->cpu->one_seconds = result.seconds;
  status = lode_self_test_run_on(model, all, &runner, TIMES, &result, err);
  if (status != LODE_OK) return status;
  m->cpu->seconds = result.seconds;
  judge(m->cpu, result.least_cosine);
  return LODE_OK;
}

/* ---- the GPU */

static lode_status prepare_gpu(moving *m, lode_error *err) {
  const lode_model *model = m->model;
  const lode_prepare_options options = {.features = model->features,
                                        .dtype = model->half ? LODE_DTYPE_F16 : LODE_DTYPE_F32,
                                        .later = true,
                                        .gpu = model->gpu_driver};
  return lode_backend_webgpu.prepare(&model->program, &options, &m->prepared, err);
}

static void drop_gpu(moving *m) {
  if (m->testing) lode_self_test_end(&m->steps);
  m->testing = false;
  if (m->prepared) lode_backend_webgpu.prepared_free(m->prepared);
  m->prepared = NULL;
}

/* It is not the GPU, and says why. */
static void refuse(moving *m, const char *reason) {
  lode_model *model = m->model;
  snprintf(model->gpu_reason, sizeof model->gpu_reason, "%s", reason);
  m->gpu->reason = model->gpu_reason;
  drop_gpu(m);
  m->phase = DONE;
}

/* The model is the GPU's from now on; contexts notice with their next call. */
static void take(moving *m) {
  lode_model *model = m->model;
  if (m->automatic) {
    m->cpu->chosen = 0;
    m->gpu->chosen = 1;
  }
  model->dtype = gpu_dtype(model);
  lode_model_replace_prepared(model, &lode_backend_webgpu, m->prepared, m->automatic);
  m->prepared = NULL;
  m->phase = DONE;
}

static void decide(moving *m) {
  lode_candidate *gpu = m->gpu;
  if (!gpu->passed) {
    refuse(m, gpu->reason);
  } else if (gpu->one_seconds > m->most || cost(gpu) >= m->most) {
    refuse(m, "slower");
  } else {
    take(m);
  }
}

static lode_status test(moving *m, bool wait, bool *done, lode_error *err) {
  const lode_self_test *texts = m->phase == FIRST ? &m->first : &m->model->self_test;
  const lode_runner runner = {&lode_backend_webgpu, m->prepared, 1};
  lode_status status = LODE_OK;
  if (!m->testing) {
    m->testing = true;
    status = lode_self_test_begin(&m->steps, m->model, texts, &runner, TIMES, err);
  }
  lode_self_test_result result;
  if (status == LODE_OK) status = lode_self_test_poll(&m->steps, wait, done, &result, err);
  if (!*done) return status;
  lode_self_test_end(&m->steps);
  m->testing = false;
  judge(m->gpu, result.least_cosine);
  if (m->phase == FIRST) {
    m->gpu->one_seconds = result.seconds;
  } else {
    m->gpu->seconds = result.seconds;
  }
  return LODE_OK;
}

static lode_status upload(moving *m, bool wait, bool *done, lode_error *err) {
  const lode_arrived all = {.until = wait ? 0 : lode_clock_seconds() + UPLOAD_SECONDS};
  const lode_status status = lode_backend_webgpu.prepare_weights(m->prepared, &all, done, err);
  if (*done) m->phase = PREPARING;
  return status;
}

/* One step. *done: it is done, and another may follow. */
static lode_status step(moving *m, bool wait, bool *done, lode_error *err) {
  if (m->phase == UPLOADING) return upload(m, wait, done, err);
  if (m->phase == PREPARING) {
    const lode_status status = lode_backend_webgpu.ready(m->prepared, wait, done, err);
    if (!*done) return status;
    if (m->automatic) {
      m->phase = FIRST;
    } else {
      take(m);
    }
    return LODE_OK;
  }
  const lode_status status = test(m, wait, done, err);
  if (!*done) return status;
  if (m->phase == FIRST && m->gpu->passed && m->gpu->one_seconds <= m->most) {
    m->phase = ALL;
  } else {
    decide(m);
  }
  return LODE_OK;
}

static lode_status poll(lode_work *work, bool wait, bool *done, lode_error *err) {
  moving *m = (moving *)work;
  lode_error why = {0};
  bool moved = true;
  lode_status status = LODE_OK;
  while (m->phase != DONE && status == LODE_OK && moved) {
    moved = false;
    status = step(m, wait, &moved, &why);
  }
  if (status != LODE_OK && m->automatic) {
    refuse(m, why.text);
    status = LODE_OK;
  }
  if (status != LODE_OK && err) *err = why;
  *done = m->phase == DONE;
  return status;
}

static void end(lode_work *work) {
  moving *m = (moving *)work;
  drop_gpu(m);
  free(m);
}

/* ---- */

static lode_status begin(moving *m, lode_error *err) {
  lode_model *model = m->model;
  lode_error why = {0};
  lode_status status = LODE_OK;
  if (m->automatic) {
    status = lode_model_make_fallback(model, err);
    if (status == LODE_OK) status = measure_cpu(m, err);
    if (status != LODE_OK) return status;
    m->most = model->gpu_anyway ? DBL_MAX : cost(m->cpu);
    m->gpu = add_candidate(model, gpu_dtype(model), &lode_backend_webgpu);
  } else if (strcmp(model->dtype, "bf16") == 0) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "backend webgpu: computes in f32, f16 and int8, not in bf16");
  }
  status = prepare_gpu(m, &why);
  if (status != LODE_OK && m->automatic) {
    refuse(m, why.text);
    return LODE_OK;
  }
  if (status != LODE_OK && err) *err = why;
  return status;
}

lode_status lode_model_move_begin(lode_model *model, const char *backend, lode_work **work,
                                  lode_error *err) {
  lode_error_clear(err);
  if (!model || !backend || !work) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "model, backend or work is NULL");
  }
  const bool automatic = strcmp(backend, "auto") == 0;
  if (!automatic && strcmp(backend, "webgpu") != 0) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "backend \"%s\" is neither webgpu nor auto",
                          backend);
  }
  if (model->backend != &lode_backend_cpu || model->fallback) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "the model has left the CPU already");
  }
  moving *m = calloc(1, sizeof *m);
  if (!m) return lode_error_nomem(err);
  *m = (moving){.work = {.poll = poll, .end = end}, .model = model, .automatic = automatic};
  const lode_status status = begin(m, err);
  if (status == LODE_OK) {
    *work = &m->work;
  } else {
    end(&m->work);
  }
  return status;
}

lode_status lode_model_prepare_backend(lode_model *model, lode_error *err) {
  if (strcmp(model->backend_wanted, "cpu") == 0) return LODE_OK;
  lode_work *work = NULL;
  const lode_status begun = lode_model_move_begin(model, model->backend_wanted, &work, err);
  return lode_work_finish(begun, work, err);
}
