#include "api/context.h"

#include <stdlib.h>

#include "api/backend.h"
#include "base/cpu.h"

lode_status lode_context_new(const lode_model *model, const lode_context_options *options,
                             lode_context **out, lode_error *err) {
  lode_error_clear(err);
  if (!model || !out) return lode_error_set(err, LODE_E_ARG, -1, -1, "model or out is NULL");
  int threads = 0;
  if (options) {
    const lode_status status =
        lode_check_struct("lode_context_options", options->struct_size, sizeof *options, err);
    if (status != LODE_OK) return status;
    threads = options->threads;
    if (threads < 0 || threads > 256) {
      return lode_error_set(err, LODE_E_ARG, -1, -1, "threads is %d, not in 0..256", threads);
    }
  }
  lode_context *ctx = calloc(1, sizeof *ctx);
  if (!ctx) return lode_error_nomem(err);
  ctx->model = model;
  ctx->workers = threads ? threads : lode_cpu_count();
  ctx->readers = calloc((size_t)ctx->workers, sizeof *ctx->readers);
  ctx->pool = lode_pool_new(ctx->workers);
  if (!ctx->readers || !ctx->pool) {
    lode_context_free(ctx);
    return lode_error_nomem(err);
  }
  const lode_prepared *prepared;
  lode_model_current(model, &ctx->backend, &prepared);
  const lode_status status = ctx->backend->session_new(prepared, ctx->pool, &ctx->session, err);
  if (status != LODE_OK) {
    lode_context_free(ctx);
    return status;
  }
  *out = ctx;
  return LODE_OK;
}

static void free_reader(lode_reader *reader) {
  lode_encoding_free(&reader->encoding);
  lode_buffer_free(&reader->bytes);
  lode_buffer_free(&reader->ids);
  lode_buffer_free(&reader->types);
  lode_buffer_free(&reader->sizes);
}

void lode_context_free(lode_context *ctx) {
  if (!ctx) return;
  if (ctx->session) ctx->backend->session_free(ctx->session);
  lode_pool_free(ctx->pool);
  for (int w = 0; w < ctx->workers && ctx->readers; w++) free_reader(&ctx->readers[w]);
  free(ctx->readers);
  lode_buffer_free(&ctx->ids);
  lode_buffer_free(&ctx->types);
  lode_buffer_free(&ctx->start);
  lode_buffer_free(&ctx->skip);
  lode_buffer_free(&ctx->first);
  lode_buffer_free(&ctx->reports);
  lode_buffer_free(&ctx->rows);
  free(ctx);
}
