/* One group through the program. The same code serves a worker alone (batch mode: a team of
 * one, whose barriers are free) and a team that shares each op (latency mode).
 *
 * Row-local ops that follow each other are run block of rows by block of rows, so that a
 * block's activations stay in the L2 cache from one op to the next. A team shares a group's
 * rows when there are many, else the columns of each op, so that each packed weight is read
 * by one member only. How work is split never changes a result: see gemm_f32.h. */
#include "backend/cpu/cpu.h"

#include <string.h>

#include "base/clock.h"

/* Queries that are worth a share of their own when heads are few. */
enum { LEAST_QUERIES = 64 };

typedef struct run {
  const lode_prepared *p;
  const lode_job *job;
  const lode_cpu_lane *lane;
  const lode_team *team;
  float *scratch;
  lode_cpu_operand own;    /* this worker's: a block of rows at a time */
  lode_cpu_operand shared; /* the team's: all rows, in latency mode */
} run;

float *lode_cpu_value(const lode_prepared *prepared, const lode_cpu_lane *lane, int value) {
  return (float *)lane->values.data + lane->slot_offset[prepared->plan.slot_of[value]];
}

size_t lode_cpu_stride(const lode_prepared *prepared, int value) {
  return prepared->plan.slots[prepared->plan.slot_of[value]].cols;
}

static size_t stride_of(const run *r, int value) {
  return lode_cpu_stride(r->p, value);
}

static float *rows_of(const run *r, int value, size_t row) {
  return lode_cpu_value(r->p, r->lane, value) + row * stride_of(r, value);
}

static size_t cols_of(const run *r, int value) {
  return r->p->program->values[value].cols;
}

static size_t extent_rows(const run *r, lode_extent extent) {
  return extent == LODE_PER_TOKEN ? r->lane->tokens : r->lane->sequences;
}

static const float *vector_of(const run *r, int weight) {
  return weight == LODE_NONE ? NULL : r->p->weights[weight].vector;
}

/* ---- timing, where the job asks for it */

typedef struct watch {
  lode_op_time *time; /* NULL: nothing is timed */
  double last;
} watch;

static watch watch_start(const run *r, const lode_op *op) {
  if (r->job->times == NULL) return (watch){NULL, 0};
  lode_op_time *time = &r->job->times[op - r->p->program->ops];
  time->calls++;
  return (watch){time, lode_clock_seconds()};
}

/* What was done since the start or the last part was this part of the op, if it has that. */
static void watch_part(watch *w, bool has, lode_op_part part) {
  if (w->time == NULL || !has) return;
  const double now = lode_clock_seconds();
  w->time->seconds[part] += now - w->last;
  w->last = now;
}

/* ---- row-local ops, rows [begin, end) */

static void norm_rows(const run *r, const lode_norm_ref *norm, int in, int out, size_t begin,
                      size_t end) {
  if (norm->gamma == LODE_NONE || begin == end) return;
  r->p->norm->layernorm(end - begin, cols_of(r, out), rows_of(r, in, begin), stride_of(r, in),
                        vector_of(r, norm->gamma), vector_of(r, norm->beta), norm->eps,
                        rows_of(r, out, begin), stride_of(r, out));
}

/* A row of a table in f32: in place, or widened into `widened`. */
static const float *table_row(const run *r, int weight, int32_t row, float *widened) {
  const lode_weight_part *part = r->p->weights[weight].table;
  const size_t cols = r->p->program->weights[weight].cols;
  const size_t offset = (size_t)row * cols;
  switch (part->dtype) {
    case LODE_DTYPE_F16:
      r->p->convert->f16_to_f32(cols, (const uint16_t *)part->data + offset, widened);
      return widened;
    case LODE_DTYPE_BF16:
      r->p->convert->bf16_to_f32(cols, (const uint16_t *)part->data + offset, widened);
      return widened;
    case LODE_DTYPE_I8:
      r->p->convert->i8_to_f32(cols, (const int8_t *)part->data + offset,
                               ((const float *)part->scale)[row], widened);
      return widened;
    default:
      return (const float *)part->data + offset;
  }
}

/* sum += table[row], or sum = table[row]. */
static void add_table_row(const run *r, int weight, int32_t row, bool first, float *sum) {
  if (weight == LODE_NONE) return;
  const size_t cols = r->p->program->weights[weight].cols;
  const float *from = table_row(r, weight, row, r->scratch);
  if (first) {
    memcpy(sum, from, cols * sizeof *sum);
    return;
  }
  for (size_t c = 0; c < cols; c++) sum[c] += from[c];
}

/* The mean of the rows of tokens [begin, begin + n), which a static program's EMBED looks up. */
static void mean_of_rows(const run *r, size_t begin, size_t n, float *out) {
  const lode_op *op = &r->p->program->ops[0];
  const lode_weight_part *part = r->p->weights[op->u.embed.word].table;
  const int row = op->u.embed.row;
  const lode_bag_args args = {
      .table = part->data,
      .dtype = part->dtype,
      .cols = cols_of(r, op->out),
      .scale = part->scale,
      .map = row == LODE_NONE ? NULL : r->p->weights[row].table->data,
      .weight = vector_of(r, op->u.embed.weight),
      .n = n,
      .ids = (const int32_t *)r->lane->ids.data + begin,
      .out = out,
  };
  r->p->bag->mean(&args);
}

static void embed_static(const run *r, const lode_op *op, size_t begin, size_t end) {
  for (size_t t = begin; t < end; t++) mean_of_rows(r, t, 1, rows_of(r, op->out, t));
}

static void embed_rows(const run *r, const lode_op *op, size_t begin, size_t end) {
  const int32_t *ids = r->lane->ids.data;
  const int32_t *types = r->lane->types.data;
  const int32_t *positions = r->lane->positions.data;
  for (size_t t = begin; t < end; t++) {
    float *out = rows_of(r, op->out, t);
    add_table_row(r, op->u.embed.word, ids[t], true, out);
    add_table_row(r, op->u.embed.type, types[t], false, out);
    add_table_row(r, op->u.embed.position, positions[t], false, out);
  }
}

/* Rows [begin, end) of a linear op's input as its kernel wants them, into rows at, at + 1, ...
 * of `operand`. f32 is used where it is. */
static void lower_rows(const run *r, const lode_op *op, size_t begin, size_t end,
                       const lode_cpu_operand *operand, size_t at) {
  const lode_cpu_weight *w = &r->p->weights[op->u.linear.weight];
  const size_t k = cols_of(r, op->in);
  const float *in = rows_of(r, op->in, begin);
  const size_t stride = stride_of(r, op->in);
  const size_t ld = lode_cpu_operand_ld(w->kind, k);
  if (w->kind == LODE_DTYPE_I8) {
    r->p->quantize->rows(end - begin, k, in, stride, w->smooth, (int8_t *)operand->rows + at * ld,
                         ld, operand->scale + at, operand->sum + at);
  } else if (w->kind == LODE_DTYPE_BF16) {
    uint16_t *to = (uint16_t *)operand->rows + at * ld;
    for (size_t row = begin; row < end; row++, in += stride, to += ld) {
      r->p->convert->f32_to_bf16(k, in, to);
      if (k % 2 != 0) to[k] = 0;
    }
  }
}

/* Rows [begin, end), columns [n0, n1) of a linear op, without its norm. Row `begin` of its
 * input is row `at` of `operand`. */
static void linear_part(const run *r, const lode_op *op, size_t begin, size_t end, size_t n0,
                        size_t n1, const lode_cpu_operand *operand, size_t at) {
  if (begin == end || n0 == n1) return;
  const lode_weight *w = &r->p->program->weights[op->u.linear.weight];
  const lode_cpu_weight *weight = &r->p->weights[op->u.linear.weight];
  const int residual = op->u.linear.residual;
  lode_gemm_args args = {
      .m = end - begin,
      .n0 = n0,
      .n1 = n1,
      .n = w->rows,
      .k = w->cols,
      .b = weight->packed,
      .bias = vector_of(r, op->u.linear.bias),
      .residual = residual == LODE_NONE ? NULL : rows_of(r, residual, begin),
      .ldr = residual == LODE_NONE ? 0 : stride_of(r, residual),
      .c = rows_of(r, op->out, begin),
      .ldc = stride_of(r, op->out),
      .act = op->u.linear.act,
  };
  const size_t ld = lode_cpu_operand_ld(weight->kind, w->cols);
  switch (weight->kind) {
    case LODE_DTYPE_I8:
      args.a = (int8_t *)operand->rows + at * ld;
      args.lda = ld;
      args.row_scale = operand->scale + at;
      args.row_sum = operand->sum + at;
      args.col_scale = weight->scale;
      break;
    case LODE_DTYPE_BF16:
      args.a = (uint16_t *)operand->rows + at * ld;
      args.lda = ld;
      break;
    default:
      args.a = rows_of(r, op->in, begin);
      args.lda = stride_of(r, op->in);
      break;
  }
  weight->gemm->run(&args);
}

static void linear_norm(const run *r, const lode_op *op, size_t begin, size_t end) {
  norm_rows(r, &op->u.linear.norm, op->out, op->out, begin, end);
}

static void observe(const run *r, const lode_op *op, size_t begin, size_t end) {
  if (r->job->observe == NULL) return;
  r->job->observe(r->job->observer, op, end - begin, cols_of(r, op->in), rows_of(r, op->in, begin),
                  stride_of(r, op->in));
}

static void run_rows(const run *r, const lode_op *op, size_t begin, size_t end) {
  if (begin == end) return;
  watch w = watch_start(r, op);
  switch (op->kind) {
    case LODE_OP_EMBED:
      if (lode_program_is_static(r->p->program)) {
        embed_static(r, op, begin, end);
      } else {
        embed_rows(r, op, begin, end);
      }
      watch_part(&w, true, LODE_OP_PART_SELF);
      norm_rows(r, &op->u.embed.norm, op->out, op->out, begin, end);
      watch_part(&w, op->u.embed.norm.gamma != LODE_NONE, LODE_OP_PART_NORM);
      break;
    case LODE_OP_LINEAR:
      observe(r, op, begin, end);
      lower_rows(r, op, begin, end, &r->own, 0);
      watch_part(&w, r->p->weights[op->u.linear.weight].kind != LODE_DTYPE_F32, LODE_OP_PART_INPUT);
      linear_part(r, op, begin, end, 0, cols_of(r, op->out), &r->own, 0);
      watch_part(&w, true, LODE_OP_PART_SELF);
      linear_norm(r, op, begin, end);
      watch_part(&w, op->u.linear.norm.gamma != LODE_NONE, LODE_OP_PART_NORM);
      break;
    case LODE_OP_LAYERNORM:
      norm_rows(r, &op->u.layernorm.norm, op->in, op->out, begin, end);
      watch_part(&w, true, LODE_OP_PART_SELF);
      break;
    case LODE_OP_NORMALIZE:
      r->p->norm->l2(end - begin, cols_of(r, op->out), rows_of(r, op->in, begin),
                     stride_of(r, op->in), rows_of(r, op->out, begin), stride_of(r, op->out));
      watch_part(&w, true, LODE_OP_PART_SELF);
      break;
    case LODE_OP_ATTENTION:
    case LODE_OP_POOL:
      break; /* not row-local: run_across */
  }
}

/* ---- ops across rows */

/* Attention's work is (sequence, head, part of the queries), shared so that each member has
 * about the same number of query-key pairs. */
static void attention(const run *r, const lode_op *op) {
  const size_t heads = op->u.attention.heads;
  const size_t d = op->u.attention.head_dim;
  const size_t *start = r->lane->start.data;
  const size_t members = (size_t)r->team->size;
  const size_t rank = (size_t)r->team->rank;
  double total = 0;
  for (size_t s = 0; s < r->lane->sequences; s++) {
    const double n = (double)(start[s + 1] - start[s]);
    total += n * n * (double)heads;
  }
  double done = 0;
  for (size_t s = 0; s < r->lane->sequences; s++) {
    const size_t n = start[s + 1] - start[s];
    if (n == 0) continue;
    size_t parts = heads * r->lane->sequences < 4 * members ? n / LEAST_QUERIES : 1;
    if (parts > members) parts = members;
    if (parts < 1) parts = 1;
    const double cost = (double)n * (double)n / (double)parts;
    const float *qkv = rows_of(r, op->in, start[s]);
    float *out = rows_of(r, op->out, start[s]);
    for (size_t item = 0; item < heads * parts; item++) {
      const size_t owner = (size_t)(done / total * (double)members);
      done += cost;
      if (owner != rank) continue;
      const size_t head = item / parts;
      const size_t part = item % parts;
      const lode_attention_args args = {
          .n = n,
          .d = d,
          .row0 = n * part / parts,
          .row1 = n * (part + 1) / parts,
          .q = qkv + head * d,
          .k = qkv + (heads + head) * d,
          .v = qkv + (2 * heads + head) * d,
          .ld = stride_of(r, op->in),
          .scale = op->u.attention.scale,
          .out = out + head * d,
          .ldo = stride_of(r, op->out),
          .scratch = r->scratch,
      };
      r->p->attention->run(&args);
    }
  }
}

static void pool(const run *r, const lode_op *op) {
  const size_t cols = cols_of(r, op->in);
  const size_t *start = r->lane->start.data;
  const size_t *row = r->lane->row.data;
  size_t begin = 0;
  size_t end = 0;
  lode_team_share(r->team, r->lane->sequences, 1, &begin, &end);
  for (size_t s = begin; s < end; s++) {
    const size_t n = start[s + 1] - start[s];
    if (r->p->is_bag) {
      mean_of_rows(r, start[s], n, rows_of(r, op->out, s));
      continue;
    }
    size_t skip = op->u.pool.skip_prompt && r->job->skip ? r->job->skip[row[s]] : 0;
    if (skip > n) skip = n;
    float *out = rows_of(r, op->out, s);
    for (size_t i = 0; i < op->u.pool.poolings.count; i++) {
      const lode_pooling kind = op->u.pool.poolings.kinds[i];
      r->p->pool->run(kind, n, skip, cols, rows_of(r, op->in, start[s]), stride_of(r, op->in), out);
      out += cols;
    }
  }
}

/* ---- segments */

static void run_segment_by_rows(const run *r, const lode_cpu_segment *segment, size_t rows) {
  size_t begin = 0;
  size_t end = 0;
  lode_team_share(r->team, rows, 8, &begin, &end);
  for (size_t block = begin; block < end; block += LODE_CPU_BLOCK_ROWS) {
    const size_t block_end = block + LODE_CPU_BLOCK_ROWS < end ? block + LODE_CPU_BLOCK_ROWS : end;
    for (size_t i = segment->first; i < segment->last; i++) {
      run_rows(r, &r->p->program->ops[i], block, block_end);
    }
  }
}

/* Every member reads its own part of each weight; then all meet. */
static void run_segment_by_columns(const run *r, const lode_cpu_segment *segment, size_t rows) {
  for (size_t i = segment->first; i < segment->last; i++) {
    const lode_op *op = &r->p->program->ops[i];
    size_t begin = 0;
    size_t end = 0;
    if (op->kind == LODE_OP_LINEAR) {
      const lode_cpu_weight *weight = &r->p->weights[op->u.linear.weight];
      if (weight->kind != LODE_DTYPE_F32) {
        lode_team_share(r->team, rows, 1, &begin, &end);
        lower_rows(r, op, begin, end, &r->shared, begin);
        lode_team_barrier(r->team);
      }
      lode_team_share(r->team, cols_of(r, op->out), weight->gemm->layout->panel, &begin, &end);
      linear_part(r, op, 0, rows, begin, end, &r->shared, 0);
      lode_team_barrier(r->team);
      if (op->u.linear.norm.gamma == LODE_NONE) continue;
      lode_team_share(r->team, rows, 1, &begin, &end);
      linear_norm(r, op, begin, end);
    } else {
      lode_team_share(r->team, rows, 1, &begin, &end);
      run_rows(r, op, begin, end);
    }
    lode_team_barrier(r->team);
  }
}

static void run_across(const run *r, const lode_op *op) {
  watch w = watch_start(r, op);
  if (op->kind == LODE_OP_ATTENTION) {
    attention(r, op);
  } else {
    pool(r, op);
  }
  watch_part(&w, true, LODE_OP_PART_SELF);
}

static lode_cpu_operand operand_of(const lode_session *session, int worker) {
  const lode_cpu_operand_memory *memory = &session->operand[worker];
  return (lode_cpu_operand){memory->rows.data, memory->scale.data, memory->sum.data};
}

void lode_cpu_execute(const lode_session *session, const lode_cpu_lane *lane, const lode_team *team,
                      int worker) {
  const lode_prepared *p = session->prepared;
  const run r = {.p = p,
                 .job = session->job,
                 .lane = lane,
                 .team = team,
                 .scratch = session->scratch[worker].data,
                 .own = operand_of(session, worker),
                 .shared = operand_of(session, 0)};
  const size_t segments = r.job->token_rows ? p->token_segments : p->segment_count;
  /* The second op of a bag takes what the first would have looked up from the table itself. */
  const size_t first = p->is_bag && !r.job->token_rows ? 1 : 0;
  for (size_t i = first; i < segments; i++) {
    const lode_cpu_segment *segment = &p->segments[i];
    const size_t rows = extent_rows(&r, segment->extent);
    if (!segment->row_local) {
      run_across(&r, &p->program->ops[segment->first]);
      lode_team_barrier(team);
    } else if (team->size == 1 || rows >= LODE_CPU_LEAST_ROWS_PER_MEMBER * (size_t)team->size) {
      run_segment_by_rows(&r, segment, rows);
      lode_team_barrier(team);
    } else {
      run_segment_by_columns(&r, segment, rows);
    }
  }
}
