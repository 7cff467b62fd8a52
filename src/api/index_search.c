/* Searching a collection: the query embedded, the legs run, and the results as the caller gets
 * them. */
#include <stdlib.h>
#include <string.h>

#include "api/index.h"
#include "api/index_request.h"
#include "base/cpu.h"
#include "index/search/corpus_store.h"

/* The request, and what the collection has to say to it. */
static lode_status read_request(const lode_index *index, const lode_index_search_options *options,
                                lode_request *r, lode_error *err) {
  const lode_status status = lode_request_read(options, r, err);
  if (status != LODE_OK) return status;
  if (r->given.mode == LODE_INDEX_SEMANTIC && !index->has_embedder) {
    lode_arena_free(&r->arena);
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          index->has_model ? "to search by meaning the model is needed"
                                           : "there are no vectors to search by meaning");
  }
  r->options.weight = lode_index_weight(index);
  r->options.unrelated = index->unrelated;
  return LODE_OK;
}

/* Layers are what makes a model strong; without any it is a table of words. */
float lode_index_weight(const lode_index *index) {
  const bool strong = index->has_embedder && index->embedder.model->program.layers > 0;
  return strong ? LODE_SEARCH_WEIGHT_STRONG : LODE_SEARCH_WEIGHT;
}

/* ---- searching */

static lode_status prepare(lode_index *index, lode_error *err) {
  if (index->search) return LODE_OK;
  bool known; /* an unknown $LODE_ISA is no cap here: opening a model is what complains */
  const uint32_t features =
      index->has_embedder ? index->embedder.model->features : lode_cpu_features(NULL, &known);
  lode_pool *pool = index->has_embedder ? index->embedder.ctx->pool : NULL;
  return lode_search_new(features, pool, &index->search, err);
}

lode_status lode_index_load_vectors(lode_index *index, lode_error *err) {
  lode_store_vectors *now = NULL;
  const lode_status status = lode_store_vectors_load(index->store, index->vectors, &now, err);
  if (status != LODE_OK) return status;
  lode_store_vectors_free(index->vectors);
  index->vectors = now;
  return LODE_OK;
}

static lode_status search_question(lode_index *index, const lode_question *question,
                                   lode_request *r, lode_results **out, lode_error *err) {
  const lode_corpus corpus = lode_corpus_of_store(index->store);
  lode_buffer vector = {0};
  lode_status status = LODE_OK;
  const bool meaning =
      index->has_embedder && r->given.mode != LODE_INDEX_KEYWORD && question->embed.size > 0;
  if (meaning) {
    if (!lode_buffer_reserve(&vector, index->embedder.dim, sizeof(float), 0)) {
      return lode_error_nomem(err);
    }
    status = lode_index_embed_query(&index->embedder, question->embed, vector.data, err);
    if (status == LODE_OK) status = lode_index_load_vectors(index, err);
  }
  lode_search_results found = {0};
  if (status == LODE_OK) {
    status = lode_search_run(index->search, &corpus, question, meaning ? index->vectors : NULL,
                             meaning ? vector.data : NULL, &r->options, &found, err);
  }
  if (status == LODE_OK) status = lode_results_make(&corpus, &found, question, out, err);
  lode_search_results_free(&found);
  lode_buffer_free(&vector);
  return status;
}

lode_status lode_index_search(lode_index *index, lode_text query,
                              const lode_index_search_options *options, lode_results **out,
                              lode_error *err) {
  lode_error_clear(err);
  if (!index || !out || (!query.data && query.size > 0)) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "index, query or out is NULL");
  }
  lode_request r;
  lode_status status = read_request(index, options, &r, err);
  if (status == LODE_OK) status = prepare(index, err);
  if (status == LODE_OK) status = lode_store_read_begin(index->store, err);
  if (status == LODE_OK) {
    const lode_question_options how = {.typing = r.given.typing != 0};
    const lode_corpus corpus = lode_corpus_of_store(index->store);
    lode_question question = {0};
    status = lode_question_read(index->search, &corpus, query, &how, &question, err);
    if (status == LODE_OK) status = search_question(index, &question, &r, out, err);
    lode_question_free(&question);
    lode_store_read_end(index->store);
  }
  lode_arena_free(&r.arena);
  return status;
}

static lode_status find_similar(lode_index *index, lode_text id, lode_request *r,
                                lode_results **out, lode_error *err) {
  lode_store_document document;
  lode_status status = lode_store_find(index->store, id, &r->arena, &document, err);
  if (status == LODE_E_NOT_FOUND) {
    const int shown = id.size < 200 ? (int)id.size : 200;
    return lode_error_set(err, status, -1, -1, "%s: has no document \"%.*s\"", index->path, shown,
                          id.data);
  }
  if (status == LODE_OK && index->has_model) status = lode_index_load_vectors(index, err);
  const lode_corpus corpus = lode_corpus_of_store(index->store);
  lode_search_results found = {0};
  if (status == LODE_OK) {
    status = lode_search_similar(index->search, &corpus, document.id, -1, index->vectors,
                                 &r->options, &found, err);
  }
  if (status == LODE_OK) status = lode_results_make(&corpus, &found, NULL, out, err);
  lode_search_results_free(&found);
  return status;
}

lode_status lode_index_similar(lode_index *index, lode_text id,
                               const lode_index_search_options *options, lode_results **out,
                               lode_error *err) {
  lode_error_clear(err);
  if (!index || !out || !id.data) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "index, id or out is NULL");
  }
  lode_request r;
  lode_status status = read_request(index, options, &r, err);
  if (status == LODE_OK) status = prepare(index, err);
  if (status == LODE_OK) status = lode_store_read_begin(index->store, err);
  if (status == LODE_OK) {
    status = find_similar(index, id, &r, out, err);
    lode_store_read_end(index->store);
  }
  lode_arena_free(&r.arena);
  return status;
}
