#include "api/backend.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread_os.h"

/* What takes the place of a backend that fails, for all who have the model, which does not change
 * but for this. */
struct lode_fallback {
  lode_prepared *prepared; /* the CPU's, from the choice */
  atomic_int state;
  const char *dtype; /* that it computes in */
  char reason[sizeof((lode_error *)0)->text];
};

/* Of a fallback: the state. */
enum { NOT_NEEDED = 0, BEING_TOLD, NEEDED };

bool lode_backend_known(const char *name) {
  return strcmp(name, "cpu") == 0 || strcmp(name, "webgpu") == 0 || strcmp(name, "auto") == 0;
}

/* ---- what is prepared */

lode_status lode_model_make_fallback(lode_model *model, lode_error *err) {
  model->fallback = calloc(1, sizeof *model->fallback);
  if (!model->fallback) return lode_error_nomem(err);
  model->fallback->dtype = model->dtype;
  return LODE_OK;
}

void lode_model_replace_prepared(lode_model *model, const lode_backend *backend,
                                 lode_prepared *prepared, bool keep) {
  if (keep) {
    model->fallback->prepared = model->prepared;
  } else {
    lode_backend_cpu.prepared_free(model->prepared);
  }
  model->prepared = prepared;
  model->backend = backend;
}

void lode_model_free_prepared(lode_model *model) {
  if (model->backend && model->prepared) model->backend->prepared_free(model->prepared);
  if (!model->fallback) return;
  if (model->fallback->prepared) lode_backend_cpu.prepared_free(model->fallback->prepared);
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

const char *lode_model_current_dtype(const lode_model *model) {
  return has_fallen(model) ? model->fallback->dtype : model->dtype;
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
  if (ctx->session && backend == ctx->backend) return LODE_OK;
  lode_session *session = NULL;
  const lode_status status = backend->session_new(prepared, ctx->pool, &session, err);
  if (status != LODE_OK) return status;
  if (ctx->session) ctx->backend->session_free(ctx->session);
  ctx->session = session;
  ctx->backend = backend;
  return LODE_OK;
}

/* The session goes with it; the next call makes another. */
void lode_context_give_up(lode_context *ctx) {
  if (!ctx->call.under_way) return;
  ctx->call.under_way = false;
  ctx->backend->session_free(ctx->session);
  ctx->session = NULL;
}

/* After a failure: where the GPU was chosen by "auto", the job begins anew on the CPU. */
static lode_status begin_elsewhere(lode_context *ctx, const lode_job *job, lode_error *why) {
  if (!ctx->model->fallback || ctx->backend != &lode_backend_webgpu) return LODE_E_DEVICE;
  fall_back(ctx->model, why->text);
  const lode_status status = move_session(ctx, why);
  if (status != LODE_OK) return status;
  return lode_backend_begin(ctx->backend, ctx->session, job, why);
}

lode_status lode_context_begin(lode_context *ctx, const lode_job *job, lode_error *err) {
  lode_error why = {0};
  lode_status status = move_session(ctx, &why); /* another context may have found out */
  if (status == LODE_OK) status = lode_backend_begin(ctx->backend, ctx->session, job, &why);
  if (status == LODE_E_DEVICE) status = begin_elsewhere(ctx, job, &why);
  if (status != LODE_OK && err) *err = why;
  return status;
}

lode_status lode_context_poll(lode_context *ctx, const lode_job *job, bool wait, bool *done,
                              lode_error *err) {
  lode_error why = {0};
  lode_status status = lode_backend_poll(ctx->backend, ctx->session, job, wait, done, &why);
  if (status == LODE_E_DEVICE) {
    status = begin_elsewhere(ctx, job, &why);
    if (status == LODE_OK) {
      status = lode_backend_poll(ctx->backend, ctx->session, job, wait, done, &why);
    }
  }
  if (status != LODE_OK && err) *err = why;
  return status;
}
