/* lode eval beir --mode: how well a collection answers, with its passages, words and fusion. */
#include <stdlib.h>
#include <string.h>

#include "beir.h"
#include "eval.h"
#include "output.h"
#include "progress.h"
#include "session.h"

enum { DEPTH = 10, BATCH = 256 };

typedef struct trial {
  const cli_options *options;
  const cli_beir *beir;
  lode_model *model; /* NULL: words alone */
  char *model_path;
  lode_index *index;
  lode_index_report report;
  double index_seconds, query_seconds;
} trial;

/* ------------------------------------------------------------------ documents */

static cli_status add(trial *t, cli_error *err) {
  const cli_beir_texts *corpus = &t->beir->corpus;
  lode_index_document documents[BATCH];
  char *titles[BATCH] = {0};
  cli_progress progress;
  cli_progress_start(&progress, t->options->quiet);
  cli_status status = CLI_OK;
  for (size_t done = 0; done < corpus->count && status == CLI_OK; done += BATCH) {
    const size_t n = corpus->count - done < BATCH ? corpus->count - done : BATCH;
    for (size_t i = 0; i < n && status == CLI_OK; i++) {
      const lode_text title = corpus->titles[done + i], all = corpus->texts[done + i];
      const size_t before = title.size > 0 ? title.size + 1 : 0; /* and a blank */
      titles[i] = strndup(title.size > 0 ? title.data : "", title.size);
      if (titles[i] == NULL) status = cli_fail_memory(err);
      documents[i] = (lode_index_document){.id = corpus->ids[done + i],
                                           .content = {all.data + before, all.size - before},
                                           .format = "text",
                                           .title = titles[i]};
    }
    lode_error cause;
    if (status == CLI_OK &&
        lode_index_add(t->index, documents, n, NULL, &t->report, &cause) != LODE_OK) {
      status = cli_fail_lode(err, &cause);
    }
    for (size_t i = 0; i < n; i++) {
      free(titles[i]);
      titles[i] = NULL;
    }
    cli_progress_update(&progress, t->report.embedded, t->report.tokens, (int64_t)(done + n),
                        (int64_t)corpus->count);
  }
  cli_progress_clear(&progress);
  return status;
}

/* ------------------------------------------------------------------ queries */

static size_t place_of(const cli_beir_texts *texts, const char *id) {
  size_t low = 0, high = texts->count;
  const size_t size = strlen(id);
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const lode_text other = texts->ids[middle];
    int order = memcmp(other.data, id, other.size < size ? other.size : size);
    if (order == 0) order = (other.size > size) - (other.size < size);
    if (order == 0) return middle;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return texts->count;
}

static cli_status ask(const trial *t, double *ndcg, int64_t *relevant, cli_error *err) {
  const cli_beir *beir = t->beir;
  lode_index_search_options options = LODE_INDEX_SEARCH_OPTIONS_INIT;
  options.mode = (lode_index_mode)(t->options->eval_mode - 1);
  options.limit = DEPTH;
  options.all = 1; /* the measure is of the ranking alone */
  double sum = 0;
  for (size_t q = 0; q < beir->queries.count; q++) {
    lode_results *results;
    lode_error cause;
    if (lode_index_search(t->index, beir->queries.texts[q], &options, &results, &cause) !=
        LODE_OK) {
      return cli_fail_lode(err, &cause);
    }
    size_t ranking[DEPTH];
    for (size_t i = 0; i < results->count; i++) {
      ranking[i] = place_of(&beir->corpus, results->list[i].id);
    }
    sum += cli_beir_ndcg(beir, q, ranking, results->count);
    *relevant += results->relevant;
    lode_results_free(results);
  }
  *ndcg = sum / (double)beir->queries.count;
  return CLI_OK;
}

/* ------------------------------------------------------------------ the trial */

static cli_status print(const trial *t, double ndcg, int64_t relevant, cli_error *err) {
  static const char *const modes[] = {"hybrid", "keyword", "semantic"};
  const char *mode = modes[t->options->eval_mode - 1];
  const size_t queries = t->beir->queries.count;
  cli_output *out;
  const cli_status status = cli_output_open(NULL, &out, err);
  if (status != CLI_OK) return status;
  if (t->options->json) {
    const char *name = t->model_path != NULL ? cli_model_name(t->model_path) : "";
    cli_output_text(out, "{\"task\":\"beir\",\"model\":");
    cli_output_json_string(out, name, strcspn(name, "/"));
    cli_output_format(out,
                      ",\"mode\":\"%s\",\"ndcg_at_10\":%.4f,\"relevant\":%lld,\"queries\":%zu,"
                      "\"documents\":%zu,\"chunks\":%lld,\"index_seconds\":%.6f,"
                      "\"query_seconds\":%.6f}\n",
                      mode, 100 * ndcg, (long long)relevant, queries, t->beir->corpus.count,
                      (long long)t->report.chunks, t->index_seconds, t->query_seconds);
  } else {
    char a[32], b[32], c[32];
    cli_output_format(out, "nDCG@10    %.2f\n%s documents in %s passages indexed in %.2f s\n",
                      100 * ndcg, cli_grouped(a, (int64_t)t->beir->corpus.count),
                      cli_grouped(b, t->report.chunks), t->index_seconds);
    cli_output_format(out, "%s queries, %.2f ms each; something relevant for %s of them\n",
                      cli_grouped(c, (int64_t)queries), 1e3 * t->query_seconds / (double)queries,
                      cli_grouped(a, relevant));
  }
  return cli_output_close(out, err);
}

static cli_status try_it(trial *t, cli_error *err) {
  lode_index_options options = LODE_INDEX_OPTIONS_INIT;
  options.access = LODE_INDEX_CREATE;
  options.model = t->model;
  options.model_name = t->model_path;
  options.threads = (int32_t)t->options->threads;
  lode_error cause;
  if (lode_index_open(NULL, &options, &t->index, &cause) != LODE_OK) {
    return cli_fail_lode(err, &cause);
  }
  double start = cli_now();
  cli_status status = add(t, err);
  t->index_seconds = cli_now() - start;
  double ndcg = 0;
  int64_t relevant = 0;
  start = cli_now();
  if (status == CLI_OK) status = ask(t, &ndcg, &relevant, err);
  t->query_seconds = cli_now() - start;
  if (status == CLI_OK) status = print(t, ndcg, relevant, err);
  return status;
}

cli_status cli_eval_beir_index(const cli_options *options, const cli_beir *beir, cli_error *err) {
  trial t = {.options = options, .beir = beir};
  cli_status status = CLI_OK;
  if (options->eval_mode - 1 != LODE_INDEX_KEYWORD) {
    status = cli_model_path(options, &t.model_path, err);
    if (status == CLI_OK) status = cli_model_open(options, t.model_path, &t.model, err);
  }
  if (status == CLI_OK) status = try_it(&t, err);
  lode_index_free(t.index);
  lode_model_free(t.model);
  free(t.model_path);
  return status;
}
