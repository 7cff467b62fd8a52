/* lode similarity: the cosine of two texts, or texts ranked against a query. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "input.h"
#include "output.h"
#include "progress.h"
#include "rank.h"
#include "session.h"

enum { DEFAULT_TOP = 10 };

/* ------------------------------------------------------------------ two texts */

static cli_status print_cosine(const cli_options *options, const cli_session *session, float cosine,
                               cli_error *err) {
  cli_output *out;
  cli_status status = cli_output_open(NULL, &out, err);
  if (status != CLI_OK) return status;
  if (options->json) {
    const char *name = cli_model_name(session->path);
    cli_output_text(out, "{\"model\":");
    cli_output_json_string(out, name, strcspn(name, "/"));
    cli_output_text(out, ",\"similarity\":");
    cli_output_float(out, cosine);
    cli_output_text(out, "}\n");
  } else {
    cli_output_format(out, "%.4f\n", (double)cosine);
  }
  return cli_output_close(out, err);
}

static cli_status compare_two(const cli_options *options, cli_session *session, cli_error *err) {
  const lode_text texts[2] = {{options->args[0], strlen(options->args[0])},
                              {options->args[1], strlen(options->args[1])}};
  float *rows = calloc(2 * (size_t)session->dim, sizeof *rows);
  if (rows == NULL) return cli_fail_memory(err);
  int64_t item;
  cli_error cause;
  cli_status status = cli_session_embed(session, texts, 2, rows, &item, &cause);
  if (status == CLI_OK) {
    float cosine = lode_similarity(rows, rows + session->dim, (size_t)session->dim);
    status = print_cosine(options, session, cosine, err);
  } else if (item >= 0) {
    cli_fail(err, status, "text %lld: %s", (long long)item + 1, cause.text);
  } else {
    *err = cause;
  }
  free(rows);
  return status;
}

/* ------------------------------------------------------------------ query and texts */

typedef struct ranking {
  cli_session *session;
  cli_input *input;
  cli_rank rank;
  float *query; /* [dim] */
  float *rows;  /* [capacity, dim] */
  size_t capacity;
  double start;
} ranking;

static cli_status embed_query(const cli_options *options, ranking *r, cli_error *err) {
  lode_text text = {options->query, strlen(options->query)};
  lode_embed_options texts = r->session->embed;
  cli_session_prompt_queries(r->session, options);
  cli_error cause;
  cli_status status = cli_session_embed(r->session, &text, 1, r->query, NULL, &cause);
  if (status != CLI_OK) return cli_fail(err, status, "query: %s", cause.text);
  r->session->embed = texts;
  cli_session_prompt_documents(r->session, options);
  r->session->texts = r->session->tokens = r->session->cut = 0; /* count the texts alone */
  return CLI_OK;
}

static cli_status rank_batch(ranking *r, const cli_batch *batch, cli_error *err) {
  size_t dim = (size_t)r->session->dim;
  if (batch->count > r->capacity) {
    free(r->rows);
    r->capacity = batch->count;
    r->rows = calloc(r->capacity, dim * sizeof *r->rows);
    if (r->rows == NULL) return cli_fail_memory(err);
  }
  cli_status status = cli_session_embed_batch(r->session, r->input, batch, r->rows, err);
  for (size_t i = 0; i < batch->count && status == CLI_OK; i++) {
    float score = lode_similarity(r->query, r->rows + i * dim, dim);
    status = cli_rank_offer(&r->rank, score, batch->first + (int64_t)i, batch->lines[i],
                            batch->texts[i], batch->ids != NULL ? &batch->ids[i] : NULL, err);
  }
  return status;
}

static cli_status rank_all(const cli_options *options, ranking *r, cli_error *err) {
  cli_progress progress;
  cli_progress_start(&progress, options->quiet);
  cli_status status;
  for (;;) {
    cli_batch batch;
    status = cli_input_next(r->input, &batch, err);
    if (status != CLI_OK || batch.count == 0) break;
    status = rank_batch(r, &batch, err);
    if (status != CLI_OK) break;
    int64_t done, total;
    cli_input_progress(r->input, &done, &total);
    cli_progress_update(&progress, r->session->texts, r->session->tokens, done, total);
  }
  cli_progress_clear(&progress);
  if (status == CLI_OK) cli_rank_sort(&r->rank);
  return status;
}

static void print_json(const cli_options *options, const ranking *r, double seconds,
                       cli_output *out) {
  const char *name = cli_model_name(r->session->path);
  cli_output_text(out, "{\"model\":");
  cli_output_json_string(out, name, strcspn(name, "/"));
  cli_output_text(out, ",\"query\":");
  cli_output_json_string(out, options->query, strlen(options->query));
  cli_output_format(out, ",\"count\":%lld,\"tokens\":%lld,\"seconds\":%.6f,\"matches\":[",
                    (long long)r->session->texts, (long long)r->session->tokens, seconds);
  for (size_t i = 0; i < r->rank.count; i++) {
    const cli_match *m = &r->rank.heap[i];
    cli_output_text(out, i > 0 ? ",\n{\"similarity\":" : "\n{\"similarity\":");
    cli_output_float(out, m->score);
    cli_output_format(out, ",\"index\":%lld,\"line\":%lld,", (long long)m->index,
                      (long long)m->line);
    if (m->id != NULL) {
      cli_output_text(out, "\"id\":");
      cli_output_write(out, m->id, m->id_size);
      cli_output_text(out, ",");
    }
    cli_output_text(out, "\"text\":");
    cli_output_json_string(out, m->text, m->text_size);
    cli_output_text(out, "}");
  }
  cli_output_text(out, r->rank.count > 0 ? "\n]}\n" : "]}\n");
}

static void print_lines(const cli_options *options, const ranking *r, cli_output *out) {
  for (size_t i = 0; i < r->rank.count; i++) {
    const cli_match *m = &r->rank.heap[i];
    cli_output_format(out, "%7.4f  ", (double)m->score);
    if (options->line_numbers) cli_output_format(out, "%lld: ", (long long)m->line);
    cli_output_plain(out, m->text, m->text_size);
    cli_output_text(out, "\n");
  }
}

static cli_status print_ranking(const cli_options *options, const ranking *r, cli_error *err) {
  double seconds = cli_now() - r->start;
  cli_output *out;
  cli_status status = cli_output_open(NULL, &out, err);
  if (status != CLI_OK) return status;
  if (options->json) {
    print_json(options, r, seconds, out);
  } else {
    print_lines(options, r, out);
  }
  status = cli_output_close(out, err);
  if (status == CLI_OK && !options->quiet && isatty(STDERR_FILENO) == 1) {
    char texts[32], tokens[32];
    fprintf(stderr, "%s texts (%s tokens) ranked in %.1f ms; model opened in %.1f ms\n",
            cli_grouped(texts, r->session->texts), cli_grouped(tokens, r->session->tokens),
            seconds * 1e3, r->session->open_seconds * 1e3);
  }
  return status;
}

static cli_status rank_texts(const cli_options *options, cli_session *session, cli_input *input,
                             cli_error *err) {
  ranking r = {.session = session, .input = input, .start = cli_now()};
  r.rank.limit = options->top >= 0 ? (size_t)options->top : DEFAULT_TOP;
  r.query = calloc((size_t)session->dim, sizeof *r.query);
  cli_status status = r.query != NULL ? CLI_OK : cli_fail_memory(err);
  if (status == CLI_OK) status = embed_query(options, &r, err);
  if (status == CLI_OK) status = rank_all(options, &r, err);
  if (status == CLI_OK) status = print_ranking(options, &r, err);
  cli_rank_free(&r.rank);
  free(r.rows);
  free(r.query);
  return status;
}

/* ------------------------------------------------------------------ the command */

static cli_status check(const cli_options *options, cli_error *err) {
  if (options->query != NULL) return CLI_OK;
  if (options->input != NULL || options->jsonl != NULL || options->top >= 0 ||
      options->query_prompt != NULL || options->line_numbers) {
    return cli_fail(err, CLI_E_USAGE,
                    "--input, --jsonl, --top, --query-prompt and --line-number go with --query "
                    "TEXT");
  }
  if (options->arg_count != 2) {
    return cli_fail(err, CLI_E_USAGE, "give two texts, or --query TEXT and texts to rank");
  }
  return CLI_OK;
}

static cli_status run(const cli_options *options, cli_error *err) {
  cli_input *input = NULL;
  cli_status status = check(options, err);
  if (status == CLI_OK && options->query != NULL) status = cli_input_open(options, &input, err);
  if (status != CLI_OK) return status;
  cli_session session;
  status = cli_session_open(options, &session, err);
  if (status == CLI_OK) {
    status = options->query != NULL ? rank_texts(options, &session, input, err)
                                    : compare_two(options, &session, err);
    if (status == CLI_OK) cli_session_report_cut(&session, "similarity", options->quiet);
    cli_session_close(&session);
  }
  cli_input_free(input);
  return status;
}

const cli_command cli_command_similarity = {
    .name = "similarity",
    .bit = CLI_SIMILARITY,
    .summary = "compare two texts, or rank texts by meaning",
    .usage =
        "lode similarity [OPTION...] TEXT TEXT\n"
        "lode similarity [OPTION...] --query TEXT TEXT...\n"
        "lode similarity [OPTION...] --query TEXT --input FILE\n",
    .about =
        "Prints the cosine of two texts' vectors, from -1 to 1. With --query, ranks texts,\n"
        "which come as in lode embed, by their cosine with the query and prints the best.\n"
        "A model's prompts \"query\" and \"document\" (or \"passage\", \"corpus\") are used\n"
        "for either side unless --prompt, --prompt-text or --query-prompt say otherwise.\n",
    .examples =
        "How alike are two sentences?\n"
        "  lode similarity \"A man is eating.\" \"Somebody has lunch.\"\n"
        "Search a file by meaning\n"
        "  lode similarity --query \"how to get my money back\" --input faq.txt --top 3\n",
    .run = run,
};
