#include "beir.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "options.h"
#include "whole_file.h"

/* ------------------------------------------------------------------ texts */

typedef struct text_reader {
  const char *path;
  cli_json *json;
  char *scratch; /* as long as the file */
  char *to;      /* where the next decoded text goes */
  int64_t line;
} text_reader;

static cli_status fail_line(const text_reader *r, const char *what, cli_error *err) {
  return cli_fail(err, CLI_E_INPUT, "%s:%lld: %s", r->path, (long long)r->line, what);
}

/* Decodes string member `name` to r->to; an absent one is empty unless `needed`. */
static cli_status read_member(text_reader *r, const char *name, bool needed, lode_text *out,
                              cli_error *err) {
  const int value = cli_json_member(r->json, 0, name, strlen(name), r->scratch);
  *out = (lode_text){r->to, 0};
  if (value < 0 && !needed) return CLI_OK;
  if (value < 0 || cli_json_kind_of(r->json, value) != CLI_JSON_STRING ||
      !cli_json_decode(r->json, value, true, r->to, &out->size)) {
    char what[64];
    snprintf(what, sizeof what, "\"%s\" is missing or no string", name);
    return fail_line(r, what, err);
  }
  r->to += out->size;
  return CLI_OK;
}

typedef struct keyed_text {
  lode_text id, title, text;
} keyed_text;

static cli_status read_object(text_reader *r, const char *line, size_t size, keyed_text *out,
                              cli_error *err) {
  cli_error cause;
  if (cli_json_read(r->json, line, size, &cause) != CLI_OK) return fail_line(r, cause.text, err);
  lode_text title, body;
  cli_status status = read_member(r, "_id", true, &out->id, err);
  if (status == CLI_OK) status = read_member(r, "title", false, &title, err);
  if (status != CLI_OK) return status;
  if (title.size > 0) *r->to++ = ' ';
  status = read_member(r, "text", true, &body, err);
  out->title = title;
  out->text = (lode_text){title.data, (size_t)(r->to - title.data)};
  return status;
}

static int compare_ids(lode_text a, lode_text b) {
  const int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int by_id(const void *a, const void *b) {
  return compare_ids(((const keyed_text *)a)->id, ((const keyed_text *)b)->id);
}

/* The lines of a file, each an object. */
static cli_status read_lines(text_reader *r, const char *bytes, size_t size, keyed_text *all,
                             size_t *count, cli_error *err) {
  const char *at = bytes, *end = bytes + size;
  for (r->line = 1; at < end; r->line++) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const size_t length = (size_t)((newline != NULL ? newline : end) - at);
    if (length > 0) {
      keyed_text *text = &all[*count];
      const cli_status status = read_object(r, at, length, text, err);
      if (status != CLI_OK) return status;
      (*count)++;
    }
    at += length + (newline != NULL);
  }
  qsort(all, *count, sizeof *all, by_id);
  for (size_t i = 1; i < *count; i++) {
    if (by_id(&all[i - 1], &all[i]) == 0) {
      return cli_fail(err, CLI_E_INPUT, "%s: two lines have the _id \"%.*s\"", r->path,
                      (int)all[i].id.size, all[i].id.data);
    }
  }
  return CLI_OK;
}

static cli_status keep(const keyed_text *all, size_t count, cli_beir_texts *out, cli_error *err) {
  out->ids = calloc(count + 1, sizeof *out->ids);
  out->texts = calloc(count + 1, sizeof *out->texts);
  out->titles = calloc(count + 1, sizeof *out->titles);
  if (out->ids == NULL || out->texts == NULL || out->titles == NULL) return cli_fail_memory(err);
  for (size_t i = 0; i < count; i++) {
    out->ids[i] = all[i].id;
    out->titles[i] = all[i].title;
    out->texts[i] = all[i].text;
  }
  out->count = count;
  return CLI_OK;
}

static cli_status read_texts(const char *path, cli_beir_texts *out, cli_error *err) {
  char *bytes = NULL;
  size_t size = 0, lines = 1, count = 0;
  text_reader r = {.path = path};
  keyed_text *all = NULL;
  cli_status status = cli_whole_file_read(path, &bytes, &size, err);
  if (status == CLI_OK) {
    for (size_t i = 0; i < size; i++) lines += bytes[i] == '\n';
    all = calloc(lines, sizeof *all);
    r.scratch = malloc(size + 1);
    /* Decoded strings are no longer than their source; a blank a line is less than its braces. */
    r.to = out->bytes = malloc(size + 1);
    if (all != NULL && r.scratch != NULL && out->bytes != NULL) {
      status = cli_json_new(&r.json, err);
      if (status == CLI_OK) status = read_lines(&r, bytes, size, all, &count, err);
      if (status == CLI_OK) status = keep(all, count, out, err);
    } else {
      status = cli_fail_memory(err);
    }
  }
  cli_json_free(r.json);
  free(r.scratch);
  free(all);
  free(bytes);
  return status;
}

static void free_texts(cli_beir_texts *texts) {
  free(texts->bytes);
  free(texts->ids);
  free(texts->texts);
  free(texts->titles);
}

/* SIZE_MAX: there is none. */
static size_t find(const cli_beir_texts *texts, lode_text id) {
  size_t low = 0, high = texts->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const int order = compare_ids(texts->ids[middle], id);
    if (order == 0) return middle;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return SIZE_MAX;
}

/* ------------------------------------------------------------------ judgements */

/* "query-id \t corpus-id \t score"; documents that are not in the corpus count for nothing. */
static cli_status read_judgement(const char *path, int64_t number, char *line, cli_beir *beir,
                                 cli_error *err) {
  char *columns[3] = {line, NULL, NULL};
  for (int i = 1; i < 3; i++) {
    columns[i] = strchr(columns[i - 1], '\t');
    if (columns[i] == NULL) {
      return cli_fail(err, CLI_E_INPUT, "%s:%lld: fewer than 3 columns parted by tabs", path,
                      (long long)number);
    }
    *columns[i]++ = '\0';
  }
  int64_t grade = 0;
  columns[2][strcspn(columns[2], "\r\t")] = '\0';
  if (!cli_int_read(columns[2], -1000, 1000, &grade)) {
    return cli_fail(err, CLI_E_INPUT, "%s:%lld: the third column is no grade", path,
                    (long long)number);
  }
  const lode_text query = {columns[0], strlen(columns[0])};
  const lode_text doc = {columns[1], strlen(columns[1])};
  cli_beir_judgement *out = &beir->judgements[beir->judgement_count];
  *out = (cli_beir_judgement){find(&beir->queries, query), find(&beir->corpus, doc), grade};
  if (out->query == SIZE_MAX) {
    return cli_fail(err, CLI_E_INPUT, "%s:%lld: there is no query \"%s\"", path, (long long)number,
                    columns[0]);
  }
  if (out->doc != SIZE_MAX && grade > 0) beir->judgement_count++;
  return CLI_OK;
}

static int by_query(const void *a, const void *b) {
  const cli_beir_judgement *x = a, *y = b;
  return (x->query > y->query) - (x->query < y->query);
}

static cli_status read_judgements(const char *path, char *bytes, size_t size, cli_beir *beir,
                                  cli_error *err) {
  size_t lines = 1;
  for (size_t i = 0; i < size; i++) lines += bytes[i] == '\n';
  beir->judgements = calloc(lines, sizeof *beir->judgements);
  if (beir->judgements == NULL) return cli_fail_memory(err);
  char *at = bytes;
  for (int64_t number = 1; at < bytes + size; number++) {
    char *newline = memchr(at, '\n', (size_t)(bytes + size - at));
    if (newline != NULL) *newline = '\0';
    const bool heading = number == 1 && strncmp(at, "query-id", 8) == 0;
    if (*at != '\0' && !heading) {
      const cli_status status = read_judgement(path, number, at, beir, err);
      if (status != CLI_OK) return status;
    }
    if (newline == NULL) break;
    at = newline + 1;
  }
  qsort(beir->judgements, beir->judgement_count, sizeof *beir->judgements, by_query);
  if (beir->judgement_count == 0) {
    return cli_fail(err, CLI_E_INPUT, "%s: no judgement of a document of the corpus", path);
  }
  return CLI_OK;
}

/* Queries without a judgement are left out, as the benchmark's own tools do. */
static void drop_unjudged(cli_beir *beir) {
  size_t kept = 0;
  for (size_t q = 0, j = 0; q < beir->queries.count; q++) {
    if (j == beir->judgement_count || beir->judgements[j].query != q) continue;
    for (; j < beir->judgement_count && beir->judgements[j].query == q; j++) {
      beir->judgements[j].query = kept;
    }
    beir->queries.ids[kept] = beir->queries.ids[q];
    beir->queries.texts[kept++] = beir->queries.texts[q];
  }
  beir->queries.count = kept;
}

/* ------------------------------------------------------------------ all of it */

static cli_status path_in(const char *dir, const char *name, char *path, size_t size,
                          cli_error *err) {
  const int n = snprintf(path, size, "%s/%s", dir, name);
  if (n > 0 && (size_t)n < size) return CLI_OK;
  return cli_fail(err, CLI_E_USAGE, "%s: the name is too long", dir);
}

cli_status cli_beir_read(const char *dir, cli_beir *out, cli_error *err) {
  char path[4096];
  cli_status status = path_in(dir, "corpus.jsonl", path, sizeof path, err);
  if (status == CLI_OK) status = read_texts(path, &out->corpus, err);
  if (status == CLI_OK) status = path_in(dir, "queries.jsonl", path, sizeof path, err);
  if (status == CLI_OK) status = read_texts(path, &out->queries, err);
  if (status != CLI_OK) return status;

  static const char *const names[] = {"qrels/test.tsv", "qrels-test.tsv"};
  char *bytes = NULL;
  size_t size = 0;
  for (int i = 0; i < 2; i++) {
    status = path_in(dir, names[i], path, sizeof path, err);
    free(bytes);
    bytes = NULL;
    if (status == CLI_OK) status = cli_whole_file_read(path, &bytes, &size, err);
    if (status == CLI_OK) break;
  }
  if (status == CLI_OK) {
    char *text = realloc(bytes, size + 1);
    if (text != NULL) {
      bytes = text;
      bytes[size] = '\0';
      status = read_judgements(path, bytes, size, out, err);
    } else {
      status = cli_fail_memory(err);
    }
  }
  free(bytes);
  if (status == CLI_OK) drop_unjudged(out);
  return status;
}

void cli_beir_free(cli_beir *beir) {
  free_texts(&beir->corpus);
  free_texts(&beir->queries);
  free(beir->judgements);
  *beir = (cli_beir){0};
}

/* ------------------------------------------------------------------ the measure */

static double gain(int64_t grade, size_t rank) {
  return (double)grade / log2((double)rank + 2.0);
}

static int by_grade(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x < y) - (x > y);
}

double cli_beir_ndcg(const cli_beir *beir, size_t query, const size_t *ranking, size_t k) {
  enum { MOST = 1024 };
  int64_t grades[MOST];
  size_t first = 0, count = 0;
  while (first < beir->judgement_count && beir->judgements[first].query != query) first++;
  for (size_t j = first; j < beir->judgement_count && beir->judgements[j].query == query; j++) {
    if (count < MOST) grades[count++] = beir->judgements[j].grade;
  }
  qsort(grades, count, sizeof *grades, by_grade);
  double ideal = 0, sum = 0;
  for (size_t rank = 0; rank < k && rank < count; rank++) ideal += gain(grades[rank], rank);
  for (size_t rank = 0; rank < k && rank < beir->corpus.count; rank++) {
    for (size_t j = first; j < beir->judgement_count && beir->judgements[j].query == query; j++) {
      if (beir->judgements[j].doc == ranking[rank]) sum += gain(beir->judgements[j].grade, rank);
    }
  }
  return ideal > 0 ? sum / ideal : 0;
}
