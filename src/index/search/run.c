#include "index/search/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  DEPTH = 200, /* documents of a leg, for the first DEPTH / 2 results: the first pages come
                  from one list, so that nothing is on two of them or on none */
  PASSAGE_DOCUMENTS = 50 /* whose passages are ranked, at least, where passages are results */
};

lode_status lode_search_new_words(lode_search **out, lode_error *err) {
  lode_search *search = calloc(1, sizeof *search);
  if (search == NULL) return lode_error_nomem(err);
  search->legs[LODE_LEG_KEYWORD] = &lode_leg_keyword;
  const lode_status status = lode_words_new(&search->words, err);
  if (status != LODE_OK) {
    free(search);
    return status;
  }
  *out = search;
  return LODE_OK;
}

void lode_search_free(lode_search *search) {
  if (search == NULL) return;
  for (size_t leg = 0; leg < LODE_LEG_COUNT && LODE_MEANING; leg++) {
    if (search->legs[leg] != NULL && search->legs[leg]->end != NULL) search->legs[leg]->end(search);
  }
  lode_words_free(search->words);
  free(search);
}

void lode_search_results_free(lode_search_results *results) {
  lode_arena_free(&results->arena);
  *results = (lode_search_results){0};
}

/* ---------------------------------------------------------------- making ready */

static lode_status check(const lode_search_options *o, lode_error *err) {
  const char *wrong = NULL;
  if (o->offset > LODE_SEARCH_OFFSET_MAX) wrong = "offset";
  if (o->count > LODE_SEARCH_COUNT_MAX) wrong = "count";
  if (!(o->weight >= 0 && o->weight <= 1)) wrong = "weight";
  if (!(o->unrelated > -1 && o->unrelated < 1)) wrong = "unrelated";
  if (wrong == NULL) return LODE_OK;
  return lode_error_set(err, LODE_E_ARG, -1, -1, "search: %s is out of range", wrong);
}

lode_status lode_run_begin(lode_run *run, const lode_search_options *options, lode_error *err) {
  static const lode_search_options defaults = {0};
  run->options = options != NULL ? *options : defaults;
  lode_search_options *o = &run->options;
  const lode_status status = check(o, err);
  if (status != LODE_OK) return status;
  if (o->count == 0) o->count = LODE_SEARCH_COUNT;
  if (o->passages == 0) o->passages = 1;
  if (o->snippet == 0) o->snippet = LODE_SEARCH_SNIPPET;
  if (o->weight == 0) o->weight = LODE_SEARCH_WEIGHT;
  run->depth = DEPTH;
  while (run->depth < 2 * (o->offset + o->count)) run->depth *= 2;
  return LODE_OK;
}

lode_status lode_run_vector(lode_run *run, const lode_store_vectors *vectors, const float *vector,
                            lode_error *err) {
  if (!LODE_MEANING || vectors == NULL || vector == NULL) return LODE_OK;
  if (vectors->dim == 0) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "search: this store has no vectors");
  }
  double sum = 0;
  for (size_t i = 0; i < vectors->dim; i++) sum += (double)vector[i] * (double)vector[i];
  if (!isfinite(sum)) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "search: the vector has NaN or infinities");
  }
  if (sum == 0 || (vectors->rows == 0 && vectors->choose == NULL)) return LODE_OK;
  float *unit = lode_arena_array(&run->arena, vectors->dim, sizeof *unit);
  if (unit == NULL) return lode_error_nomem(err);
  const double scale = 1 / sqrt(sum);
  for (size_t i = 0; i < vectors->dim; i++) unit[i] = (float)((double)vector[i] * scale);
  run->vectors = vectors;
  run->vector = unit;
  return LODE_OK;
}

lode_status lode_run_match(lode_run *run, const lode_expression *expression, size_t limit,
                           lode_store_match **list, size_t *count, lode_error *err) {
  return run->corpus->calls->match(run->corpus->self, run->search->words, run->question, expression,
                                   limit, &run->arena, list, count, err);
}

float lode_run_row(const lode_run *run, const lode_store_chunk *chunk) {
  const lode_leg *leg = LODE_MEANING ? run->search->legs[LODE_LEG_SEMANTIC] : NULL;
  return leg != NULL ? leg->row(run, chunk->segment, chunk->row) : NAN;
}

/* Of the first `count` from `first` on, so that all that is missing is known at once. */
static lode_status want(lode_run *run, const lode_fused_list *list, size_t first, size_t count,
                        lode_error *err) {
  int64_t *ids = lode_arena_array(&run->arena, count, sizeof *ids);
  if (ids == NULL) return lode_error_nomem(err);
  for (size_t i = 0; i < count; i++) ids[i] = list->list[first + i].document;
  return run->corpus->calls->want(run->corpus->self, ids, count, err);
}

void lode_run_end(lode_run *run) {
  lode_arena_free(&run->arena);
}

static void choose_legs(lode_run *run) {
  const bool words = run->question != NULL && run->question->any.there;
  const bool keyword = words && run->options.mode != LODE_SEARCH_SEMANTIC;
  const bool semantic = LODE_MEANING && run->vector != NULL &&
                        run->search->legs[LODE_LEG_SEMANTIC] != NULL &&
                        run->options.mode != LODE_SEARCH_KEYWORD;
  run->weights[LODE_LEG_SEMANTIC] = semantic ? (keyword ? run->options.weight : 1) : 0;
  run->weights[LODE_LEG_KEYWORD] = keyword ? 1 - run->weights[LODE_LEG_SEMANTIC] : 0;
}

/* ---------------------------------------------------------------- titles */

static int by_document(const void *a, const void *b) {
  const int64_t x = ((const lode_fused *)a)->document;
  const int64_t y = ((const lode_fused *)b)->document;
  return (x > y) - (x < y);
}

/* The candidate of that document; the list is ordered by document. NULL: none. */
static lode_fused *find_fused(const lode_fused_list *list, size_t count, int64_t document) {
  const lode_fused key = {.document = document};
  if (count == 0) return NULL;
  return bsearch(&key, list->list, count, sizeof key, by_document);
}

/* Mark the documents whose title is what was typed, and add those that no leg has found. `list` is
 * ordered by document. */
static lode_status find_titles(lode_run *run, lode_fused_list *list, lode_error *err) {
  if (run->weights[LODE_LEG_KEYWORD] == 0 || run->question->title.size == 0) return LODE_OK;
  lode_ids titled;
  const lode_status status = run->corpus->calls->titled(run->corpus->self, run->search->words,
                                                        run->question, &run->arena, &titled, err);
  if (status != LODE_OK || titled.count == 0) return status;
  lode_fused *all = lode_arena_array(&run->arena, list->count + titled.count, sizeof *all);
  if (all == NULL) return lode_error_nomem(err);
  if (list->count > 0) memcpy(all, list->list, list->count * sizeof *all);
  list->list = all;
  const size_t known = list->count;
  for (size_t i = 0; i < titled.count; i++) {
    if (!lode_run_allows(run, titled.list[i])) continue;
    lode_fused *fused = find_fused(list, known, titled.list[i]);
    if (fused == NULL) {
      fused = &all[list->count++];
      *fused = (lode_fused){.document = titled.list[i], .scores = {NAN, NAN}};
    }
    fused->title = true;
  }
  return LODE_OK;
}

static int best_first(const void *a, const void *b) {
  const lode_fused *x = a;
  const lode_fused *y = b;
  if (x->title != y->title) return x->title ? -1 : 1;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  return by_document(a, b);
}

/* ---------------------------------------------------------------- exact matches */

/* Mark the candidates that have what was typed. One or two words are names more often than
 * questions, of which BM25 in a long document and the cosine both think little. `list` is ordered
 * by document up to what find_titles has added, which needs no such mark. */
static lode_status find_exact(lode_run *run, lode_fused_list *list, size_t ordered,
                              lode_error *err) {
  if (run->weights[LODE_LEG_KEYWORD] == 0) return LODE_OK;
  for (size_t i = 0; i < ordered; i++) list->list[i].exact = run->question->phrases.there;
  if (!run->question->every.there) return LODE_OK;
  lode_store_match *matches;
  size_t n;
  const lode_status status =
      lode_run_match(run, &run->question->every, run->depth, &matches, &n, err);
  for (size_t i = 0; i < n && status == LODE_OK; i++) {
    lode_fused *fused = find_fused(list, ordered, matches[i].document);
    if (fused != NULL) fused->exact = true;
  }
  return status;
}

/* ---------------------------------------------------------------- relevance */

static float threshold(const lode_run *run) {
  if (!LODE_MEANING || run->weights[LODE_LEG_SEMANTIC] == 0) return LODE_SEARCH_RELEVANT_KEYWORD;
  return run->weights[LODE_LEG_KEYWORD] > 0 ? LODE_SEARCH_RELEVANT : LODE_SEARCH_RELEVANT_SEMANTIC;
}

static void judge(const lode_run *run, lode_fused_list *list, lode_search_results *out) {
  out->threshold = threshold(run);
  for (size_t i = 0; i < list->count; i++) {
    lode_fused *f = &list->list[i];
    if (f->title && f->relevance < 1) f->relevance = 1;
    if (f->exact && f->relevance < out->threshold) f->relevance = out->threshold;
    if (f->relevance > out->relevance) out->relevance = f->relevance;
  }
  out->relevant = list->count > 0 && out->relevance >= out->threshold;
  if (!run->options.relevant_only) return;
  const float least = out->relevant ? LODE_SEARCH_RELEVANT_REST * out->threshold : INFINITY;
  size_t kept = 0;
  for (size_t i = 0; i < list->count; i++) {
    if (list->list[i].relevance >= least) list->list[kept++] = list->list[i];
  }
  list->count = kept;
}

/* ---------------------------------------------------------------- presenting */

static lode_status present_passage(lode_run *run, const lode_store_document *document,
                                   const lode_found_text *text, const lode_found_chunk *chunk,
                                   lode_arena *arena, lode_search_passage *out, lode_error *err) {
  const lode_store_chunk *c = &chunk->chunk;
  *out = (lode_search_passage){.ordinal = c->ordinal,
                               .begin = c->begin,
                               .end = c->end,
                               .source_begin = c->source_begin,
                               .source_end = c->source_end,
                               .path = c->path,
                               .anchor = c->anchor,
                               .keyword = chunk->scores[LODE_LEG_KEYWORD],
                               .semantic = chunk->scores[LODE_LEG_SEMANTIC]};
  return lode_snippet_make(run, document, text, chunk, arena, out, err);
}

/* *there: false for a document that is gone. The text is in `scratch`, all else in `arena`. */
static lode_status open_result(lode_run *run, const lode_fused *fused, lode_arena *arena,
                               lode_arena *scratch, lode_search_result *out, lode_found_text *text,
                               bool *there, lode_error *err) {
  *out = (lode_search_result){.score = fused->score,
                              .keyword = fused->scores[LODE_LEG_KEYWORD],
                              .semantic = fused->scores[LODE_LEG_SEMANTIC],
                              .relevance = fused->relevance,
                              .title = fused->title};
  lode_status status =
      run->corpus->calls->document(run->corpus->self, fused->document, arena, &out->document, err);
  *there = status == LODE_OK;
  if (status == LODE_E_NOT_FOUND) {
    lode_error_clear(err);
    return LODE_OK;
  }
  if (status != LODE_OK) return status;
  status = lode_marks_make(run, out->document.title, out->document.language, arena, &out->marks,
                           &out->mark_count, err);
  return status == LODE_OK ? lode_passages_find(run, &out->document, scratch, text, err) : status;
}

static lode_status copy_text(lode_arena *arena, lode_text *text, lode_error *err) {
  const char *copy = lode_arena_string(arena, text->data, text->size);
  if (copy == NULL) return lode_error_nomem(err);
  text->data = copy;
  return LODE_OK;
}

/* A result with its first passages, which leave the scratch. */
static lode_status add_passages(lode_run *run, lode_search_result *result,
                                const lode_found_text *text, size_t first, size_t count,
                                lode_arena *arena, lode_error *err) {
  lode_search_passage *list = lode_arena_array(arena, count, sizeof *list);
  if (list == NULL) return lode_error_nomem(err);
  for (size_t i = 0; i < count; i++) {
    lode_status status = present_passage(run, &result->document, text, &text->chunks[first + i],
                                         arena, &list[i], err);
    if (status == LODE_OK) status = copy_text(arena, &list[i].path, err);
    if (status == LODE_OK) status = copy_text(arena, &list[i].anchor, err);
    if (status != LODE_OK) return status;
  }
  result->passages = list;
  result->passage_count = count;
  return LODE_OK;
}

static lode_status present_documents(lode_run *run, const lode_fused_list *list,
                                     lode_search_results *out, lode_error *err) {
  const size_t offset = run->options.offset;
  const size_t left = list->count > offset ? list->count - offset : 0;
  const size_t count = left < run->options.count ? left : run->options.count;
  lode_search_result *results = lode_arena_array(&out->arena, count, sizeof *results);
  if (results == NULL) return lode_error_nomem(err);
  out->list = results;
  out->total = list->count;
  if (count > 0) {
    const lode_status status = want(run, list, offset, count, err);
    if (status != LODE_OK) return status;
  }
  for (size_t i = 0; i < count; i++) {
    lode_arena scratch = {0};
    lode_found_text text = {0};
    lode_search_result *result = &results[out->count];
    bool there;
    lode_status status = open_result(run, &list->list[offset + i], &out->arena, &scratch, result,
                                     &text, &there, err);
    if (status == LODE_OK && there) {
      const size_t most = run->options.passages;
      const size_t n = text.chunk_count < most ? text.chunk_count : most;
      status = add_passages(run, result, &text, 0, n, &out->arena, err);
      out->count++;
    }
    lode_arena_free(&scratch);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- passages as results */

typedef struct ranked_passage {
  size_t fused; /* its document's place in the list */
  uint32_t ordinal;
  bool title;
  float score;
} ranked_passage;

static int best_passage_first(const void *a, const void *b) {
  const ranked_passage *x = a;
  const ranked_passage *y = b;
  if (x->title != y->title) return x->title ? -1 : 1;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  if (x->fused != y->fused) return x->fused < y->fused ? -1 : 1;
  return (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

/* A passage is as good as it is itself and as its document is, half and half: words that make a
 * document the right one need not be in the passage that answers. */
static lode_status rank_passages(lode_run *run, const lode_fused_list *list, size_t documents,
                                 lode_buffer *ranked, size_t *count, lode_error *err) {
  lode_status status = LODE_OK;
  for (size_t i = 0; i < documents && status == LODE_OK; i++) {
    lode_arena scratch = {0};
    const lode_fused *fused = &list->list[i];
    lode_search_result result;
    lode_found_text text = {0};
    bool there;
    status = open_result(run, fused, &scratch, &scratch, &result, &text, &there, err);
    const size_t n = status == LODE_OK && there ? text.chunk_count : 0;
    if (!lode_buffer_reserve(ranked, *count + n, sizeof(ranked_passage),
                             *count * sizeof(ranked_passage))) {
      status = lode_error_nomem(err);
    }
    for (size_t c = 0; c < n && status == LODE_OK; c++) {
      ((ranked_passage *)ranked->data)[(*count)++] =
          (ranked_passage){.fused = i,
                           .ordinal = text.chunks[c].chunk.ordinal,
                           .title = fused->title,
                           .score = 0.5F * fused->score + 0.5F * text.chunks[c].score};
    }
    lode_arena_free(&scratch);
  }
  if (status == LODE_OK && *count > 0) {
    qsort(ranked->data, *count, sizeof(ranked_passage), best_passage_first);
  }
  return status;
}

static lode_status present_ranked(lode_run *run, const lode_fused_list *list,
                                  const ranked_passage *ranked, lode_search_result *result,
                                  lode_arena *arena, bool *there, lode_error *err) {
  lode_arena scratch = {0};
  lode_found_text text = {0};
  lode_status status =
      open_result(run, &list->list[ranked->fused], arena, &scratch, result, &text, there, err);
  const size_t n = status == LODE_OK && *there ? text.chunk_count : 0;
  size_t at = 0;
  while (at < n && text.chunks[at].chunk.ordinal != ranked->ordinal) at++;
  *there = at < n;
  if (*there) {
    result->score = ranked->score;
    result->keyword = text.chunks[at].scores[LODE_LEG_KEYWORD];
    result->semantic = text.chunks[at].scores[LODE_LEG_SEMANTIC];
    status = add_passages(run, result, &text, at, 1, arena, err);
  }
  lode_arena_free(&scratch);
  return status;
}

static lode_status present_passages(lode_run *run, const lode_fused_list *list,
                                    lode_search_results *out, lode_error *err) {
  const size_t end = run->options.offset + run->options.count;
  const size_t wanted = end > PASSAGE_DOCUMENTS ? end : PASSAGE_DOCUMENTS;
  const size_t documents = list->count < wanted ? list->count : wanted;
  lode_buffer ranked = {0};
  size_t n = 0;
  lode_status status = documents > 0 ? want(run, list, 0, documents, err) : LODE_OK;
  if (status == LODE_OK) status = rank_passages(run, list, documents, &ranked, &n, err);
  const size_t last = n < end ? n : end;
  const size_t first = run->options.offset < last ? run->options.offset : last;
  lode_search_result *results = lode_arena_array(&out->arena, last - first, sizeof *results);
  if (status == LODE_OK && results == NULL) status = lode_error_nomem(err);
  out->list = results;
  out->total = n;
  out->total_at_least = out->total_at_least || documents < list->count;
  for (size_t i = first; i < last && status == LODE_OK; i++) {
    bool there;
    status = present_ranked(run, list, (const ranked_passage *)ranked.data + i,
                            &results[out->count], &out->arena, &there, err);
    if (status == LODE_OK && there) out->count++;
  }
  lode_buffer_free(&ranked);
  return status;
}

/* ---------------------------------------------------------------- all of it */

static lode_status finish(lode_run *run, lode_search_results *out, lode_error *err) {
  lode_fused_list list;
  choose_legs(run);
  out->keyword = run->weights[LODE_LEG_KEYWORD] > 0;
  out->semantic = run->weights[LODE_LEG_SEMANTIC] > 0;
  lode_status status = lode_run_restrict(run, err);
  if (status == LODE_OK) status = lode_run_candidates(run, &list, err);
  const size_t ordered = status == LODE_OK ? list.count : 0;
  if (status == LODE_OK) status = find_titles(run, &list, err);
  if (status == LODE_OK) status = find_exact(run, &list, ordered, err);
  if (status != LODE_OK) return status;
  if (list.count > 0) qsort(list.list, list.count, sizeof *list.list, best_first);
  judge(run, &list, out);
  int64_t *found = lode_arena_array(&out->arena, list.count, sizeof *found);
  if (found == NULL) return lode_error_nomem(err);
  for (size_t i = 0; i < list.count; i++) found[i] = list.list[i].document;
  out->found = found;
  out->found_count = list.count;
  out->total_at_least = list.more;
  return run->options.group == LODE_SEARCH_PASSAGES ? present_passages(run, &list, out, err)
                                                    : present_documents(run, &list, out, err);
}

lode_status lode_run_finish(lode_run *run, lode_search_results *out, lode_error *err) {
  lode_search_results results = {0};
  const lode_status status = finish(run, &results, err);
  if (status != LODE_OK) {
    lode_search_results_free(&results);
    return status;
  }
  lode_search_results_free(out);
  *out = results;
  return LODE_OK;
}

lode_status lode_search_run(lode_search *search, const lode_corpus *corpus,
                            const lode_question *question, const lode_store_vectors *vectors,
                            const float *vector, const lode_search_options *options,
                            lode_search_results *out, lode_error *err) {
  lode_run run = {.search = search, .corpus = corpus, .question = question->parts};
  lode_status status = lode_run_begin(&run, options, err);
  if (status == LODE_OK) status = lode_run_vector(&run, vectors, vector, err);
  if (status == LODE_OK) status = lode_run_finish(&run, out, err);
  lode_run_end(&run);
  return status;
}
