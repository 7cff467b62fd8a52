#include "api/backend.h"

#include <float.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/self_test.h"
#include "base/cpu.h"
#include "base/thread_os.h"

/* What takes the place of a backend that fails, for all who have the model, which does not change
 * but for this. */
struct lode_fallback {
  lode_prepared *prepared; /* the CPU's, from the choice */
  atomic_int state;
  char reason[sizeof((lode_error *)0)->text];
};

/* Of a fallback: the state. */
enum { NOT_NEEDED = 0, BEING_TOLD, NEEDED };

bool lode_backend_known(const char *name) {
  return strcmp(name, "cpu") == 0 || strcmp(name, "webgpu") == 0 || strcmp(name, "auto") == 0;
}

/* ---- the choice */

/* Test what is prepared and time it, by as many threads as there are: its first text alone, then,
 * unless that took longer than `most` seconds, all. */
static lode_status measure(lode_model *model, const lode_backend *backend,
                           const lode_prepared *prepared, double most, lode_candidate *out,
                           lode_error *err) {
  enum { TIMES = 3 };
  const lode_self_test *test = &model->self_test;
  const lode_self_test first = {test->count < 1 ? 0 : 1, test->texts, test->vectors};
  const lode_runner runner = {backend, prepared, lode_cpu_count()};
  lode_self_test_result result;
  lode_status status = lode_self_test_run_on(model, &first, &runner, TIMES, &result, err);
  if (status != LODE_OK) return status;
  out->one_seconds = result.seconds;
  if (result.seconds <= most) {
    status = lode_self_test_run_on(model, test, &runner, TIMES, &result, err);
    if (status != LODE_OK) return status;
    out->seconds = result.seconds;
  }
  out->least_cosine = result.least_cosine;
  out->passed = result.least_cosine >= lode_dtype_least(out->dtype);
  if (!out->passed) out->reason = "its vectors are not those of the self-test";
  return LODE_OK;
}

/* What the GPU computes in: floats are f32 there. */
static const char *gpu_dtype(const lode_model *model) {
  return strcmp(model->dtype, "bf16") == 0 ? "f32" : model->dtype;
}

static lode_candidate *add_candidate(lode_model *model, const char *dtype,
                                     const lode_backend *backend) {
  lode_candidate *c = &model->candidates[model->candidate_count++];
  *c = (lode_candidate){.dtype = dtype, .backend = backend->name};
  return c;
}

static void keep_reason(lode_model *model, lode_candidate *candidate, const lode_error *why) {
  snprintf(model->gpu_reason, sizeof model->gpu_reason, "%s", why->text);
  candidate->reason = model->gpu_reason;
}

/* One text alone and all together count alike. */
static double cost(const lode_candidate *c) {
  return c->seconds + c->one_seconds;
}

/* The CPU's entry among the candidates, measured as the GPU's will be. */
static lode_status measure_cpu(lode_model *model, lode_candidate **out, lode_error *err) {
  *out = NULL;
  for (size_t i = 0; i < model->candidate_count; i++) {
    if (model->candidates[i].chosen) *out = &model->candidates[i];
  }
  if (!*out) *out = add_candidate(model, model->dtype, &lode_backend_cpu);
  (*out)->chosen = 1;
  if (model->self_test.count == 0) {
    const lode_status status = lode_self_test_make(model, &model->arena, &model->self_test, err);
    if (status != LODE_OK) return status;
  }
  return measure(model, &lode_backend_cpu, model->prepared, DBL_MAX, *out, err);
}

static lode_status prepare_gpu(const lode_model *model, lode_prepared **out, lode_error *err) {
  const lode_prepare_options options = {
      .features = model->features, .dtype = LODE_DTYPE_F32, .gpu = model->gpu_driver};
  return lode_backend_webgpu.prepare(&model->program, &options, out, err);
}

/* The GPU is tried, and takes the CPU's place if it is right and faster. */
static lode_status choose(lode_model *model, lode_error *err) {
  lode_candidate *cpu = NULL;
  lode_status status = measure_cpu(model, &cpu, err);
  if (status != LODE_OK) return status;
  lode_error why = {0};
  lode_prepared *prepared = NULL;
  lode_candidate *gpu = add_candidate(model, gpu_dtype(model), &lode_backend_webgpu);
  status = prepare_gpu(model, &prepared, &why);
  const double most = model->gpu_anyway ? DBL_MAX : cost(cpu);
  if (status == LODE_OK) status = measure(model, &lode_backend_webgpu, prepared, most, gpu, &why);
  if (status != LODE_OK) keep_reason(model, gpu, &why);
  const bool faster = gpu->one_seconds <= most && cost(gpu) < most;
  if (status == LODE_OK && gpu->passed && !faster) gpu->reason = "slower";
  if (status != LODE_OK || !gpu->passed || !faster) {
    if (prepared) lode_backend_webgpu.prepared_free(prepared);
    return LODE_OK;
  }
  cpu->chosen = 0;
  gpu->chosen = 1;
  model->fallback->prepared = model->prepared;
  model->prepared = prepared;
  model->backend = &lode_backend_webgpu;
  model->dtype = gpu->dtype;
  return LODE_OK;
}

lode_status lode_model_prepare_backend(lode_model *model, lode_error *err) {
  if (strcmp(model->backend_wanted, "cpu") == 0) return LODE_OK;
  if (strcmp(model->backend_wanted, "auto") == 0) {
    model->fallback = calloc(1, sizeof *model->fallback);
    if (!model->fallback) return lode_error_nomem(err);
    return choose(model, err);
  }
  if (strcmp(model->dtype, "bf16") == 0) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "backend webgpu: computes in f32 and int8, not in bf16");
  }
  lode_prepared *prepared = NULL;
  const lode_status status = prepare_gpu(model, &prepared, err);
  if (status != LODE_OK) return status;
  lode_backend_cpu.prepared_free(model->prepared);
  model->prepared = prepared;
  model->backend = &lode_backend_webgpu;
  return LODE_OK;
}

void lode_model_free_prepared(lode_model *model) {
  if (model->backend && model->prepared) model->backend->prepared_free(model->prepared);
  if (!model->fallback) return;
  lode_backend_cpu.prepared_free(model->fallback->prepared);
  free(model->fallback);
}

/* ---- another one */

static bool has_fallen(const lode_model *model) {
  return model->fallback && atomic_load(&model->fallback->state) == NEEDED;
}

void lode_model_current(const lode_model *model, const lode_backend **backend,
                        const lode_prepared **prepared) {
  const bool fallen = has_fallen(model);
  *backend = fallen ? &lode_backend_cpu : model->backend;
  *prepared = fallen ? model->fallback->prepared : model->prepared;
}

const char *lode_model_fallback_reason(const lode_model *model) {
  return has_fallen(model) ? model->fallback->reason : NULL;
}

/* The first who comes says why; it does not take long. */
static void fall_back(const lode_model *model, const char *reason) {
  lode_fallback *f = model->fallback;
  int state = NOT_NEEDED;
  if (atomic_compare_exchange_strong(&f->state, &state, BEING_TOLD)) {
    snprintf(f->reason, sizeof f->reason, "%s", reason);
    atomic_store(&f->state, NEEDED);
  }
  while (atomic_load(&f->state) != NEEDED) lode_os_yield();
}

/* The context's session becomes one of the backend that is used now. */
static lode_status move_session(lode_context *ctx, lode_error *err) {
  const lode_backend *backend;
  const lode_prepared *prepared;
  lode_model_current(ctx->model, &backend, &prepared);
  if (backend == ctx->backend) return LODE_OK;
  lode_session *session = NULL;
  const lode_status status = backend->session_new(prepared, ctx->pool, &session, err);
  if (status != LODE_OK) return status;
  ctx->backend->session_free(ctx->session);
  ctx->session = session;
  ctx->backend = backend;
  return LODE_OK;
}

lode_status lode_context_run(lode_context *ctx, const lode_job *job, lode_error *err) {
  lode_error why = {0};
  lode_status status = move_session(ctx, &why); /* another context may have found out */
  if (status == LODE_OK) status = ctx->backend->run(ctx->session, job, &why);
  if (status == LODE_E_DEVICE && ctx->model->fallback && ctx->backend == &lode_backend_webgpu) {
    fall_back(ctx->model, why.text);
    status = move_session(ctx, &why);
    if (status == LODE_OK) status = ctx->backend->run(ctx->session, job, &why);
  }
  if (status != LODE_OK && err) *err = why;
  return status;
}
