/* Where a call's time goes: the backend's times of the program's ops, with their names. */
#include <stdlib.h>

#include "api/context.h"
#include "base/clock.h"

/* The op before `at` that makes `value`, and the first behind `at` that takes it; NULL: none. */
static const lode_op *maker_of(const lode_program *program, size_t at, int value) {
  for (size_t i = at; i-- > 0;) {
    if (program->ops[i].out == value) return &program->ops[i];
  }
  return NULL;
}

static const lode_op *taker_of(const lode_program *program, size_t at, int value) {
  for (size_t i = at + 1; i < program->op_count; i++) {
    if (program->ops[i].in == value) return &program->ops[i];
  }
  return NULL;
}

static bool is(const lode_op *op, lode_op_kind kind) {
  return op && op->kind == kind;
}

/* A linear op's name in a transformer, from what stands before and behind it. */
static const char *linear_name(const lode_program *program, size_t at) {
  const lode_op *op = &program->ops[at];
  if (program->values[op->out].extent != LODE_PER_TOKEN) return "linear";
  if (is(taker_of(program, at, op->out), LODE_OP_ATTENTION)) return "qkv";
  const lode_op *maker = maker_of(program, at, op->in);
  if (is(maker, LODE_OP_ATTENTION)) return "attention out";
  if (op->u.linear.residual == op->in) return "linear";
  if (op->u.linear.residual != LODE_NONE && is(maker, LODE_OP_LINEAR)) return "ffn down";
  if (is(taker_of(program, at, op->out), LODE_OP_LINEAR)) return "ffn up";
  return "linear";
}

static const char *op_name(const lode_program *program, size_t at) {
  switch (program->ops[at].kind) {
    case LODE_OP_EMBED:
      return "embed";
    case LODE_OP_LINEAR:
      return linear_name(program, at);
    case LODE_OP_ATTENTION:
      return "attention";
    case LODE_OP_LAYERNORM:
      return "norm";
    case LODE_OP_POOL:
      return "pool";
    case LODE_OP_NORMALIZE:
      return "normalize";
  }
  return "?";
}

/* Of the products alone, for the context's sequences. */
static double op_flops(const lode_context *ctx, const lode_op *op) {
  const lode_program *program = &ctx->model->program;
  const size_t *start = ctx->start.data;
  if (op->kind == LODE_OP_LINEAR) {
    const lode_weight *w = &program->weights[op->u.linear.weight];
    const bool per_token = program->values[op->out].extent == LODE_PER_TOKEN;
    const size_t rows = per_token ? start[ctx->sequences] : ctx->sequences;
    return 2.0 * (double)rows * (double)w->rows * (double)w->cols;
  }
  if (op->kind != LODE_OP_ATTENTION) return 0;
  double pairs = 0;
  for (size_t s = 0; s < ctx->sequences; s++) {
    const double n = (double)(start[s + 1] - start[s]);
    pairs += n * n;
  }
  return 4.0 * pairs * (double)op->u.attention.heads * (double)op->u.attention.head_dim;
}

static lode_profile_row op_row(const lode_context *ctx, size_t at, const lode_op_time *time) {
  const lode_program *program = &ctx->model->program;
  const lode_op *op = &program->ops[at];
  return (lode_profile_row){
      .name = op_name(program, at),
      .in = op->in == LODE_NONE ? 0 : (int64_t)program->values[op->in].cols,
      .out = (int64_t)program->values[op->out].cols,
      .calls = (int64_t)time->calls,
      .input_seconds = time->seconds[LODE_OP_PART_INPUT],
      .seconds = time->seconds[LODE_OP_PART_SELF],
      .norm_seconds = time->seconds[LODE_OP_PART_NORM],
      .flops = time->calls ? op_flops(ctx, op) : 0,
  };
}

/* Behind those of the ops. */
enum { TRANSFER_ROWS = 2, OTHER_ROWS = 2 + TRANSFER_ROWS };

static double fill_transfer(const lode_transfer_time *time, lode_profile_row *rows) {
  const int64_t calls = (int64_t)time->calls;
  rows[0] = (lode_profile_row){.name = "upload", .calls = calls, .seconds = time->upload_seconds};
  rows[1] = (lode_profile_row){.name = "read back", .calls = calls, .seconds = time->read_seconds};
  return time->upload_seconds + time->read_seconds;
}

static void fill_rows(const lode_context *ctx, double seconds, lode_profile_row *rows) {
  const lode_program *program = &ctx->model->program;
  const size_t last = program->op_count + OTHER_ROWS - 1;
  rows[0] = (lode_profile_row){.name = "tokenize", .calls = 1, .seconds = ctx->read_seconds};
  double rest = seconds - ctx->read_seconds;
  rest -= fill_transfer(&ctx->transfer, &rows[last - TRANSFER_ROWS]);
  for (size_t i = 0; i < program->op_count; i++) {
    rows[i + 1] = op_row(ctx, i, &ctx->times[i]);
    rest -= rows[i + 1].input_seconds + rows[i + 1].seconds + rows[i + 1].norm_seconds;
  }
  /* What rounding leaves of nothing is nothing. */
  rows[last] = (lode_profile_row){.name = "rest", .calls = 1, .seconds = rest > 0 ? rest : 0};
}

lode_status lode_embed_profile(lode_context *ctx, const lode_text *texts, size_t n,
                               const lode_embed_options *options, float *out, size_t out_len,
                               lode_profile_row *rows, size_t capacity, size_t *count,
                               lode_error *err) {
  lode_error_clear(err);
  if (!ctx || !count) return lode_error_set(err, LODE_E_ARG, -1, -1, "ctx or count is NULL");
  if (ctx->workers != 1) {
    return lode_error_set(err, LODE_E_ARG, -1, -1,
                          "the context has %d threads: a profile is of one", ctx->workers);
  }
  const size_t ops = ctx->model->program.op_count;
  *count = ops + OTHER_ROWS;
  if (!rows || capacity < *count) {
    return lode_error_set(err, LODE_E_SPACE, -1, -1, "rows has room for %zu of %zu",
                          rows ? capacity : 0, *count);
  }
  ctx->times = calloc(ops, sizeof *ctx->times);
  if (!ctx->times) return lode_error_nomem(err);
  ctx->read_seconds = 0;
  ctx->transfer = (lode_transfer_time){0};
  ctx->sequences = 0; /* no texts: nothing is read */
  const double begin = lode_clock_seconds();
  const lode_status status = lode_embed(ctx, texts, n, options, out, out_len, err);
  if (status == LODE_OK) fill_rows(ctx, lode_clock_seconds() - begin, rows);
  free(ctx->times);
  ctx->times = NULL;
  return status;
}
