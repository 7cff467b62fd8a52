/* Searching a collection: the query embedded, the legs run, and the results as the caller gets
 * them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/index.h"
#include "base/cpu.h"
#include "index/search/corpus_store.h"

/* ---- options */

typedef struct request {
  lode_index_search_options given;
  lode_search_options options;
  lode_search_filter filter;
  lode_arena arena;
} request;

static lode_status read_filters(request *r, lode_error *err) {
  const lode_index_search_options *o = &r->given;
  lode_text *paths = lode_arena_array(&r->arena, o->path_count, sizeof *paths);
  lode_search_field *fields = lode_arena_array(&r->arena, o->filter_count, sizeof *fields);
  if (!paths || !fields) return lode_error_nomem(err);
  for (size_t i = 0; i < o->path_count; i++) {
    paths[i] = (lode_text){o->paths[i], strlen(o->paths[i])};
  }
  for (size_t i = 0; i < o->filter_count; i++) {
    const char *equals = strchr(o->filters[i], '=');
    if (!equals || equals == o->filters[i]) {
      return lode_error_set(err, LODE_E_ARG, (int64_t)i, -1, "filter \"%.80s\" is not KEY=VALUE",
                            o->filters[i]);
    }
    fields[i].key = (lode_text){o->filters[i], (size_t)(equals - o->filters[i])};
    fields[i].value = (lode_text){equals + 1, strlen(equals + 1)};
  }
  r->filter = (lode_search_filter){.paths = paths,
                                   .path_count = o->path_count,
                                   .fields = fields,
                                   .field_count = o->filter_count};
  return LODE_OK;
}

static lode_status read_request(const lode_index *index, const lode_index_search_options *options,
                                request *r, lode_error *err) {
  const lode_index_search_options defaults = LODE_INDEX_SEARCH_OPTIONS_INIT;
  *r = (request){.given = options ? *options : defaults};
  const lode_index_search_options *o = &r->given;
  lode_status status =
      lode_check_struct("lode_index_search_options", o->struct_size, sizeof *o, err);
  if (status != LODE_OK) return status;
  if ((int)o->mode < LODE_INDEX_HYBRID || (int)o->mode > LODE_INDEX_SEMANTIC || o->limit < 0 ||
      o->limit > LODE_SEARCH_COUNT_MAX || o->offset < 0 || o->offset > LODE_SEARCH_OFFSET_MAX) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "mode, limit or offset is out of range");
  }
  if (o->mode == LODE_INDEX_SEMANTIC && !index->has_embedder) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          index->has_model ? "to search by meaning the model is needed"
                                           : "there are no vectors to search by meaning");
  }
  status = read_filters(r, err);
  if (status != LODE_OK) return status;
  /* Layers are what makes a model strong; without any it is a table of words. */
  const bool strong = index->has_embedder && index->embedder.model->program.layers > 0;
  r->options = (lode_search_options){
      .mode = o->mode == LODE_INDEX_KEYWORD    ? LODE_SEARCH_KEYWORD
              : o->mode == LODE_INDEX_SEMANTIC ? LODE_SEARCH_SEMANTIC
                                               : LODE_SEARCH_HYBRID,
      .group = o->by_chunk ? LODE_SEARCH_PASSAGES : LODE_SEARCH_DOCUMENTS,
      .offset = (size_t)o->offset,
      .count = (size_t)o->limit,
      .weight = strong ? LODE_SEARCH_WEIGHT_STRONG : LODE_SEARCH_WEIGHT,
      .unrelated = index->unrelated,
      .relevant_only = !o->all,
      .filter = &r->filter,
  };
  return LODE_OK;
}

/* ---- results */

typedef struct owned_results {
  lode_results results; /* first: it is what the caller holds */
  lode_arena arena;
} owned_results;

static const char *keep(lode_arena *arena, lode_text text) {
  return lode_arena_string(arena, text.data ? text.data : "", text.data ? text.size : 0);
}

static double number(float x) {
  return isnan(x) ? 0 : (double)x;
}

static lode_status fill_passage(lode_index *index, const lode_search_result *from,
                                const lode_search_passage *passage, lode_arena *arena,
                                lode_result *to, lode_error *err) {
  lode_text text;
  const lode_status status = lode_store_body(index->store, from->document.id, passage->begin,
                                             passage->end, arena, &text, err);
  if (status != LODE_OK) return status;
  lode_range *marks = lode_arena_array(arena, passage->mark_count, sizeof *marks);
  to->heading = keep(arena, passage->path);
  to->anchor = keep(arena, passage->anchor);
  if (!marks || !to->heading || !to->anchor) return lode_error_nomem(err);
  const uint32_t shift = passage->snippet_begin - passage->begin;
  for (size_t i = 0; i < passage->mark_count; i++) {
    marks[i] = (lode_range){passage->marks[i].begin + shift, passage->marks[i].end + shift};
  }
  to->text = text.data;
  to->source_begin = passage->source_begin;
  to->source_end = passage->source_end;
  to->snippet = (lode_range){shift, shift + (uint32_t)passage->snippet.size};
  to->marks = marks;
  to->mark_count = passage->mark_count;
  return LODE_OK;
}

static lode_status fill_result(lode_index *index, const lode_search_result *from, lode_arena *arena,
                               lode_result *to, lode_error *err) {
  to->id = keep(arena, from->document.key);
  to->title = keep(arena, from->document.title);
  to->metadata = from->document.metadata.size > 0 ? keep(arena, from->document.metadata) : "{}";
  to->heading = to->anchor = to->text = "";
  to->score = number(from->score);
  to->cosine = number(from->semantic);
  to->keyword = number(from->keyword);
  if (!to->id || !to->title || !to->metadata) return lode_error_nomem(err);
  if (from->passage_count == 0) return LODE_OK;
  return fill_passage(index, from, &from->passages[0], arena, to, err);
}

static lode_status convert(lode_index *index, const lode_search_results *from,
                           const lode_question *question, lode_results **out, lode_error *err) {
  owned_results *owned = calloc(1, sizeof *owned);
  if (!owned) return lode_error_nomem(err);
  lode_result *list = lode_arena_array(&owned->arena, from->count, sizeof *list);
  if (!list) {
    lode_results_free(&owned->results);
    return lode_error_nomem(err);
  }
  lode_status status = LODE_OK;
  for (size_t i = 0; i < from->count && status == LODE_OK; i++) {
    status = fill_result(index, &from->list[i], &owned->arena, &list[i], err);
  }
  owned->results = (lode_results){
      .count = from->count,
      .list = list,
      .total = (int64_t)from->total,
      .total_at_least = from->total_at_least,
      .relevant = from->relevant,
      .mode = from->keyword && from->semantic ? LODE_INDEX_HYBRID
              : from->semantic                ? LODE_INDEX_SEMANTIC
                                              : LODE_INDEX_KEYWORD,
  };
  if (status == LODE_OK && question && question->correction_count > 0) {
    owned->results.correction = keep(&owned->arena, question->text);
    if (!owned->results.correction) status = lode_error_nomem(err);
  }
  if (status != LODE_OK) {
    lode_results_free(&owned->results);
    return status;
  }
  *out = &owned->results;
  return LODE_OK;
}

void lode_results_free(lode_results *results) {
  if (!results) return;
  owned_results *owned = (owned_results *)results;
  lode_arena_free(&owned->arena);
  free(owned);
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

/* The vectors of the state that is being read; those of the last time where nothing has changed. */
static lode_status load_vectors(lode_index *index, lode_error *err) {
  lode_store_vectors *now = NULL;
  const lode_status status = lode_store_vectors_load(index->store, index->vectors, &now, err);
  if (status != LODE_OK) return status;
  lode_store_vectors_free(index->vectors);
  index->vectors = now;
  return LODE_OK;
}

static lode_status search_question(lode_index *index, const lode_question *question, request *r,
                                   lode_results **out, lode_error *err) {
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
    if (status == LODE_OK) status = load_vectors(index, err);
  }
  lode_search_results found = {0};
  if (status == LODE_OK) {
    status = lode_search_run(index->search, &corpus, question, meaning ? index->vectors : NULL,
                             meaning ? vector.data : NULL, &r->options, &found, err);
  }
  if (status == LODE_OK) status = convert(index, &found, question, out, err);
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
  request r;
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

static lode_status find_similar(lode_index *index, lode_text id, request *r, lode_results **out,
                                lode_error *err) {
  lode_store_document document;
  lode_status status = lode_store_find(index->store, id, &r->arena, &document, err);
  if (status == LODE_E_NOT_FOUND) {
    const int shown = id.size < 200 ? (int)id.size : 200;
    return lode_error_set(err, status, -1, -1, "%s: has no document \"%.*s\"", index->path, shown,
                          id.data);
  }
  if (status == LODE_OK && index->has_model) status = load_vectors(index, err);
  const lode_corpus corpus = lode_corpus_of_store(index->store);
  lode_search_results found = {0};
  if (status == LODE_OK) {
    status = lode_search_similar(index->search, &corpus, document.id, -1, index->vectors,
                                 &r->options, &found, err);
  }
  if (status == LODE_OK) status = convert(index, &found, NULL, out, err);
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
  request r;
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
