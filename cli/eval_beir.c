/* lode eval beir: how well a model ranks documents for queries. */
#include "eval.h"

#include <stdlib.h>
#include <string.h>

#include "beir.h"
#include "output.h"
#include "progress.h"
#include "session.h"

enum { DEPTH = 10 };

/* All texts into rows [count, dim]. */
static cli_status embed(const cli_options *options, const char *path, cli_session *session,
                        const cli_beir_texts *texts, float *rows, cli_error *err) {
  cli_progress progress;
  cli_progress_start(&progress, options->quiet);
  cli_status status = CLI_OK;
  const size_t step = 256; /* small, because progress is drawn between calls */
  for (size_t done = 0; done < texts->count && status == CLI_OK; done += step) {
    const size_t n = texts->count - done < step ? texts->count - done : step;
    int64_t item = -1;
    cli_error cause;
    status = cli_session_embed(session, texts->texts + done, n, rows + done * (size_t)session->dim,
                               &item, &cause);
    if (status != CLI_OK && item >= 0) {
      const lode_text id = texts->ids[done + (size_t)item];
      cli_fail(err, status, "%s: %.*s: %s", path, (int)id.size, id.data, cause.text);
    } else if (status != CLI_OK) {
      *err = cause;
    }
    cli_progress_update(&progress, session->texts, session->tokens, (int64_t)(done + n),
                        (int64_t)texts->count);
  }
  cli_progress_clear(&progress);
  return status;
}

/* The best DEPTH documents, best first; of equal ones the first. Returns how many there are. */
static size_t rank(const float *query, const float *docs, size_t count, size_t dim,
                   size_t ranking[DEPTH]) {
  float scores[DEPTH];
  size_t kept = 0;
  for (size_t d = 0; d < count; d++) {
    const float score = lode_similarity(query, docs + d * dim, dim);
    if (kept == DEPTH && !(score > scores[kept - 1])) continue;
    size_t at = kept < DEPTH ? kept++ : kept - 1;
    for (; at > 0 && score > scores[at - 1]; at--) {
      scores[at] = scores[at - 1];
      ranking[at] = ranking[at - 1];
    }
    scores[at] = score;
    ranking[at] = d;
  }
  return kept;
}

static double mean_ndcg(const cli_beir *beir, const float *docs, const float *queries, size_t dim) {
  double sum = 0;
  for (size_t q = 0; q < beir->queries.count; q++) {
    size_t ranking[DEPTH];
    const size_t kept = rank(queries + q * dim, docs, beir->corpus.count, dim, ranking);
    sum += cli_beir_ndcg(beir, q, ranking, kept);
  }
  return sum / (double)beir->queries.count;
}

static cli_status print_result(const cli_options *options, const cli_session *session,
                               const cli_beir *beir, double ndcg, double seconds, cli_error *err) {
  cli_output *out;
  const cli_status status = cli_output_open(NULL, &out, err);
  if (status != CLI_OK) return status;
  const char *name = cli_model_name(session->path);
  if (options->json) {
    cli_output_text(out, "{\"task\":\"beir\",\"model\":");
    cli_output_json_string(out, name, strcspn(name, "/"));
    cli_output_format(out,
                      ",\"dtype\":\"%s\",\"ndcg_at_10\":%.4f,\"queries\":%zu,"
                      "\"documents\":%zu,\"tokens\":%lld,\"seconds\":%.6f}\n",
                      session->info.dtype, 100 * ndcg, beir->queries.count, beir->corpus.count,
                      (long long)session->tokens, seconds);
  } else {
    char queries[32], documents[32];
    cli_output_format(out, "nDCG@10    %.2f\n%s queries, %s documents, embedded in %.2f s\n",
                      100 * ndcg, cli_grouped(queries, (int64_t)beir->queries.count),
                      cli_grouped(documents, (int64_t)beir->corpus.count), seconds);
  }
  return cli_output_close(out, err);
}

static cli_status evaluate(const cli_options *options, const char *path, cli_session *session,
                           const cli_beir *beir, cli_error *err) {
  const size_t dim = (size_t)session->dim;
  float *docs = calloc(beir->corpus.count, dim * sizeof *docs);
  float *queries = calloc(beir->queries.count, dim * sizeof *queries);
  cli_status status = docs && queries ? CLI_OK : cli_fail_memory(err);
  const double start = cli_now();
  const lode_embed_options given = session->embed;
  if (status == CLI_OK) {
    cli_session_prompt_queries(session, options);
    status = embed(options, path, session, &beir->queries, queries, err);
  }
  session->embed = given;
  if (status == CLI_OK) {
    cli_session_prompt_documents(session, options);
    status = embed(options, path, session, &beir->corpus, docs, err);
  }
  const double seconds = cli_now() - start;
  if (status == CLI_OK) {
    const double ndcg = mean_ndcg(beir, docs, queries, dim);
    status = print_result(options, session, beir, ndcg, seconds, err);
  }
  if (status == CLI_OK) cli_session_report_cut(session, "eval", options->quiet);
  free(docs);
  free(queries);
  return status;
}

cli_status cli_eval_beir(const cli_options *options, const char *path, cli_error *err) {
  cli_beir beir = {0};
  cli_status status = cli_beir_read(path, &beir, err);
  if (status == CLI_OK && options->eval_mode != 0) {
    status = cli_eval_beir_index(options, &beir, err);
  } else if (status == CLI_OK) {
    cli_session session;
    status = cli_session_open(options, &session, err);
    if (status == CLI_OK) status = evaluate(options, path, &session, &beir, err);
    cli_session_close(&session);
  }
  cli_beir_free(&beir);
  return status;
}
