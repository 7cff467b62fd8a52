/* Searches a collection made of files, for scripts that measure how good the results are.
 *
 *   index_search_driver STORE DOCUMENTS QUERIES MODE WEIGHT UNRELATED [DIM DOCUMENTS.f32
 * QUERIES.f32]
 *
 * DOCUMENTS: lines "id TAB title TAB text", each becomes a document with one chunk. QUERIES: lines
 * "id TAB text". MODE: keyword, semantic, hybrid; with "+" behind it, words are corrected. The .f32
 * files have a row of floats for each line. Prints, for each query, the best COUNT
 *   D TAB query TAB document TAB score TAB keyword TAB semantic
 * and one line
 *   Q TAB query TAB relevance TAB relevant TAB corrected text
 * STORE is made unless it is there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "index/search/corpus_store.h"
#include "index/search/search.h"

typedef struct input {
  lode_buffer buffer; /* NUL-terminated */
  size_t size;
} input;

static void fail(const char *what, const lode_error *err) {
  fprintf(stderr, "index_search_driver: %s%s%s\n", what, err != NULL ? ": " : "",
          err != NULL ? err->text : "");
  exit(EXIT_FAILURE);
}

static input read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  input in = {0};
  if (file == NULL) fail(path, NULL);
  size_t n;
  do {
    if (!lode_buffer_reserve(&in.buffer, in.size + 65536 + 1, 1, in.size)) fail("memory", NULL);
    n = fread((char *)in.buffer.data + in.size, 1, 65536, file);
    in.size += n;
  } while (n == 65536);
  (void)fclose(file);
  ((char *)in.buffer.data)[in.size] = '\0';
  return in;
}

/* The next line, cut at its first tabs. */
static bool next_line(char **at, char **columns, size_t n) {
  char *p = *at;
  if (*p == '\0') return false;
  char *end = p + strcspn(p, "\n");
  *at = *end != '\0' ? end + 1 : end;
  *end = '\0';
  for (size_t i = 0; i < n; i++) {
    columns[i] = p;
    char *tab = i + 1 < n ? strchr(p, '\t') : NULL;
    p = tab != NULL ? tab + 1 : end;
    if (tab != NULL) *tab = '\0';
  }
  return true;
}

static lode_text text_of(const char *s) {
  return (lode_text){s, strlen(s)};
}

static void fill(lode_store *store, const char *path, const float *vectors, size_t dim) {
  lode_error err;
  int64_t source;
  const float probe[1] = {0};
  if (lode_store_begin(store, &err) != LODE_OK) fail("begin", &err);
  if (lode_store_source_put(store, "driver", "{}", &source, &err) != LODE_OK) fail("source", &err);
  float *probes = dim > 0 ? calloc(dim, sizeof *probes) : NULL;
  if (probes != NULL) probes[0] = 1;
  const lode_store_model model = {.name = "driver",
                                  .dim = dim,
                                  .dtype = LODE_DTYPE_I8,
                                  .probes = probes != NULL ? probes : probe,
                                  .probe_count = 1,
                                  .settings = ""};
  if (dim > 0 && lode_store_set_model(store, &model, &err) != LODE_OK) fail("model", &err);
  input in = read_file(path);
  char *at = in.buffer.data;
  char *c[3];
  for (size_t i = 0; next_line(&at, c, 3); i++) {
    const size_t size = strlen(c[2]);
    lode_store_chunk_put chunk = {.end = (uint32_t)size,
                                  .source_end = (uint32_t)size,
                                  .vector = dim > 0 ? vectors + i * dim : NULL};
    memcpy(chunk.hash, &i, sizeof i);
    lode_store_document_put put = {.source = source,
                                   .key = text_of(c[0]),
                                   .title = text_of(c[1]),
                                   .body = text_of(c[2]),
                                   .language = LODE_LANGUAGE_EN,
                                   .chunks = &chunk,
                                   .chunk_count = size > 0,
                                   .vectors = dim > 0};
    if (lode_store_put(store, &put, NULL, &err) != LODE_OK) fail(c[0], &err);
  }
  if (lode_store_commit(store, &err) != LODE_OK) fail("commit", &err);
  free(probes);
  lode_buffer_free(&in.buffer);
}

static void print_results(const char *query, const lode_question *question,
                          const lode_search_results *results) {
  for (size_t i = 0; i < results->count; i++) {
    const lode_search_result *r = &results->list[i];
    printf("D\t%s\t%s\t%.6f\t%.6f\t%.6f\n", query, r->document.key.data, (double)r->score,
           (double)r->keyword, (double)r->semantic);
  }
  printf("Q\t%s\t%.4f\t%d\t%s\n", query, (double)results->relevance, results->relevant,
         question->correction_count > 0 ? question->text.data : "");
}

int main(int argc, char **argv) {
  if (argc != 8 && argc != 11) fail("bad arguments", NULL);
  lode_error err;
  const size_t dim = argc == 11 ? strtoul(argv[8], NULL, 10) : 0;
  input documents = dim > 0 ? read_file(argv[9]) : (input){0};
  input vectors = dim > 0 ? read_file(argv[10]) : (input){0};
  FILE *there = fopen(argv[1], "rb");
  if (there != NULL) (void)fclose(there);
  lode_store *store;
  if (lode_store_open(argv[1], LODE_STORE_CREATE, NULL, &store, &err) != LODE_OK)
    fail("open", &err);
  if (there == NULL) fill(store, argv[2], documents.buffer.data, dim);

  bool known;
  lode_search *search;
  if (lode_search_new(lode_cpu_features(NULL, &known), NULL, &search, &err) != LODE_OK) {
    fail("search", &err);
  }
  const lode_corpus corpus = lode_corpus_of_store(store);
  lode_store_vectors *rows = NULL;
  if (dim > 0 && lode_store_vectors_load(store, NULL, &rows, &err) != LODE_OK) fail("rows", &err);
  lode_search_options options = {.count = strtoul(argv[5], NULL, 10),
                                 .weight = strtof(argv[6], NULL),
                                 .unrelated = strtof(argv[7], NULL)};
  if (strncmp(argv[4], "keyword", 7) == 0) options.mode = LODE_SEARCH_KEYWORD;
  if (strncmp(argv[4], "semantic", 8) == 0) options.mode = LODE_SEARCH_SEMANTIC;
  const lode_question_options reading = {.no_correct = strchr(argv[4], '+') == NULL};
  input in = read_file(argv[3]);
  char *at = in.buffer.data;
  char *c[2];
  lode_question question = {0};
  lode_search_results results = {0};
  for (size_t i = 0; next_line(&at, c, 2); i++) {
    const float *vector = dim > 0 ? (const float *)vectors.buffer.data + i * dim : NULL;
    if (lode_question_read(search, &corpus, text_of(c[1]), &reading, &question, &err) != LODE_OK ||
        lode_search_run(search, &corpus, &question, rows, vector, &options, &results, &err) !=
            LODE_OK) {
      fail(c[0], &err);
    }
    print_results(c[0], &question, &results);
  }
  lode_question_free(&question);
  lode_search_results_free(&results);
  lode_search_free(search);
  lode_store_vectors_free(rows);
  lode_store_close(store);
  lode_buffer_free(&documents.buffer);
  lode_buffer_free(&vectors.buffer);
  lode_buffer_free(&in.buffer);
  return EXIT_SUCCESS;
}
