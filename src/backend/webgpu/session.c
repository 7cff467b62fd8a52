/* One batch after another: begin uploads what a batch is made of and submits its commands, and
 * those of the next; poll asks whether the first are done, reads the rows back and submits one
 * more. The device takes them in turn, so that only what is read back is there twice. */
#include <stdlib.h>
#include <string.h>

#include "backend/webgpu/webgpu.h"
#include "base/clock.h"

/* Fewer workgroups than this leave parts of a GPU idle: then tiles have 16 rows, not 64. */
enum { MANY_GROUPS = 128 };

static uint64_t aligned(uint64_t bytes) {
  return (bytes + LODE_GPU_ALIGNMENT - 1) / LODE_GPU_ALIGNMENT * LODE_GPU_ALIGNMENT;
}

/* ---- memory */

static void drop(const lode_session *session, lode_gpu_id *id) {
  session->prepared->driver->release(session->prepared->gpu, *id);
  *id = 0;
}

/* All whose size depends on tokens and sequences. */
static void drop_all(lode_session *session) {
  const lode_prepared *p = session->prepared;
  for (size_t i = 0; i < p->command_count && session->groups; i++)
    drop(session, &session->groups[i]);
  for (size_t i = 0; i < p->plan.slot_count && session->slots; i++) {
    drop(session, &session->slots[i]);
  }
  drop(session, &session->operand);
  drop(session, &session->operand_scale);
  drop(session, &session->value_scale);
  drop(session, &session->inputs);
  session->tokens = 0;
  session->sequences = 0;
}

lode_status lode_webgpu_session_new(const lode_prepared *prepared, lode_pool *pool,
                                    lode_session **out, lode_error *err) {
  (void)pool; /* the device has its own */
  lode_session *session = calloc(1, sizeof *session);
  if (!session) return lode_error_nomem(err);
  session->prepared = prepared;
  session->slots = calloc(prepared->plan.slot_count + 1, sizeof *session->slots);
  session->groups = calloc(prepared->command_count + 1, sizeof *session->groups);
  if (!session->slots || !session->groups) {
    lode_webgpu_session_free(session);
    return lode_error_nomem(err);
  }
  *out = session;
  return LODE_OK;
}

void lode_webgpu_session_free(lode_session *session) {
  if (!session) return;
  if (session->job) { /* begun and never finished: nothing may call back any more */
    for (; session->done < session->begun; session->done++) {
      const lode_webgpu_flight *flight = &session->flights[session->done % LODE_WEBGPU_FLIGHTS];
      session->prepared->driver->poll(session->prepared->gpu, flight->staging, true);
    }
  }
  drop_all(session);
  for (size_t i = 0; i < LODE_WEBGPU_FLIGHTS; i++) drop(session, &session->flights[i].staging);
  drop(session, &session->queries);
  drop(session, &session->times);
  free(session->slots);
  free(session->groups);
  lode_buffer_free(&session->host);
  lode_buffer_free(&session->results);
  free(session);
}

/* Of whichever extent. */
static size_t most_rows(const lode_session *session) {
  return session->tokens > session->sequences ? session->tokens : session->sequences;
}

static uint64_t value_scale_bytes(const lode_session *session) {
  return (uint64_t)session->sequences * session->prepared->value_components * 2 * sizeof(float);
}

static lode_gpu_binding binding_of(const lode_session *session, size_t command,
                                   const lode_webgpu_bound *bound) {
  const lode_prepared *p = session->prepared;
  switch (bound->source) {
    case LODE_WEBGPU_PARAMS_OF_COMMAND:
      return (lode_gpu_binding){session->inputs, command * LODE_GPU_ALIGNMENT,
                                LODE_WEBGPU_PARAMS * sizeof(uint32_t)};
    case LODE_WEBGPU_SLOT: {
      const size_t rows = p->plan.slots[bound->slot].extent == LODE_PER_TOKEN ? session->tokens
                                                                              : session->sequences;
      return (lode_gpu_binding){session->slots[bound->slot], 0,
                                rows * lode_webgpu_stride(p, bound->slot)};
    }
    case LODE_WEBGPU_TOKENS:
      return (lode_gpu_binding){session->inputs, session->at.tokens,
                                session->tokens * 4 * sizeof(uint32_t)};
    case LODE_WEBGPU_RANGES:
      return (lode_gpu_binding){session->inputs, session->at.ranges,
                                session->tokens * 2 * sizeof(uint32_t)};
    case LODE_WEBGPU_SEQUENCES:
      return (lode_gpu_binding){session->inputs, session->at.sequences,
                                session->sequences * 4 * sizeof(uint32_t)};
    case LODE_WEBGPU_OPERAND:
      return (lode_gpu_binding){session->operand, 0, most_rows(session) * p->operand_bytes};
    case LODE_WEBGPU_OPERAND_SCALE:
      return (lode_gpu_binding){session->operand_scale, 0, most_rows(session) * sizeof(float)};
    case LODE_WEBGPU_VALUE_SCALE:
      return (lode_gpu_binding){session->value_scale, 0, value_scale_bytes(session)};
    case LODE_WEBGPU_WEIGHT:
      break;
  }
  return bound->weight;
}

static bool make_groups(lode_session *session) {
  const lode_prepared *p = session->prepared;
  for (size_t i = 0; i < p->command_count; i++) {
    const lode_webgpu_command *command = &p->commands[i];
    lode_gpu_binding bindings[LODE_WEBGPU_MAX_BINDINGS];
    for (size_t b = 0; b < command->bound_count; b++) {
      bindings[b] = binding_of(session, i, &command->bound[b]);
    }
    session->groups[i] =
        p->driver->group(p->gpu, command->pipeline, bindings, command->bound_count);
    if (session->groups[i] == 0) return false;
  }
  return true;
}

static bool make_slots(lode_session *session) {
  const lode_prepared *p = session->prepared;
  for (size_t s = 0; s < p->plan.slot_count; s++) {
    const bool per_token = p->plan.slots[s].extent == LODE_PER_TOKEN;
    const size_t rows = per_token ? session->tokens : session->sequences;
    session->slots[s] = p->driver->buffer(p->gpu, LODE_GPU_STORAGE | LODE_GPU_COPY_SRC,
                                          rows * lode_webgpu_stride(p, (int)s));
    if (session->slots[s] == 0) return false;
  }
  return true;
}

static bool make_storage(const lode_session *session, uint64_t bytes, lode_gpu_id *out) {
  const lode_prepared *p = session->prepared;
  if (bytes > 0) *out = p->driver->buffer(p->gpu, LODE_GPU_STORAGE, bytes);
  return bytes == 0 || *out != 0;
}

/* What stands between the ops of a program of integers. */
static bool make_operands(lode_session *session) {
  const size_t rows = session->prepared->operand_bytes > 0 ? most_rows(session) : 0;
  return make_storage(session, rows * session->prepared->operand_bytes, &session->operand) &&
         make_storage(session, rows * sizeof(float), &session->operand_scale) &&
         make_storage(session, value_scale_bytes(session), &session->value_scale);
}

/* Room for a submission of this size; a half again where it has to grow. */
static lode_status reserve(lode_session *session, size_t tokens, size_t sequences,
                           lode_error *err) {
  const lode_prepared *p = session->prepared;
  if (tokens <= session->tokens && sequences <= session->sequences) return LODE_OK;
  const size_t had_tokens = session->tokens, had_sequences = session->sequences;
  drop_all(session);
  const size_t grown = had_tokens + had_tokens / 2;
  session->tokens = tokens > had_tokens ? (tokens > grown ? tokens : grown) : had_tokens;
  if (session->tokens > p->most_tokens) session->tokens = tokens;
  session->sequences = sequences > had_sequences ? sequences : had_sequences;
  session->at.tokens = p->command_count * LODE_GPU_ALIGNMENT;
  session->at.ranges = session->at.tokens + aligned(session->tokens * 4 * sizeof(uint32_t));
  session->at.sequences = session->at.ranges + aligned(session->tokens * 2 * sizeof(uint32_t));
  session->at.size = session->at.sequences + aligned(session->sequences * 4 * sizeof(uint32_t));
  session->inputs = p->driver->buffer(
      p->gpu, LODE_GPU_UNIFORM | LODE_GPU_STORAGE | LODE_GPU_COPY_DST, session->at.size);
  if (session->inputs == 0 || !make_slots(session) || !make_operands(session) ||
      !make_groups(session)) {
    const lode_status status = lode_webgpu_trouble(p, "memory for a batch", err);
    drop_all(session);
    return status;
  }
  return LODE_OK;
}

static void drop_staging(const lode_session *session, lode_webgpu_flight *flight) {
  drop(session, &flight->staging);
  flight->staging_bytes = 0;
}

static lode_status reserve_staging(const lode_session *session, lode_webgpu_flight *flight,
                                   uint64_t bytes, lode_error *err) {
  const lode_prepared *p = session->prepared;
  if (bytes <= flight->staging_bytes) return LODE_OK;
  drop_staging(session, flight);
  flight->staging = p->driver->buffer(p->gpu, LODE_GPU_MAP_READ | LODE_GPU_COPY_DST, bytes);
  if (flight->staging == 0) return lode_webgpu_trouble(p, "memory for results", err);
  flight->staging_bytes = bytes;
  return LODE_OK;
}

/* ---- a submission's inputs */

static size_t tokens_of(const lode_job *job, size_t s) {
  return job->start[s + 1] - job->start[s];
}

static int wanted_value(const lode_session *session) {
  const lode_program *program = session->prepared->program;
  return session->job->token_rows ? program->token_value : program->output;
}

/* Where the upload has what is to lie at byte `at`, a multiple of 4, of the input buffer. */
static uint32_t *host_at(const lode_session *session, uint64_t at) {
  return (uint32_t *)session->host.data + at / sizeof(uint32_t);
}

static void write_params(const lode_session *session, size_t tokens, size_t sequences) {
  const lode_prepared *p = session->prepared;
  for (size_t i = 0; i < p->command_count; i++) {
    uint32_t *params = host_at(session, i * LODE_GPU_ALIGNMENT);
    memcpy(params, p->commands[i].params, sizeof p->commands[i].params);
    params[0] = (uint32_t)(p->commands[i].extent == LODE_PER_TOKEN ? tokens : sequences);
  }
}

static void write_sequence(const lode_session *session, size_t s, size_t at, size_t index) {
  const lode_job *job = session->job;
  const lode_position_rule rule = session->prepared->program->positions;
  const size_t n = tokens_of(job, s);
  uint32_t *token = host_at(session, session->at.tokens) + 4 * at;
  uint32_t *range = host_at(session, session->at.ranges) + 2 * at;
  uint32_t *sequence = host_at(session, session->at.sequences) + 4 * index;
  int32_t position = rule.offset;
  for (size_t t = 0; t < n; t++, token += 4, range += 2) {
    const int32_t id = job->ids[job->start[s] + t];
    const bool skipped = rule.skip_id >= 0 && id == rule.skip_id;
    token[0] = (uint32_t)id;
    token[1] = (uint32_t)(skipped ? rule.offset - 1 : position++);
    token[2] = job->type_ids ? (uint32_t)job->type_ids[job->start[s] + t] : 0;
    token[3] = (uint32_t)index;
    range[0] = (uint32_t)at;
    range[1] = (uint32_t)(at + n);
  }
  const size_t skip = job->skip && job->skip[s] < n ? job->skip[s] : job->skip ? n : 0;
  sequence[0] = (uint32_t)at;
  sequence[1] = (uint32_t)(at + n);
  sequence[2] = (uint32_t)skip;
  sequence[3] = 0;
}

static void upload_inputs(const lode_session *session, size_t tokens, size_t sequences) {
  const lode_prepared *p = session->prepared;
  const struct {
    uint64_t at;
    size_t size;
  } parts[] = {
      {0, p->command_count * LODE_GPU_ALIGNMENT},
      {session->at.tokens, tokens * 4 * sizeof(uint32_t)},
      {session->at.ranges, tokens * 2 * sizeof(uint32_t)},
      {session->at.sequences, sequences * 4 * sizeof(uint32_t)},
  };
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    p->driver->upload(p->gpu, session->inputs, parts[i].at, host_at(session, parts[i].at),
                      parts[i].size);
  }
}

/* ---- commands */

static void dispatch(const lode_session *session, lode_gpu_id commands, size_t i, size_t rows) {
  const lode_prepared *p = session->prepared;
  const lode_webgpu_command *command = &p->commands[i];
  lode_gpu_id pipeline = command->pipeline;
  uint32_t x = 1, y = 1;
  const uint32_t n = (uint32_t)rows;
  switch (command->grid) {
    case LODE_WEBGPU_GRID_ROWS:
      y = n / LODE_GPU_GROUPS + 1;
      x = (n + y - 1) / y;
      break;
    case LODE_WEBGPU_GRID_TILES:
      x = command->across;
      y = (n + 63) / 64;
      if (x * y < MANY_GROUPS) {
        pipeline = command->pipeline_few;
        y = (n + 15) / 16;
      }
      break;
    case LODE_WEBGPU_GRID_ATTENTION:
      x = (n + 63) / 64;
      y = command->across;
      break;
    case LODE_WEBGPU_GRID_POOL:
      x = command->across;
      y = n;
      break;
  }
  p->driver->dispatch(p->gpu, commands, pipeline, session->groups[i], x, y);
}

/* Commands that the job needs. */
static size_t command_count(const lode_session *session) {
  const lode_prepared *p = session->prepared;
  return session->job->token_rows ? p->token_commands : p->command_count;
}

static void submit(const lode_session *session, lode_gpu_id commands,
                   const lode_webgpu_flight *flight) {
  const lode_prepared *p = session->prepared;
  const lode_gpu_driver *driver = p->driver;
  const size_t tokens = flight->tokens, sequences = flight->next - flight->first;
  const size_t n = command_count(session);
  const lode_gpu_id queries = session->job->times ? session->queries : 0;
  if (!queries) driver->pass_begin(p->gpu, commands, 0, 0);
  for (size_t i = 0; i < n; i++) {
    const size_t rows = p->commands[i].extent == LODE_PER_TOKEN ? tokens : sequences;
    if (queries) driver->pass_begin(p->gpu, commands, queries, (uint32_t)i);
    if (rows > 0) dispatch(session, commands, i, rows);
    if (queries) driver->pass_end(p->gpu, commands);
  }
  if (!queries) driver->pass_end(p->gpu, commands);
  const int slot = p->plan.slot_of[wanted_value(session)];
  const size_t rows = session->job->token_rows ? tokens : sequences;
  const uint64_t bytes = rows * lode_webgpu_stride(p, slot);
  driver->copy(p->gpu, commands, session->slots[slot], 0, flight->staging, 0, bytes);
  if (queries) {
    driver->resolve(p->gpu, commands, queries, session->times);
    driver->copy(p->gpu, commands, session->times, 0, flight->staging, bytes,
                 2 * p->command_count * sizeof(uint64_t));
  }
  driver->submit(p->gpu, commands, flight->staging);
}

/* The sequences of the next submission: [first, next) of `flight`. */
static lode_status choose_batch(const lode_session *session, lode_webgpu_flight *flight,
                                lode_error *err) {
  const lode_prepared *p = session->prepared;
  const lode_job *job = session->job;
  const size_t limit =
      p->most_tokens < LODE_WEBGPU_BATCH_TOKENS ? p->most_tokens : LODE_WEBGPU_BATCH_TOKENS;
  size_t places = 0; /* a sequence without tokens takes the place of one */
  flight->tokens = 0;
  flight->first = flight->next = session->next;
  while (flight->next < job->sequences) {
    const size_t n = tokens_of(job, flight->next);
    const size_t more = n > 0 ? n : 1;
    if (places > 0 && places + more > limit) break;
    places += more;
    flight->tokens += n;
    flight->next++;
  }
  if (places <= p->most_tokens) return LODE_OK;
  return lode_error_set(err, LODE_E_DEVICE, -1, -1,
                        "WebGPU, %s: a sequence of %zu tokens is longer than it takes, %zu",
                        p->info.name, places, p->most_tokens);
}

/* Times of passes, where the job wants them and the device has them. */
static lode_status reserve_times(lode_session *session, lode_error *err) {
  const lode_prepared *p = session->prepared;
  if (!session->job->times || !(p->info.features & LODE_GPU_TIMESTAMPS) || session->times) {
    return LODE_OK;
  }
  session->queries = p->driver->queries(p->gpu, (uint32_t)p->command_count);
  session->times = p->driver->buffer(p->gpu, LODE_GPU_QUERY | LODE_GPU_COPY_SRC,
                                     2 * p->command_count * sizeof(uint64_t));
  if (session->queries != 0 && session->times != 0) return LODE_OK;
  return lode_webgpu_trouble(p, "timestamps", err);
}

/* Room for what the submission is made of, and comes to. */
static lode_status reserve_batch(lode_session *session, lode_webgpu_flight *flight,
                                 lode_error *err) {
  const lode_prepared *p = session->prepared;
  const size_t sequences = flight->next - flight->first;
  const size_t rows = session->job->token_rows ? flight->tokens : sequences;
  lode_status status = reserve(session, flight->tokens > 0 ? flight->tokens : 1, sequences, err);
  if (status == LODE_OK) status = reserve_times(session, err);
  if (status != LODE_OK) return status;
  const uint64_t bytes = rows * lode_webgpu_stride(p, p->plan.slot_of[wanted_value(session)]) +
                         2 * p->command_count * sizeof(uint64_t);
  status = reserve_staging(session, flight, bytes, err);
  if (status != LODE_OK) return status;
  const size_t host = session->at.size > bytes ? (size_t)session->at.size : (size_t)bytes;
  return lode_buffer_reserve(&session->host, host, 1, 0) ? LODE_OK : lode_error_nomem(err);
}

static void upload_batch(const lode_session *session, const lode_webgpu_flight *flight) {
  write_params(session, flight->tokens, flight->next - flight->first);
  size_t at = 0;
  for (size_t s = flight->first; s < flight->next; s++) {
    write_sequence(session, s, at, s - flight->first);
    at += tokens_of(session->job, s);
  }
  upload_inputs(session, flight->tokens, flight->next - flight->first);
}

static lode_status begin_batch(lode_session *session, lode_webgpu_flight *flight, lode_error *err) {
  const lode_prepared *p = session->prepared;
  const lode_job *job = session->job;
  const lode_status status = reserve_batch(session, flight, err);
  if (status != LODE_OK) return status;
  const lode_gpu_id commands = p->driver->commands(p->gpu);
  if (commands == 0) return lode_webgpu_trouble(p, "commands", err);
  const double begin = job->transfer ? lode_clock_seconds() : 0;
  upload_batch(session, flight);
  if (job->transfer) {
    flight->submitted = lode_clock_seconds();
    job->transfer->calls++;
    job->transfer->upload_seconds += flight->submitted - begin;
  }
  submit(session, commands, flight);
  session->next = flight->next;
  session->begun++;
  return LODE_OK;
}

/* As many submissions as there may be. Those of a profile are alone, and what needs more memory
 * waits until what is there is free. */
static lode_status begin_batches(lode_session *session, lode_error *err) {
  const size_t most = session->job->times ? 1 : LODE_WEBGPU_FLIGHTS;
  while (session->next < session->job->sequences && session->begun - session->done < most) {
    lode_webgpu_flight *flight = &session->flights[session->begun % LODE_WEBGPU_FLIGHTS];
    lode_status status = choose_batch(session, flight, err);
    const bool fits =
        flight->tokens <= session->tokens && flight->next - flight->first <= session->sequences;
    if (status == LODE_OK && !fits && session->begun > session->done) break;
    if (status == LODE_OK) status = begin_batch(session, flight, err);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

/* ---- results */

/* Returns the time from the first op's begin to the last one's end. */
static double add_times(const lode_session *session, const uint64_t *times) {
  const lode_prepared *p = session->prepared;
  const size_t n = command_count(session);
  size_t last_op = SIZE_MAX;
  for (size_t i = 0; i < n; i++) {
    const lode_webgpu_command *command = &p->commands[i];
    lode_op_time *to = &session->job->times[command->op];
    if (command->op != last_op) to->calls++;
    last_op = command->op;
    if (times[2 * i + 1] < times[2 * i]) continue; /* the device's clock was set back */
    to->seconds[command->part] += 1e-9 * (double)(times[2 * i + 1] - times[2 * i]);
  }
  const uint64_t end = times[2 * n - 1];
  return end < times[0] ? 0 : 1e-9 * (double)(end - times[0]);
}

static void add_read_time(const lode_session *session, const lode_webgpu_flight *flight,
                          double computing) {
  lode_transfer_time *transfer = session->job->transfer;
  if (!transfer) return;
  const double rest = lode_clock_seconds() - flight->submitted - computing;
  if (rest > 0) transfer->read_seconds += rest;
}

static lode_status read_batch(lode_session *session, const lode_webgpu_flight *flight,
                              lode_error *err) {
  const lode_prepared *p = session->prepared;
  const lode_job *job = session->job;
  const int value = wanted_value(session);
  const size_t cols = p->program->values[value].cols;
  const size_t stride = lode_webgpu_stride(p, p->plan.slot_of[value]);
  const size_t rows = job->token_rows ? flight->tokens : flight->next - flight->first;
  const size_t size = rows * stride;
  const bool timed = job->times && session->queries;
  const size_t all = size + (timed ? 2 * p->command_count * sizeof(uint64_t) : 0);
  if (!p->driver->read(p->gpu, flight->staging, session->host.data, all)) {
    return lode_webgpu_trouble(p, "reading back", err);
  }
  const char *from = session->host.data;
  const size_t first = job->token_rows ? job->start[flight->first] - job->start[0] : flight->first;
  float *to = (float *)session->results.data + first * cols;
  for (size_t r = 0; r < rows; r++, from += stride, to += cols) {
    memcpy(to, from, cols * sizeof *to);
  }
  double computing = 0;
  if (timed) {
    memmove(session->host.data, (char *)session->host.data + size, all - size);
    computing = add_times(session, session->host.data);
  }
  add_read_time(session, flight, computing);
  return LODE_OK;
}

static size_t result_floats(const lode_session *session) {
  const lode_job *job = session->job;
  const size_t rows = job->token_rows ? job->start[job->sequences] - job->start[0] : job->sequences;
  return rows * session->prepared->program->values[wanted_value(session)].cols;
}

/* The job goes, and what is under way for it goes to nobody. */
static void abandon(lode_session *session) {
  for (; session->done < session->begun; session->done++) {
    drop_staging(session, &session->flights[session->done % LODE_WEBGPU_FLIGHTS]);
  }
  session->job = NULL;
}

lode_status lode_webgpu_begin(lode_session *session, const lode_job *job, lode_error *err) {
  session->job = job;
  session->next = session->begun = session->done = 0;
  if (job->sequences == 0) return LODE_OK;
  lode_status status = LODE_OK;
  /* The caller's rows are written when all are there. */
  if (!lode_buffer_reserve(&session->results, result_floats(session), sizeof(float), 0)) {
    status = lode_error_nomem(err);
  }
  if (status == LODE_OK) status = begin_batches(session, err);
  if (status != LODE_OK) abandon(session);
  return status;
}

/* What the oldest submission has come to; one more, if there is one. */
static lode_status poll_batch(lode_session *session, bool wait, bool *pending, bool *done,
                              lode_error *err) {
  const lode_prepared *p = session->prepared;
  const lode_job *job = session->job;
  const lode_webgpu_flight *flight = &session->flights[session->done % LODE_WEBGPU_FLIGHTS];
  const lode_gpu_state state = p->driver->poll(p->gpu, flight->staging, wait);
  *pending = state == LODE_GPU_PENDING;
  if (*pending) return LODE_OK;
  lode_status status = state == LODE_GPU_READY ? read_batch(session, flight, err)
                                               : lode_webgpu_trouble(p, "computing", err);
  if (status == LODE_OK) {
    session->done++;
    status = begin_batches(session, err);
  }
  if (status != LODE_OK) {
    abandon(session);
  } else if (session->done == session->begun) {
    memcpy(job->out, session->results.data, result_floats(session) * sizeof(float));
    session->job = NULL;
    *done = true;
  }
  return status;
}

lode_status lode_webgpu_poll(lode_session *session, bool wait, bool *done, lode_error *err) {
  *done = session->job == NULL || session->job->sequences == 0;
  if (*done) session->job = NULL;
  lode_status status = LODE_OK;
  bool pending = false;
  while (status == LODE_OK && !*done && !pending) {
    status = poll_batch(session, wait, &pending, done, err);
    if (!wait) break; /* others get their turn between batches */
  }
  return status;
}

lode_status lode_webgpu_run(lode_session *session, const lode_job *job, lode_error *err) {
  lode_status status = lode_webgpu_begin(session, job, err);
  bool done = false;
  if (status == LODE_OK) status = lode_webgpu_poll(session, true, &done, err);
  if (status != LODE_OK || done) return status;
  abandon(session);
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                        "backend webgpu: this thread cannot wait for a GPU");
}
