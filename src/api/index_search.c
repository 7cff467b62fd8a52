/* Searching a collection: the query embedded, the legs run, and the results as the caller gets
 * them. */
#include <stdlib.h>
#include <string.h>

#include "api/backend.h"
#include "api/index.h"
#include "api/index_request.h"
#include "api/work.h"
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

/* ---- a question, in steps: its vector is waited for */

typedef struct searching {
  lode_work work;
  lode_index *index;
  lode_request request;
  bool reading; /* in the store */
  lode_question question;
  bool meaning;       /* the question's vector counts, */
  lode_buffer vector; /* which is this */
  lode_results **out;
} searching;

static lode_status find(searching *s, lode_error *err) {
  lode_index *index = s->index;
  const lode_corpus corpus = lode_corpus_of_store(index->store);
  lode_search_results found = {0};
  lode_status status = s->meaning ? lode_index_load_vectors(index, err) : LODE_OK;
  if (status == LODE_OK) {
    status =
        lode_search_run(index->search, &corpus, &s->question, s->meaning ? index->vectors : NULL,
                        s->vector.data, &s->request.options, &found, err);
  }
  if (status == LODE_OK) status = lode_results_make(&corpus, &found, &s->question, s->out, err);
  lode_search_results_free(&found);
  return status;
}

static lode_status poll(lode_work *work, bool wait, bool *done, lode_error *err) {
  searching *s = (searching *)work;
  bool there = true;
  lode_status status = LODE_OK;
  if (s->meaning) {
    status = lode_index_embed_poll(&s->index->embedder, wait, &there, NULL, err);
  }
  if (status == LODE_OK && there) {
    status = find(s, err);
    *done = status == LODE_OK;
  }
  return status;
}

static void end(lode_work *work) {
  searching *s = (searching *)work;
  lode_index *index = s->index;
  if (index->has_embedder) lode_context_give_up(index->embedder.ctx);
  lode_buffer_free(&s->vector);
  lode_question_free(&s->question);
  if (s->reading) lode_store_read_end(index->store);
  lode_arena_free(&s->request.arena);
  index->working = false;
  free(s);
}

static lode_status begin(searching *s, lode_text query, const lode_index_search_options *options,
                         lode_error *err) {
  lode_index *index = s->index;
  lode_request *r = &s->request;
  lode_status status = read_request(index, options, r, err);
  if (status == LODE_OK) status = prepare(index, err);
  if (status == LODE_OK) status = lode_store_read_begin(index->store, err);
  s->reading = status == LODE_OK;
  const lode_question_options how = {.typing = r->given.typing != 0};
  const lode_corpus corpus = lode_corpus_of_store(index->store);
  if (status == LODE_OK) {
    status = lode_question_read(index->search, &corpus, query, &how, &s->question, err);
  }
  s->meaning =
      index->has_embedder && r->given.mode != LODE_INDEX_KEYWORD && s->question.embed.size > 0;
  if (status != LODE_OK || !s->meaning) return status;
  if (!lode_buffer_reserve(&s->vector, index->embedder.dim, sizeof(float), 0)) {
    return lode_error_nomem(err);
  }
  return lode_index_embed_query(&index->embedder, s->question.embed, s->vector.data, err);
}

lode_status lode_index_search_begin(lode_index *index, lode_text query,
                                    const lode_index_search_options *options, lode_results **out,
                                    lode_work **work, lode_error *err) {
  lode_error_clear(err);
  if (!index || !out || !work || (!query.data && query.size > 0)) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "index, query, out or work is NULL");
  }
  lode_status status = lode_index_check_free(index, err);
  if (status != LODE_OK) return status;
  searching *s = calloc(1, sizeof *s);
  if (!s) return lode_error_nomem(err);
  *s = (searching){.work = {.poll = poll, .end = end}, .index = index, .out = out};
  index->working = true;
  status = begin(s, query, options, err);
  if (status == LODE_OK) {
    *work = &s->work;
  } else {
    end(&s->work);
  }
  return status;
}

lode_status lode_index_search(lode_index *index, lode_text query,
                              const lode_index_search_options *options, lode_results **out,
                              lode_error *err) {
  lode_work *work = NULL;
  const lode_status begun = lode_index_search_begin(index, query, options, out, &work, err);
  return lode_work_finish(begun, work, err);
}

/* ---- what is like a document */

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
  lode_status status = lode_index_check_free(index, err);
  if (status != LODE_OK) return status;
  status = read_request(index, options, &r, err);
  if (status == LODE_OK) status = prepare(index, err);
  if (status == LODE_OK) status = lode_store_read_begin(index->store, err);
  if (status == LODE_OK) {
    status = find_similar(index, id, &r, out, err);
    lode_store_read_end(index->store);
  }
  lode_arena_free(&r.arena);
  return status;
}
