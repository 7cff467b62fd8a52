/* lode bench: how fast a model is on this machine, and where the time goes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_profile.h"
#include "bench_texts.h"
#include "command.h"
#include "output.h"
#include "progress.h"
#include "session.h"
#include "threads.h"

enum { SAMPLES_MOST = 100000, CALL_TOKENS = 4096 };

/* Texts of one length, and what was measured with them. */
typedef struct bench_case {
  int64_t tokens; /* a text's */
  cli_bench_texts texts;
  int64_t all_tokens; /* of all texts together */
  size_t calls;       /* with all texts */
  double call;        /* seconds, median */
  size_t singles;     /* calls with one text */
  double p50, p95;    /* seconds */
  cli_bench_profile profile;
} bench_case;

typedef struct bench {
  const cli_options *options;
  cli_session *session;
  cli_output *out;
  float *rows;     /* of the largest call */
  double *samples; /* [SAMPLES_MOST] seconds of a call, sorted */
  bench_case cases[3];
  size_t count;
} bench;

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The least sample that `share` of all are not above. */
static double quantile(const double *sorted, size_t n, double share) {
  const size_t rank = (size_t)ceil(share * (double)n);
  return sorted[rank > 0 ? rank - 1 : 0];
}

/* Calls with `step` texts each, for as long as asked: how many, into samples, sorted. */
static cli_status time_calls(bench *b, const cli_bench_texts *texts, size_t step, size_t *calls,
                             cli_error *err) {
  cli_status status = CLI_OK;
  size_t at = 0;
  *calls = 0;
  const double start = cli_now();
  for (double now = start; status == CLI_OK && *calls < SAMPLES_MOST;) {
    if (*calls > 0 && now - start >= (double)b->options->seconds) break;
    status = cli_session_embed(b->session, texts->texts + at, step, b->rows, NULL, err);
    const double end = cli_now();
    b->samples[(*calls)++] = end - now;
    now = end;
    at = at + 2 * step <= texts->count ? at + step : 0;
  }
  qsort(b->samples, *calls, sizeof *b->samples, by_size);
  return status;
}

static cli_status measure(bench *b, bench_case *c, cli_error *err) {
  const int64_t before = b->session->tokens;
  /* Not counted: the first call allocates. */
  cli_status status =
      cli_session_embed(b->session, c->texts.texts, c->texts.count, b->rows, NULL, err);
  c->all_tokens = b->session->tokens - before;
  if (status == CLI_OK) status = time_calls(b, &c->texts, c->texts.count, &c->calls, err);
  if (status != CLI_OK) return status;
  c->call = quantile(b->samples, c->calls, 0.5);
  status = time_calls(b, &c->texts, 1, &c->singles, err);
  if (status != CLI_OK) return status;
  c->p50 = quantile(b->samples, c->singles, 0.5);
  c->p95 = quantile(b->samples, c->singles, 0.95);
  if (!b->options->profile) return CLI_OK;
  return cli_bench_profile_take(b->session, &c->texts, c->tokens, (double)b->options->seconds,
                                &c->profile, err);
}

/* ---- printing */

static void print_head(const bench *b) {
  const lode_model_info *info = &b->session->info;
  const char *name = cli_model_name(b->session->path);
  cli_output_plain(b->out, name, strcspn(name, "/"));
  cli_output_format(b->out, ", %s, ", info->dtype);
  if (info->device != NULL) {
    cli_output_plain(b->out, info->device, strlen(info->device));
    cli_output_format(b->out, ", %lld dispatches a batch\n\n", (long long)info->dispatches);
  } else {
    cli_output_format(b->out, "%s, threads: %lld\n\n", info->isa,
                      (long long)cli_thread_count(b->options));
  }
  cli_output_format(b->out, "%6s %6s %11s %11s %10s %10s\n", "tokens", "texts", "texts/s",
                    "tokens/s", "p50 ms", "p95 ms");
}

static void print_case(const bench *b, const bench_case *c) {
  cli_output_format(b->out, "%6lld %6zu %11.1f %11.0f %10.3f %10.3f\n", (long long)c->tokens,
                    c->texts.count, (double)c->texts.count / c->call,
                    (double)c->all_tokens / c->call, 1e3 * c->p50, 1e3 * c->p95);
}

static void print_profile(const bench *b, const bench_case *c) {
  const cli_bench_profile *p = &c->profile;
  const double a_text = 1e6 / (double)p->texts;
  cli_output_format(b->out, "\n%lld tokens, one thread, fastest of %lld calls of %zu %s\n",
                    (long long)c->tokens, (long long)p->calls, p->texts,
                    p->texts == 1 ? "text" : "texts");
  cli_output_format(b->out, "%-14s %11s %11s %7s %8s\n", "part", "shape", "us a text", "%",
                    "Gop/s");
  for (size_t i = 0; i < p->count; i++) {
    const cli_bench_part *part = &p->parts[i];
    char shape[48] = "", speed[32] = "";
    if (part->in > 0) {
      snprintf(shape, sizeof shape, "%lldx%lld", (long long)part->in, (long long)part->out);
    }
    if (part->flops > 0 && part->seconds > 0) {
      snprintf(speed, sizeof speed, " %8.1f", 1e-9 * part->flops / part->seconds);
    }
    cli_output_format(b->out, "%-14s %11s %11.1f %7.2f%s\n", part->name, shape,
                      part->seconds * a_text, 100 * part->seconds / p->seconds, speed);
  }
  cli_output_format(b->out, "%-26s %11.1f %7.2f\n", "all", p->seconds * a_text, 100.0);
  cli_output_format(b->out, "%-26s %11.1f %7.2f\n", "outside of products", p->outside * a_text,
                    100 * p->outside / p->seconds);
}

static void print_profile_json(const bench *b, const bench_case *c) {
  const cli_bench_profile *p = &c->profile;
  const double a_text = 1e6 / (double)p->texts;
  cli_output_format(b->out,
                    "{\"texts\":%zu,\"threads\":1,\"calls\":%lld,\"microseconds\":%.3f,"
                    "\"outside_microseconds\":%.3f,\"parts\":[",
                    p->texts, (long long)p->calls, p->seconds * a_text, p->outside * a_text);
  for (size_t i = 0; i < p->count; i++) {
    const cli_bench_part *part = &p->parts[i];
    cli_output_format(b->out, "%s{\"part\":\"%s\",\"microseconds\":%.3f,\"share\":%.6f",
                      i > 0 ? "," : "", part->name, part->seconds * a_text,
                      part->seconds / p->seconds);
    if (part->in > 0) {
      cli_output_format(b->out, ",\"in\":%lld,\"out\":%lld", (long long)part->in,
                        (long long)part->out);
    }
    if (part->flops > 0 && part->seconds > 0) {
      cli_output_format(b->out, ",\"gops\":%.3f", 1e-9 * part->flops / part->seconds);
    }
    cli_output_text(b->out, "}");
  }
  cli_output_text(b->out, "]}");
}

static void print_json(const bench *b) {
  const lode_model_info *info = &b->session->info;
  const char *name = cli_model_name(b->session->path);
  cli_output_text(b->out, "{\"model\":");
  cli_output_json_string(b->out, name, strcspn(name, "/"));
  cli_output_format(b->out,
                    ",\"dtype\":\"%s\",\"backend\":\"%s\",\"isa\":\"%s\",\"threads\":%lld,"
                    "\"version\":\"%s\",\"dispatches\":%lld,\"device\":",
                    info->dtype, info->backend, info->isa, (long long)cli_thread_count(b->options),
                    lode_version(), (long long)info->dispatches);
  const char *device = info->device != NULL ? info->device : "";
  cli_output_json_string(b->out, device, strlen(device));
  cli_output_text(b->out, ",\"lengths\":[");
  for (size_t i = 0; i < b->count; i++) {
    const bench_case *c = &b->cases[i];
    cli_output_format(b->out,
                      "%s{\"tokens\":%lld,\"texts\":%zu,\"all_tokens\":%lld,\"calls\":%zu,"
                      "\"texts_per_second\":%.3f,\"tokens_per_second\":%.1f,"
                      "\"latency\":{\"calls\":%zu,\"p50_seconds\":%.9f,\"p95_seconds\":%.9f}",
                      i > 0 ? "," : "", (long long)c->tokens, c->texts.count,
                      (long long)c->all_tokens, c->calls, (double)c->texts.count / c->call,
                      (double)c->all_tokens / c->call, c->singles, c->p50, c->p95);
    if (b->options->profile) {
      cli_output_text(b->out, ",\"profile\":");
      print_profile_json(b, c);
    }
    cli_output_text(b->out, "}");
  }
  cli_output_text(b->out, "]}\n");
}

/* ---- the command */

static size_t texts_of(const cli_options *options, int64_t tokens) {
  if (options->texts > 0) return (size_t)options->texts;
  const int64_t each = tokens < CALL_TOKENS ? CALL_TOKENS / tokens : 1;
  const int64_t all = each * cli_thread_count(options);
  return all < CLI_BATCH_TEXTS ? (size_t)all : CLI_BATCH_TEXTS;
}

/* Which lengths: the one asked for, else the usual ones as far as the model takes them. */
static cli_status choose_cases(bench *b, cli_error *err) {
  static const int64_t usual[] = {512, 128, 16};
  const int64_t most = b->session->info.max_tokens;
  if (b->options->tokens > most) {
    return cli_fail(err, CLI_E_USAGE, "--tokens: the model takes %lld tokens", (long long)most);
  }
  if (b->options->tokens > 0) {
    b->cases[b->count++].tokens = b->options->tokens;
    return CLI_OK;
  }
  for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
    const int64_t tokens = usual[i] < most ? usual[i] : most;
    if (b->count == 0 || tokens < b->cases[b->count - 1].tokens) {
      b->cases[b->count++].tokens = tokens;
    }
  }
  return CLI_OK;
}

static cli_status make_texts(bench *b, cli_error *err) {
  cli_status status = choose_cases(b, err);
  size_t largest = 1;
  for (size_t i = 0; i < b->count && status == CLI_OK; i++) {
    bench_case *c = &b->cases[i];
    const size_t n = texts_of(b->options, c->tokens);
    status = cli_bench_texts_make(b->session->model, c->tokens, n, &c->texts, err);
    if (n > largest) largest = n;
  }
  if (status != CLI_OK) return status;
  b->rows = calloc(largest, (size_t)b->session->dim * sizeof *b->rows);
  b->samples = calloc(SAMPLES_MOST, sizeof *b->samples);
  return b->rows && b->samples ? CLI_OK : cli_fail_memory(err);
}

static cli_status run_cases(bench *b, cli_error *err) {
  cli_status status = cli_output_open(NULL, &b->out, err);
  if (status != CLI_OK) return status;
  const bool json = b->options->json != 0;
  if (!json) print_head(b);
  for (size_t i = 0; i < b->count && status == CLI_OK; i++) {
    status = measure(b, &b->cases[i], err);
    if (status != CLI_OK || json) continue;
    print_case(b, &b->cases[i]);
    status = cli_output_flush(b->out, err);
  }
  if (status != CLI_OK) {
    cli_output_discard(b->out);
    return status;
  }
  if (json) print_json(b);
  for (size_t i = 0; i < b->count && !json && b->options->profile; i++) {
    print_profile(b, &b->cases[i]);
  }
  return cli_output_close(b->out, err);
}

static cli_status run(const cli_options *given, cli_error *err) {
  if (given->arg_count > 0) {
    return cli_fail(err, CLI_E_USAGE, "needless argument \"%s\"; bench makes its texts itself",
                    given->args[0]);
  }
  cli_options options = *given;
  if (options.seconds == 0) options.seconds = 1;
  cli_session session;
  cli_status status = cli_session_open(&options, &session, err);
  if (status != CLI_OK) return status;
  const lode_text no_prompt = {"", 0};
  session.embed.prompt = &no_prompt;
  bench b = {.options = &options, .session = &session};
  status = make_texts(&b, err);
  if (status == CLI_OK) status = run_cases(&b, err);
  for (size_t i = 0; i < b.count; i++) {
    cli_bench_texts_free(&b.cases[i].texts);
    cli_bench_profile_free(&b.cases[i].profile);
  }
  free(b.samples);
  free(b.rows);
  cli_session_close(&session);
  return status;
}

const cli_command cli_command_bench = {
    .name = "bench",
    .bit = CLI_BENCH,
    .summary = "measure how fast a model is on this machine",
    .usage = "lode bench [OPTION...]\n",
    .about =
        "Embeds texts of 512, 128 and 16 tokens (no more than the model takes), made of a passage\n"
        "of its own, and prints for each length how many texts and tokens a second, by the median\n"
        "call with many texts; and how long one text takes alone, median and 95th percentile.\n"
        "\n"
        "With --profile also prints how one thread's time is shared among the parts of a forward\n"
        "pass, in microseconds a text, and what linear layers and attention achieve in billions\n"
        "of operations a second: a multiplication and an addition are two. A linear layer's bias,\n"
        "activation and residual are part of its product; making its input int8 or bf16 and the\n"
        "norm behind it are parts of their own. On a GPU so are the ways there and back.\n",
    .examples =
        "All of the default model\n"
        "  lode bench\n"
        "Where int8 spends its time, at one length\n"
        "  lode bench --dtype int8 --tokens 128 --profile\n"
        "A number for a script\n"
        "  lode bench --tokens 128 --json | jq '.lengths[0].texts_per_second'\n",
    .run = run,
};
