/* lode eval sts: how well a model's similarities agree with people's. */
#include "eval.h"

#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "progress.h"
#include "session.h"
#include "stats.h"
#include "sts.h"

typedef struct agreement {
  double spearman;
  double pearson;
  double seconds;
} agreement;

static cli_status embed_sentences(const cli_options *options, const char *path,
                                  cli_session *session, const cli_sts *sts, float *rows,
                                  cli_error *err) {
  cli_progress progress;
  cli_progress_start(&progress, options->quiet);
  cli_status status = CLI_OK;
  const size_t step = 512; /* small, because progress is drawn between calls */
  for (size_t done = 0; done < sts->unique_count && status == CLI_OK; done += step) {
    size_t n = sts->unique_count - done < step ? sts->unique_count - done : step;
    int64_t item;
    cli_error cause;
    status = cli_session_embed(session, sts->unique + done, n, rows + done * (size_t)session->dim,
                               &item, &cause);
    if (status != CLI_OK && item >= 0) {
      cli_fail(err, status, "%s:%lld: %s", path, (long long)sts->lines[done + (size_t)item],
               cause.text);
    } else if (status != CLI_OK) {
      *err = cause;
    }
    cli_progress_update(&progress, session->texts, session->tokens, (int64_t)(done + n),
                        (int64_t)sts->unique_count);
  }
  cli_progress_clear(&progress);
  return status;
}

static cli_status measure(const cli_session *session, cli_sts *sts, const float *rows,
                          double *cosines, agreement *out, cli_error *err) {
  size_t dim = (size_t)session->dim;
  for (size_t i = 0; i < sts->pairs; i++) {
    cosines[i] = (double)lode_similarity(rows + sts->a[i] * dim, rows + sts->b[i] * dim, dim);
  }
  out->pearson = cli_pearson(cosines, sts->scores, sts->pairs);
  if (cli_ranks(cosines, sts->pairs) != 0 || cli_ranks(sts->scores, sts->pairs) != 0) {
    return cli_fail_memory(err);
  }
  out->spearman = cli_pearson(cosines, sts->scores, sts->pairs);
  return CLI_OK;
}

static cli_status print_agreement(const cli_options *options, const cli_session *session,
                                  const cli_sts *sts, const agreement *a, cli_error *err) {
  cli_output *out;
  cli_status status = cli_output_open(NULL, &out, err);
  if (status != CLI_OK) return status;
  const char *name = cli_model_name(session->path);
  if (options->json) {
    cli_output_text(out, "{\"task\":\"sts\",\"model\":");
    cli_output_json_string(out, name, strcspn(name, "/"));
    cli_output_format(out,
                      ",\"spearman\":%.4f,\"pearson\":%.4f,\"pairs\":%zu,\"sentences\":%zu,"
                      "\"tokens\":%lld,\"seconds\":%.6f}\n",
                      a->spearman * 100, a->pearson * 100, sts->pairs, sts->unique_count,
                      (long long)session->tokens, a->seconds);
  } else {
    char pairs[32], sentences[32];
    cli_output_format(out, "Spearman   %.2f\nPearson    %.2f\n", a->spearman * 100,
                      a->pearson * 100);
    cli_output_format(out, "%s pairs of %s sentences, embedded in %.2f s\n",
                      cli_grouped(pairs, (int64_t)sts->pairs),
                      cli_grouped(sentences, (int64_t)sts->unique_count), a->seconds);
  }
  return cli_output_close(out, err);
}

static cli_status evaluate(const cli_options *options, const char *path, cli_session *session,
                           cli_sts *sts, cli_error *err) {
  float *rows = calloc(sts->unique_count, (size_t)session->dim * sizeof *rows);
  double *cosines = calloc(sts->pairs, sizeof *cosines);
  agreement result = {0};
  cli_status status = rows && cosines ? CLI_OK : cli_fail_memory(err);
  double start = cli_now();
  if (status == CLI_OK) status = embed_sentences(options, path, session, sts, rows, err);
  result.seconds = cli_now() - start;
  if (status == CLI_OK) status = measure(session, sts, rows, cosines, &result, err);
  if (status == CLI_OK) status = print_agreement(options, session, sts, &result, err);
  if (status == CLI_OK) cli_session_report_cut(session, "eval", options->quiet);
  free(cosines);
  free(rows);
  return status;
}

cli_status cli_eval_sts(const cli_options *options, const char *path, cli_error *err) {
  cli_sts sts = {0};
  cli_status status = cli_sts_read(path, &sts, err);
  if (status == CLI_OK) {
    cli_session session;
    status = cli_session_open(options, &session, err);
    if (status == CLI_OK) status = evaluate(options, path, &session, &sts, err);
    cli_session_close(&session);
  }
  cli_sts_free(&sts);
  return status;
}
