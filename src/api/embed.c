/* Vectors: read the texts, run the backend, then join windows, cut dimensions, normalise. */
#include <string.h>

#include "api/backend.h"
#include "api/text_batch.h"
#include "base/clock.h"

static lode_status find_prompt(const lode_model *model, const lode_embed_options *options,
                               lode_text *prompt, lode_error *err) {
  const lode_model_dir *dir = &model->dir;
  *prompt = (lode_text){"", 0};
  if (options->prompt) {
    if (!options->prompt->data && options->prompt->size) {
      return lode_error_set(err, LODE_E_ARG, -1, -1, "prompt is NULL");
    }
    if (options->prompt->size) *prompt = *options->prompt;
    return LODE_OK;
  }
  if (!options->prompt_name) {
    if (dir->default_prompt >= 0) {
      const lode_prompt *p = &dir->prompts[dir->default_prompt];
      *prompt = (lode_text){p->text, p->size};
    }
    return LODE_OK;
  }
  for (size_t i = 0; i < dir->prompt_count; i++) {
    if (strcmp(dir->prompts[i].name, options->prompt_name) == 0) {
      *prompt = (lode_text){dir->prompts[i].text, dir->prompts[i].size};
      return LODE_OK;
    }
  }
  return lode_error_set(err, LODE_E_NOT_FOUND, -1, -1, "the model has no prompt named \"%s\"",
                        options->prompt_name);
}

static lode_status check_options(const lode_context *ctx, const lode_text *texts, size_t n,
                                 const lode_embed_options *options, lode_error *err) {
  if (!ctx || (!texts && n)) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "ctx or texts is NULL");
  }
  const lode_status status =
      lode_check_struct("lode_embed_options", options->struct_size, sizeof *options, err);
  if (status != LODE_OK) return status;
  if (options->dims < 0 || options->dims > (int64_t)ctx->model->full_dim) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "dims is %lld, the model has %zu",
                          (long long)options->dims, ctx->model->full_dim);
  }
  if ((int)options->normalize < LODE_NORMALIZE_MODEL ||
      (int)options->normalize > LODE_NORMALIZE_OFF ||
      (int)options->long_text < LODE_LONG_TRUNCATE || (int)options->long_text > LODE_LONG_ERROR ||
      (int)options->utf8 < LODE_UTF8_ERROR || (int)options->utf8 > LODE_UTF8_REPLACE) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "normalize, long_text or utf8 is out of range");
  }
  return LODE_OK;
}

/* The call's texts as sequences in the context. */
static lode_status read_texts(lode_context *ctx, const lode_text *texts, size_t n,
                              const lode_embed_options *options, lode_error *err) {
  lode_reading reading = {
      .texts = texts,
      .count = n,
      .long_text = options->long_text,
      .utf8 = options->utf8,
  };
  const lode_status status = find_prompt(ctx->model, options, &reading.prompt, err);
  if (status != LODE_OK) return status;
  if (!ctx->times) return lode_context_read(ctx, &reading, err);
  const double begin = lode_clock_seconds();
  const lode_status read = lode_context_read(ctx, &reading, err);
  ctx->read_seconds = lode_clock_seconds() - begin;
  return read;
}

static lode_job make_job(lode_context *ctx, float *out) {
  return (lode_job){
      .sequences = ctx->sequences,
      .start = ctx->start.data,
      .ids = ctx->ids.data,
      .type_ids = ctx->types.data,
      .skip = ctx->skip.data,
      .times = ctx->times,
      .transfer = ctx->times ? &ctx->transfer : NULL,
      .out = out,
  };
}

static void copy_reports(const lode_context *ctx, const lode_embed_options *options, size_t n) {
  if (options->reports && n) {
    memcpy(options->reports, ctx->reports.data, n * sizeof *options->reports);
  }
}

/* The text's row from its windows' rows: their mean, weighted by tokens. `out` may be the row
 * of one of the windows. */
static void join_windows(const lode_context *ctx, size_t text, const float *rows, size_t dim,
                         size_t keep, float *out) {
  const size_t *first = ctx->first.data;
  const size_t *start = ctx->start.data;
  if (first[text + 1] - first[text] == 1) {
    memmove(out, rows + first[text] * dim, keep * sizeof *out);
    return;
  }
  const double total = (double)(start[first[text + 1]] - start[first[text]]);
  for (size_t c = 0; c < keep; c++) {
    double sum = 0;
    for (size_t s = first[text]; s < first[text + 1]; s++) {
      sum += (double)(start[s + 1] - start[s]) * (double)rows[s * dim + c];
    }
    out[c] = (float)(sum / total);
  }
}

/* The texts' rows of `keep` floats from the sequences' rows. */
static void finish_rows(const lode_context *ctx, size_t n, const lode_embed_options *options,
                        float *rows, size_t keep, float *out) {
  const lode_model *model = ctx->model;
  const size_t full = model->full_dim;
  /* The model's truncate_dim cuts after its last module and does not normalise again, as
   * sentence-transformers has it; what the caller asks for is done the other way round. */
  const bool cut_last = !options->dims && options->normalize == LODE_NORMALIZE_MODEL;
  const bool normalize = options->normalize == LODE_NORMALIZE_MODEL
                             ? model->program.normalized
                             : options->normalize == LODE_NORMALIZE_ON;
  const size_t width = cut_last ? full : keep;
  /* A text's row comes no later than its first window's, and may be written over it. */
  float *joined = width == keep ? out : rows;
  const bool join = joined != rows || ctx->sequences != n;
  for (size_t i = 0; i < n && join; i++) {
    join_windows(ctx, i, rows, full, width, joined + i * width);
  }
  if (normalize) model->norm->l2(n, width, joined, width, joined, width);
  for (size_t i = 0; i < n && joined != out; i++) {
    memcpy(out + i * keep, joined + i * width, keep * sizeof *out);
  }
}

/* ---- a call in steps */

static lode_status check_call(const lode_context *ctx, const lode_text *texts, size_t n,
                              const lode_embed_options *options, lode_error *err) {
  const lode_status status = check_options(ctx, texts, n, options, err);
  if (status != LODE_OK || !ctx->call.under_way) return status;
  return lode_error_set(err, LODE_E_ARG, -1, -1, "a call is under way in this context");
}

/* With ctx->call filled in and its texts read. */
static lode_status begin_call(lode_context *ctx, lode_error *err) {
  const lode_status status = lode_context_begin(ctx, &ctx->call.job, err);
  ctx->call.under_way = status == LODE_OK;
  return status;
}

lode_status lode_embed_begin(lode_context *ctx, const lode_text *texts, size_t n,
                             const lode_embed_options *options, float *out, size_t out_len,
                             lode_error *err) {
  lode_error_clear(err);
  const lode_embed_options defaults = LODE_EMBED_OPTIONS_INIT;
  if (!options) options = &defaults;
  lode_status status = check_call(ctx, texts, n, options, err);
  if (status != LODE_OK) return status;
  const lode_model *model = ctx->model;
  const size_t keep = options->dims ? (size_t)options->dims : model->dim;
  size_t needed = 0;
  if ((!out && n) || !lode_size_mul(n, keep, &needed) || needed > out_len) {
    return lode_error_set(err, LODE_E_SPACE, -1, -1, "out has room for %zu floats of %zu x %zu",
                          out ? out_len : 0, n, keep);
  }
  ctx->call = (lode_call){.texts = n, .keep = keep, .options = *options, .out = out};
  ctx->call.under_way = n == 0; /* nothing to begin */
  if (n == 0) return LODE_OK;
  status = read_texts(ctx, texts, n, options, err);
  if (status != LODE_OK) return status;

  /* Straight into the caller's rows when they are the backend's. */
  const bool direct = ctx->sequences == n && keep == model->full_dim;
  if (!direct) {
    size_t floats = 0;
    if (!lode_size_mul(ctx->sequences, model->full_dim, &floats) ||
        !lode_buffer_reserve(&ctx->rows, floats, sizeof(float), 0)) {
      return lode_error_nomem(err);
    }
  }
  ctx->call.job = make_job(ctx, direct ? out : ctx->rows.data);
  return begin_call(ctx, err);
}

lode_status lode_embed_tokens_begin(lode_context *ctx, const lode_text *texts, size_t n,
                                    const lode_embed_options *options, float *out, size_t out_len,
                                    size_t *row_start, lode_error *err) {
  lode_error_clear(err);
  const lode_embed_options defaults = LODE_EMBED_OPTIONS_INIT;
  if (!options) options = &defaults;
  lode_status status = check_call(ctx, texts, n, options, err);
  if (status != LODE_OK) return status;
  if (!row_start || options->dims || options->long_text == LODE_LONG_CHUNK) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "%s",
                          !row_start      ? "row_start is NULL"
                          : options->dims ? "dims cannot be cut from token rows"
                                          : "token rows have no windows: LODE_LONG_CHUNK");
  }
  row_start[0] = 0;
  ctx->call = (lode_call){.texts = n, .options = *options, .out = out};
  ctx->call.job.token_rows = true;
  ctx->call.under_way = n == 0; /* nothing to begin */
  if (n == 0) return LODE_OK;
  status = read_texts(ctx, texts, n, options, err);
  if (status != LODE_OK) return status;
  const size_t *start = ctx->start.data;
  memcpy(row_start, start, (n + 1) * sizeof *row_start);
  const size_t dim = ctx->model->token_dim;
  size_t needed = 0;
  if (!lode_size_mul(start[n], dim, &needed)) return lode_error_nomem(err);
  if (!out || needed > out_len) {
    return lode_error_set(err, LODE_E_SPACE, -1, -1, "out has room for %zu floats of %zu x %zu",
                          out ? out_len : 0, start[n], dim);
  }
  ctx->call.job = make_job(ctx, out);
  ctx->call.job.token_rows = true;
  return begin_call(ctx, err);
}

static void finish_call(lode_context *ctx) {
  const lode_call *call = &ctx->call;
  if (!call->job.token_rows) {
    finish_rows(ctx, call->texts, &call->options, call->job.out, call->keep, call->out);
  } else if (call->options.normalize == LODE_NORMALIZE_ON) {
    const size_t dim = ctx->model->token_dim;
    const size_t rows = ((const size_t *)ctx->start.data)[call->texts];
    ctx->model->norm->l2(rows, dim, call->out, dim, call->out, dim);
  }
  copy_reports(ctx, &call->options, call->texts);
}

lode_status lode_embed_poll(lode_context *ctx, int32_t wait, int32_t *done, lode_error *err) {
  lode_error_clear(err);
  if (!ctx || !done || !ctx->call.under_way) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "ctx or done is NULL, or no call is under way");
  }
  lode_call *call = &ctx->call;
  bool over = call->texts == 0;
  lode_status status = LODE_OK;
  if (!over) {
    status = lode_context_poll(ctx, &call->job, wait != 0, &over, err);
    if (over) finish_call(ctx);
  }
  call->under_way = status == LODE_OK && !over;
  *done = over;
  return status;
}

/* The call that has begun, to its end. */
static lode_status end_call(lode_context *ctx, lode_error *err) {
  int32_t done = 0;
  const lode_status status = lode_embed_poll(ctx, 1, &done, err);
  if (status != LODE_OK || done) return status;
  return lode_cannot_wait(ctx->backend, err);
}

lode_status lode_embed(lode_context *ctx, const lode_text *texts, size_t n,
                       const lode_embed_options *options, float *out, size_t out_len,
                       lode_error *err) {
  const lode_status status = lode_embed_begin(ctx, texts, n, options, out, out_len, err);
  return status == LODE_OK ? end_call(ctx, err) : status;
}

lode_status lode_embed_tokens(lode_context *ctx, const lode_text *texts, size_t n,
                              const lode_embed_options *options, float *out, size_t out_len,
                              size_t *row_start, lode_error *err) {
  const lode_status status =
      lode_embed_tokens_begin(ctx, texts, n, options, out, out_len, row_start, err);
  return status == LODE_OK ? end_call(ctx, err) : status;
}
