/* A small collection for the tests of searching: paragraphs are chunks, and their vectors are made
 * by a model that knows a few things by several names each, so that meaning and words differ. */
#ifndef INDEX_SEARCH_H
#define INDEX_SEARCH_H

#include <math.h>

#include "base/cpu.h"
#include "index/search/corpus_store.h"
#include "index/search/search.h"
#include "index_store.h"

enum { SEARCH_DIM = 8, SEARCH_CHUNKS_MAX = 16 };

typedef struct search_page {
  const char *key;
  const char *title;
  const char *body; /* paragraphs with an empty line between */
  const char *path; /* of headings, of every paragraph; NULL: none */
  const char *metadata;
  lode_language language;
  int64_t mtime_ns;
} search_page;

/* Row i is dimension i. */
static const char *const search_things[SEARCH_DIM - 1][4] = {
    {"cat", "kitten", "feline", "whiskers"},    {"car", "automobile", "vehicle", "sedan"},
    {"bread", "loaf", "sourdough", "baguette"}, {"rain", "drizzle", "shower", "downpour"},
    {"music", "melody", "song", "tune"},        {"money", "cash", "currency", "coins"},
    {"ship", "vessel", "boat", "ferry"}};

/* What text[0..size) is about: a count for each thing, and a little of something else. */
static inline void search_vector(const char *text, size_t size, float out[SEARCH_DIM]) {
  double square = 0;
  for (int i = 0; i < SEARCH_DIM; i++) out[i] = i == SEARCH_DIM - 1 ? 0.2F : 0;
  for (int i = 0; i < SEARCH_DIM - 1; i++) {
    for (int k = 0; k < 4; k++) {
      const size_t n = strlen(search_things[i][k]);
      for (size_t at = 0; at + n <= size; at++) {
        if (memcmp(text + at, search_things[i][k], n) == 0) out[i] += 1;
      }
    }
  }
  for (int i = 0; i < SEARCH_DIM; i++) square += (double)out[i] * (double)out[i];
  for (int i = 0; i < SEARCH_DIM; i++) out[i] = (float)(out[i] / sqrt(square));
}

static inline lode_status search_put(lode_store *store, int64_t source, const search_page *page,
                                     bool vectors, lode_error *err) {
  lode_store_chunk_put chunks[SEARCH_CHUNKS_MAX] = {0};
  float rows[SEARCH_CHUNKS_MAX][SEARCH_DIM];
  size_t n = 0;
  const size_t size = strlen(page->body);
  for (size_t at = 0; at < size && n < SEARCH_CHUNKS_MAX;) {
    const char *stop = strstr(page->body + at, "\n\n");
    const size_t end = stop != NULL ? (size_t)(stop - page->body) : size;
    lode_store_chunk_put *c = &chunks[n];
    *c = (lode_store_chunk_put){.begin = (uint32_t)at,
                                .end = (uint32_t)end,
                                .source_begin = (uint32_t)at,
                                .source_end = (uint32_t)end,
                                .path = store_text(page->path != NULL ? page->path : ""),
                                .anchor = store_text("here")};
    search_vector(page->body + at, end - at, rows[n]);
    store_hash((uint64_t)(uintptr_t)page->body + at, c->hash, sizeof c->hash);
    c->vector = vectors ? rows[n] : NULL;
    n++;
    at = stop != NULL ? end + 2 : size;
  }
  const lode_store_document_put put = {
      .source = source,
      .key = store_text(page->key),
      .title = store_text(page->title),
      .metadata = store_text(page->metadata != NULL ? page->metadata : ""),
      .headings = store_text(page->path != NULL ? page->path : ""),
      .body = {page->body, size},
      .language = page->language,
      .mtime_ns = page->mtime_ns,
      .chunks = chunks,
      .chunk_count = n,
      .vectors = vectors};
  return lode_store_put(store, &put, NULL, err);
}

/* A collection that is open, with what searches it. */
typedef struct search_fixture {
  store_place place;
  lode_store *store;
  lode_corpus corpus; /* the store */
  lode_search *search;
  lode_pool *pool;
  lode_store_vectors *vectors; /* NULL: a collection without */
  lode_question question;
  lode_search_results results;
  lode_error err;
} search_fixture;

static inline lode_status search_fill(search_fixture *f, const search_page *pages, size_t n,
                                      bool vectors) {
  int64_t source;
  float probe[SEARCH_DIM] = {1};
  const lode_store_model model = {"a model", SEARCH_DIM, LODE_DTYPE_I8, probe, 1, ""};
  lode_status status = lode_store_begin(f->store, &f->err);
  if (status == LODE_OK) status = lode_store_source_put(f->store, "/", "{}", &source, &f->err);
  if (status == LODE_OK && vectors) status = lode_store_set_model(f->store, &model, &f->err);
  for (size_t i = 0; i < n && status == LODE_OK; i++) {
    status = search_put(f->store, source, &pages[i], vectors, &f->err);
  }
  if (status == LODE_OK) status = lode_store_commit(f->store, &f->err);
  return status;
}

/* Zero-initialise *f. The caller closes it, also after a failure. */
static inline lode_status search_open(search_fixture *f, const search_page *pages, size_t n,
                                      bool vectors, int threads) {
  bool known;
  if (!store_place_make(&f->place)) return LODE_E_IO;
  lode_status status = lode_store_open(f->place.path, LODE_STORE_CREATE, NULL, &f->store, &f->err);
  if (status == LODE_OK) status = search_fill(f, pages, n, vectors);
  f->corpus = lode_corpus_of_store(f->store);
  if (status == LODE_OK && threads > 1) f->pool = lode_pool_new(threads);
  if (status == LODE_OK) {
    status = lode_search_new(lode_cpu_features(NULL, &known), f->pool, &f->search, &f->err);
  }
  if (status == LODE_OK && vectors) {
    status = lode_store_vectors_load(f->store, NULL, &f->vectors, &f->err);
  }
  return status;
}

static inline void search_close(search_fixture *f) {
  lode_question_free(&f->question);
  lode_search_results_free(&f->results);
  lode_search_free(f->search);
  lode_store_vectors_free(f->vectors);
  lode_store_close(f->store);
  lode_pool_free(f->pool);
  store_place_remove(&f->place);
}

/* Read the question, embed it, search. */
static inline lode_status search_ask(search_fixture *f, lode_text text,
                                     const lode_question_options *reading,
                                     const lode_search_options *options) {
  float vector[SEARCH_DIM];
  const lode_status status =
      lode_question_read(f->search, &f->corpus, text, reading, &f->question, &f->err);
  if (status != LODE_OK) return status;
  const lode_text embed = f->question.embed;
  search_vector(embed.data, embed.size, vector);
  return lode_search_run(f->search, &f->corpus, &f->question, f->vectors,
                         f->vectors != NULL && embed.size > 0 ? vector : NULL, options, &f->results,
                         &f->err);
}

#endif
