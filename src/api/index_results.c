/* Results as the caller gets them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/index_request.h"

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

static void copy_marks(const lode_search_mark *from, size_t n, uint32_t shift, lode_range *to) {
  for (size_t i = 0; i < n; i++) to[i] = (lode_range){from[i].begin + shift, from[i].end + shift};
}

static lode_status fill_passage(const lode_corpus *corpus, const lode_search_result *from,
                                const lode_search_passage *passage, lode_arena *arena,
                                lode_result *to, lode_error *err) {
  lode_text text;
  const lode_status status = corpus->calls->body(corpus->self, from->document.id, passage->begin,
                                                 passage->end, arena, &text, err);
  if (status != LODE_OK) return status;
  lode_range *marks = lode_arena_array(arena, passage->mark_count, sizeof *marks);
  to->heading = keep(arena, passage->path);
  to->anchor = keep(arena, passage->anchor);
  if (!marks || !to->heading || !to->anchor) return lode_error_nomem(err);
  const uint32_t shift = passage->snippet_begin - passage->begin;
  copy_marks(passage->marks, passage->mark_count, shift, marks);
  to->text = text.data;
  to->source_begin = passage->source_begin;
  to->source_end = passage->source_end;
  to->snippet = (lode_range){shift, shift + (uint32_t)passage->snippet.size};
  to->marks = marks;
  to->mark_count = passage->mark_count;
  return LODE_OK;
}

/* A document without its passages. */
static bool fill_document(const lode_search_result *from, lode_arena *arena, lode_result *to) {
  lode_range *marks = lode_arena_array(arena, from->mark_count, sizeof *marks);
  to->id = keep(arena, from->document.key);
  to->title = keep(arena, from->document.title);
  to->metadata = from->document.metadata.size > 0 ? keep(arena, from->document.metadata) : "{}";
  to->url = keep(arena, from->document.url);
  to->heading = to->anchor = to->text = "";
  to->score = number(from->score);
  to->cosine = number(from->semantic);
  to->keyword = number(from->keyword);
  if (!to->id || !to->title || !to->metadata || !to->url || !marks) return false;
  copy_marks(from->marks, from->mark_count, 0, marks);
  to->title_marks = marks;
  to->title_mark_count = from->mark_count;
  return true;
}

/* Results that the document is: one for each of its passages, or one without any. */
static size_t results_of(const lode_search_result *from) {
  return from->passage_count > 0 ? from->passage_count : 1;
}

static lode_status fill_results(const lode_corpus *corpus, const lode_search_result *from,
                                lode_arena *arena, lode_result *to, lode_error *err) {
  lode_status status = fill_document(from, arena, &to[0]) ? LODE_OK : lode_error_nomem(err);
  for (size_t i = 0; i < from->passage_count && status == LODE_OK; i++) {
    if (i > 0) {
      to[i] = to[0];
      to[i].cosine = number(from->passages[i].semantic);
      to[i].keyword = number(from->passages[i].keyword);
    }
    status = fill_passage(corpus, from, &from->passages[i], arena, &to[i], err);
  }
  return status;
}

lode_status lode_results_make(const lode_corpus *corpus, const lode_search_results *from,
                              const lode_question *question, lode_results **out, lode_error *err) {
  owned_results *owned = calloc(1, sizeof *owned);
  if (!owned) return lode_error_nomem(err);
  size_t count = 0;
  for (size_t i = 0; i < from->count; i++) count += results_of(&from->list[i]);
  lode_result *list = lode_arena_array(&owned->arena, count, sizeof *list);
  if (!list) {
    lode_results_free(&owned->results);
    return lode_error_nomem(err);
  }
  lode_status status = LODE_OK;
  lode_result *next = list;
  for (size_t i = 0; i < from->count && status == LODE_OK; i++) {
    status = fill_results(corpus, &from->list[i], &owned->arena, next, err);
    next += results_of(&from->list[i]);
  }
  owned->results = (lode_results){
      .count = count,
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
