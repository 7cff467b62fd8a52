/* What a model computes on: the choice when it is opened, and another one when that fails. */
#ifndef LODE_API_BACKEND_H
#define LODE_API_BACKEND_H

#include "api/context.h"

bool lode_backend_known(const char *name);

/* With the CPU's preparation complete: prepare the backend that the options ask for as well.
 * "webgpu": the CPU's goes; what fails is returned. "auto": each is tested and measured, what was
 * tried is left in candidates, and no failure is but want of memory. */
lode_status lode_model_prepare_backend(lode_model *model, lode_error *err);
void lode_model_free_prepared(lode_model *model);

/* The steps of that: room for what the model falls back on, and another backend. `keep`: the CPU's
 * preparation is what it falls back on; else it goes. */
lode_status lode_model_make_fallback(lode_model *model, lode_error *err);
void lode_model_replace_prepared(lode_model *model, const lode_backend *backend,
                                 lode_prepared *prepared, bool keep);

/* The backend that is used now, and what is prepared for it. */
void lode_model_current(const lode_model *model, const lode_backend **backend,
                        const lode_prepared **prepared);
/* Why it is another than that which was chosen; NULL: it is not. */
/* What it computes in now. */
const char *lode_model_current_dtype(const lode_model *model);
const char *lode_model_fallback_reason(const lode_model *model);

/* lode_backend_begin and lode_backend_poll. Where a GPU fails that was chosen by "auto", the model
 * goes on with the CPU, in all its contexts, and so does this job. */
lode_status lode_context_begin(lode_context *ctx, const lode_job *job, lode_error *err);
lode_status lode_context_poll(lode_context *ctx, const lode_job *job, bool wait, bool *done,
                              lode_error *err);
/* The call that is under way, if one is, ends here, and its output is not written. */
void lode_context_give_up(lode_context *ctx);

#endif
