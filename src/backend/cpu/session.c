/* A session's memory, and running a job: reserve everything, then compute, so that a failure
 * leaves the output untouched and computing cannot fail. */
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/cpu.h"

static void session_free(lode_session *session) {
  if (!session) return;
  for (int w = 0; w < session->workers; w++) {
    if (session->lanes) {
      lode_cpu_lane *lane = &session->lanes[w];
      lode_buffer_free(&lane->ids);
      lode_buffer_free(&lane->types);
      lode_buffer_free(&lane->positions);
      lode_buffer_free(&lane->start);
      lode_buffer_free(&lane->row);
      lode_buffer_free(&lane->values);
      free(lane->slot_offset);
    }
    if (session->scratch) lode_buffer_free(&session->scratch[w]);
    if (session->operand) {
      lode_buffer_free(&session->operand[w].rows);
      lode_buffer_free(&session->operand[w].scale);
      lode_buffer_free(&session->operand[w].sum);
    }
  }
  free(session->lanes);
  free(session->scratch);
  free(session->operand);
  lode_cpu_schedule_free(&session->schedule);
  free(session);
}

static lode_status session_new(const lode_prepared *prepared, lode_pool *pool, lode_session **out,
                               lode_error *err) {
  lode_session *session = calloc(1, sizeof *session);
  if (!session) return lode_error_nomem(err);
  session->prepared = prepared;
  session->pool = pool;
  session->workers = lode_pool_size(pool);
  session->lanes = calloc((size_t)session->workers, sizeof *session->lanes);
  session->scratch = calloc((size_t)session->workers, sizeof *session->scratch);
  session->operand = calloc((size_t)session->workers, sizeof *session->operand);
  bool complete = session->lanes && session->scratch && session->operand;
  for (int w = 0; w < session->workers && complete; w++) {
    session->lanes[w].slot_offset =
        calloc(prepared->plan.slot_count, sizeof *session->lanes[w].slot_offset);
    complete = session->lanes[w].slot_offset != NULL;
  }
  if (!complete) {
    session_free(session);
    return lode_error_nomem(err);
  }
  *out = session;
  return LODE_OK;
}

/* Floats of scratch for a longest sequence of n tokens. */
static size_t scratch_floats(const lode_prepared *prepared, size_t n) {
  size_t most = 0;
  const lode_program *program = prepared->program;
  for (size_t i = 0; i < program->op_count; i++) {
    const lode_op *op = &program->ops[i];
    size_t floats = 0;
    if (op->kind == LODE_OP_ATTENTION) {
      floats = prepared->attention->scratch_size(n, op->u.attention.head_dim);
    } else if (op->kind == LODE_OP_EMBED) {
      floats = program->values[op->out].cols;
    }
    if (floats > most) most = floats;
  }
  return most;
}

/* Rows of values that a group's tokens need: a bag has none of its own. */
static size_t value_tokens(const lode_prepared *prepared, const lode_job *job, size_t tokens) {
  return prepared->is_bag && !job->token_rows ? 0 : tokens;
}

/* Rows of an operand: a block for a worker alone, or all rows of a team that shares columns. */
static size_t operand_rows(const lode_session *session, size_t tokens) {
  if (session->prepared->operand_row_bytes == 0) return 0;
  const size_t shared = (size_t)session->workers * LODE_CPU_LEAST_ROWS_PER_MEMBER;
  const size_t most = shared > LODE_CPU_BLOCK_ROWS ? shared : LODE_CPU_BLOCK_ROWS;
  return tokens < most ? tokens : most;
}

static bool reserve_operand(lode_cpu_operand_memory *memory, size_t rows, size_t row_bytes) {
  return rows == 0 || (lode_buffer_reserve(&memory->rows, rows, row_bytes, 0) &&
                       lode_buffer_reserve(&memory->scale, rows, sizeof(float), 0) &&
                       lode_buffer_reserve(&memory->sum, rows, sizeof(int32_t), 0));
}

/* Tokens and sequences that memory is reserved for at a time. A module's memory never shrinks, and
 * a buffer that grows little by little leaves holes behind that are too small for the next one:
 * there it has room for a full group from the first job on. */
#if defined(__wasm__)
enum { STEP = LODE_CPU_GROUP_TOKENS };
#else
enum { STEP = 1 };
#endif

/* In steps, a buffer is as large as it has to be, and never twice in memory; between jobs it holds
 * nothing. */
static bool reserve_values(lode_buffer *values, size_t floats) {
  if (STEP > 1 && floats > values->capacity / sizeof(float)) lode_buffer_free(values);
  return lode_buffer_reserve(values, floats, sizeof(float), 0);
}

/* Room for any group of a job with this many tokens, sequences and this longest sequence, by a
 * rule that grows with each of them: a job that is no larger needs nothing new. */
static bool reserve(lode_session *session, const lode_job *job) {
  const lode_prepared *p = session->prepared;
  size_t total = 0; /* a sequence without tokens takes the place of one */
  size_t longest = 0;
  for (size_t s = 0; s < job->sequences; s++) {
    const size_t n = job->start[s + 1] - job->start[s];
    if (n > longest) longest = n;
    total += n > 0 ? n : 1;
  }
  size_t tokens = longest > LODE_CPU_GROUP_TOKENS ? longest : LODE_CPU_GROUP_TOKENS;
  if (tokens > total) tokens = total;
  size_t sequences = job->sequences < tokens ? job->sequences : tokens;
  tokens = lode_gemm_round_up(tokens, STEP);
  sequences = lode_gemm_round_up(sequences, STEP);
  const size_t scratch = scratch_floats(p, longest);
  const size_t rows = operand_rows(session, tokens);
  for (int w = 0; w < session->workers; w++) {
    lode_cpu_lane *lane = &session->lanes[w];
    size_t floats = 0;
    if (!lode_memory_plan_size(&p->plan, value_tokens(p, job, tokens), sequences, &floats, NULL)) {
      return false;
    }
    if (!lode_buffer_reserve(&lane->ids, tokens, sizeof(int32_t), 0) ||
        !lode_buffer_reserve(&lane->types, tokens, sizeof(int32_t), 0) ||
        !lode_buffer_reserve(&lane->positions, tokens, sizeof(int32_t), 0) ||
        !lode_buffer_reserve(&lane->start, sequences + 1, sizeof(size_t), 0) ||
        !lode_buffer_reserve(&lane->row, sequences, sizeof(size_t), 0) ||
        !reserve_values(&lane->values, floats) ||
        !lode_buffer_reserve(&session->scratch[w], scratch, sizeof(float), 0) ||
        !reserve_operand(&session->operand[w], rows, p->operand_row_bytes)) {
      return false;
    }
  }
  return true;
}

/* ---- one group: into a lane, through the program, out */

static void gather_sequence(const lode_session *session, lode_cpu_lane *lane, size_t at, size_t s) {
  const lode_job *job = session->job;
  const lode_position_rule rule = session->prepared->program->positions;
  const size_t begin = job->start[s];
  const size_t n = job->start[s + 1] - begin;
  if (n == 0) return;
  int32_t *ids = (int32_t *)lane->ids.data + at;
  int32_t *types = (int32_t *)lane->types.data + at;
  int32_t *positions = (int32_t *)lane->positions.data + at;
  memcpy(ids, job->ids + begin, n * sizeof *ids);
  if (job->type_ids) {
    memcpy(types, job->type_ids + begin, n * sizeof *types);
  } else {
    memset(types, 0, n * sizeof *types);
  }
  int32_t position = rule.offset;
  for (size_t t = 0; t < n; t++) {
    const bool skipped = rule.skip_id >= 0 && ids[t] == rule.skip_id;
    positions[t] = skipped ? rule.offset - 1 : position++;
  }
}

static void gather_group(const lode_session *session, lode_cpu_lane *lane, size_t group) {
  const size_t *order = session->schedule.order.data;
  const size_t *group_start = session->schedule.group_start.data;
  const lode_job *job = session->job;
  size_t *start = lane->start.data;
  size_t *row = lane->row.data;
  lane->tokens = 0;
  lane->sequences = group_start[group + 1] - group_start[group];
  for (size_t i = 0; i < lane->sequences; i++) {
    const size_t s = order[group_start[group] + i];
    gather_sequence(session, lane, lane->tokens, s);
    start[i] = lane->tokens;
    row[i] = s;
    lane->tokens += job->start[s + 1] - job->start[s];
  }
  start[lane->sequences] = lane->tokens;
  size_t floats = 0;
  lode_memory_plan_size(&session->prepared->plan,
                        value_tokens(session->prepared, job, lane->tokens), lane->sequences,
                        &floats, lane->slot_offset);
}

static void scatter_group(const lode_session *session, const lode_cpu_lane *lane) {
  const lode_job *job = session->job;
  const lode_program *program = session->prepared->program;
  const int value = job->token_rows ? program->token_value : program->output;
  const size_t cols = program->values[value].cols;
  const size_t stride = lode_cpu_stride(session->prepared, value);
  const float *from = lode_cpu_value(session->prepared, lane, value);
  const size_t *start = lane->start.data;
  const size_t *row = lane->row.data;
  for (size_t i = 0; i < lane->sequences; i++) {
    const size_t begin = job->token_rows ? start[i] : i;
    const size_t end = job->token_rows ? start[i + 1] : i + 1;
    float *to = job->out + (job->token_rows ? job->start[row[i]] : row[i]) * cols;
    for (size_t k = begin; k < end; k++, to += cols) {
      memcpy(to, from + k * stride, cols * sizeof *from);
    }
  }
}

static void run_group_alone(void *arg, size_t group, int worker) {
  lode_session *session = arg;
  lode_cpu_lane *lane = &session->lanes[worker];
  const lode_team alone = {NULL, 0, 1};
  gather_group(session, lane, group);
  lode_cpu_execute(session, lane, &alone, worker);
  scatter_group(session, lane);
}

static void run_group_together(void *arg, const lode_team *team) {
  lode_session *session = arg;
  lode_cpu_lane *lane = &session->lanes[0];
  for (size_t group = 0; group < session->schedule.groups; group++) {
    if (team->rank == 0) gather_group(session, lane, group);
    lode_team_barrier(team);
    lode_cpu_execute(session, lane, team, team->rank);
    if (team->rank == 0) scatter_group(session, lane);
  }
}

static lode_status run(lode_session *session, const lode_job *job, lode_error *err) {
  if (job->sequences == 0) return LODE_OK;
  if (!reserve(session, job) ||
      !lode_cpu_schedule_make(&session->schedule, session->prepared, job, session->workers)) {
    return lode_error_nomem(err);
  }
  session->job = job;
  if (session->schedule.latency) {
    lode_pool_together(session->pool, run_group_together, session);
  } else {
    lode_pool_each(session->pool, session->schedule.groups, run_group_alone, session);
  }
  session->job = NULL;
  return LODE_OK;
}

static size_t weight_bytes(const lode_prepared *prepared) {
  return prepared->weight_bytes;
}

const lode_backend lode_backend_cpu = {
    .name = "cpu",
    .prepare = lode_cpu_prepare,
    .prepare_weights = lode_cpu_prepare_weights,
    .prepared_free = lode_cpu_prepared_free,
    .weight_bytes = weight_bytes,
    .session_new = session_new,
    .session_free = session_free,
    .run = run,
};
