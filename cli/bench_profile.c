#include "bench_profile.h"

#include <stdlib.h>
#include <string.h>

#include "progress.h"

static double row_seconds(const lode_profile_row *row) {
  return row->input_seconds + row->seconds + row->norm_seconds;
}

static double all_seconds(const lode_profile_row *rows, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += row_seconds(&rows[i]);
  return sum;
}

static void add_part(cli_bench_profile *p, const cli_bench_part *part) {
  for (size_t i = 0; i < p->count; i++) {
    cli_bench_part *known = &p->parts[i];
    if (strcmp(known->name, part->name) == 0 && known->in == part->in && known->out == part->out) {
      known->seconds += part->seconds;
      known->flops += part->flops;
      return;
    }
  }
  p->parts[p->count++] = *part;
}

/* An op's row is one to three parts: its input, itself, its norm. */
static cli_status sum_up(const lode_profile_row *rows, size_t count, const char *input,
                         cli_bench_profile *p, cli_error *err) {
  p->parts = calloc(3 * count, sizeof *p->parts);
  if (p->parts == NULL) return cli_fail_memory(err);
  for (size_t i = 0; i < count; i++) {
    const lode_profile_row *row = &rows[i];
    const bool attention = strcmp(row->name, "attention") == 0;
    const bool linear = row->flops > 0 && !attention;
    if (row->calls == 0) continue;
    if (row->input_seconds > 0) add_part(p, &(cli_bench_part){input, 0, 0, row->input_seconds, 0});
    const cli_bench_part self = {
        .name = row->name,
        .in = linear ? row->in : 0,
        .out = linear ? row->out : 0,
        .seconds = row->seconds,
        .flops = row->flops,
    };
    add_part(p, &self);
    if (row->norm_seconds > 0) add_part(p, &(cli_bench_part){"norm", 0, 0, row->norm_seconds, 0});
    p->seconds += row_seconds(row);
    p->outside += row_seconds(row) - (row->flops > 0 ? row->seconds : 0);
  }
  return CLI_OK;
}

typedef struct taking {
  lode_context *ctx;
  const lode_text *texts;
  size_t n;
  lode_embed_options embed;
  float *out;
  size_t floats;
  lode_profile_row *rows, *best; /* [capacity] each */
  size_t capacity;
} taking;

static cli_status take_one(taking *t, cli_error *err) {
  lode_error cause;
  size_t count = 0;
  if (lode_embed_profile(t->ctx, t->texts, t->n, &t->embed, t->out, t->floats, t->rows, t->capacity,
                         &count, &cause) != LODE_OK) {
    return cli_fail_lode(err, &cause);
  }
  return CLI_OK;
}

static cli_status take_best(taking *t, double seconds, int64_t *calls, cli_error *err) {
  cli_status status = take_one(t, err); /* the first call allocates */
  double least = 0;
  const double start = cli_now();
  while (status == CLI_OK && (*calls == 0 || cli_now() - start < seconds)) {
    status = take_one(t, err);
    const double all = all_seconds(t->rows, t->capacity);
    if (++*calls > 1 && all >= least) continue;
    least = all;
    lode_profile_row *rows = t->rows;
    t->rows = t->best;
    t->best = rows;
  }
  return status;
}

static cli_status prepare(const cli_session *session, taking *t, cli_error *err) {
  lode_context_options one = LODE_CONTEXT_OPTIONS_INIT;
  one.threads = 1;
  lode_error cause;
  if (lode_context_new(session->model, &one, &t->ctx, &cause) != LODE_OK) {
    return cli_fail_lode(err, &cause);
  }
  /* Without texts and rows it says how many rows there are. */
  lode_embed_profile(t->ctx, NULL, 0, NULL, NULL, 0, NULL, 0, &t->capacity, NULL);
  t->floats = t->n * (size_t)session->dim;
  t->out = calloc(t->floats, sizeof *t->out);
  t->rows = calloc(t->capacity, sizeof *t->rows);
  t->best = calloc(t->capacity, sizeof *t->best);
  return t->out && t->rows && t->best ? CLI_OK : cli_fail_memory(err);
}

cli_status cli_bench_profile_take(const cli_session *session, const cli_bench_texts *texts,
                                  int64_t tokens, double seconds, cli_bench_profile *out,
                                  cli_error *err) {
  *out = (cli_bench_profile){0};
  const int64_t most = tokens < 4096 ? 4096 / tokens : 1;
  out->texts = texts->count < (size_t)most ? texts->count : (size_t)most;
  taking t = {.texts = texts->texts, .n = out->texts, .embed = session->embed};
  t.embed.reports = NULL;
  cli_status status = prepare(session, &t, err);
  if (status == CLI_OK) status = take_best(&t, seconds, &out->calls, err);
  const char *input = strcmp(session->info.dtype, "int8") == 0 ? "quantize" : "to bf16";
  if (status == CLI_OK) status = sum_up(t.best, t.capacity, input, out, err);
  free(t.best);
  free(t.rows);
  free(t.out);
  lode_context_free(t.ctx);
  return status;
}

void cli_bench_profile_free(cli_bench_profile *profile) {
  free(profile->parts);
  *profile = (cli_bench_profile){0};
}
