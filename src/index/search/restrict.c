/* Which documents may be found at all: those that pass the filter, have all phrases and none of the
 * minus words. This holds for every leg. */
#include <stdlib.h>

#include "index/search/run.h"

static int by_id(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a;
  const int64_t y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

void lode_ids_order(lode_ids *ids) {
  if (ids->count == 0) return;
  qsort(ids->list, ids->count, sizeof *ids->list, by_id);
  size_t kept = 1;
  for (size_t i = 1; i < ids->count; i++) {
    if (ids->list[i] != ids->list[kept - 1]) ids->list[kept++] = ids->list[i];
  }
  ids->count = kept;
}

bool lode_ids_has(const lode_ids *ids, int64_t id) {
  size_t low = 0;
  size_t high = ids->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (ids->list[middle] < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < ids->count && ids->list[low] == id;
}

bool lode_run_allows(const lode_run *run, int64_t document) {
  return document != run->except && (!run->only || lode_ids_has(&run->allowed, document)) &&
         !lode_ids_has(&run->unwanted, document);
}

/* BM25 is asked for, though only the documents matter. */
static lode_status match_ids(lode_run *run, const lode_expression *expression, lode_ids *out,
                             lode_error *err) {
  lode_store_match *list;
  const lode_status status = lode_run_match(run, expression, SIZE_MAX, &list, &out->count, err);
  if (status != LODE_OK) return status;
  out->list = lode_arena_array(&run->arena, out->count, sizeof *out->list);
  if (out->list == NULL) return lode_error_nomem(err);
  for (size_t i = 0; i < out->count; i++) out->list[i] = list[i].document;
  lode_ids_order(out);
  return LODE_OK;
}

/* Only those that are in both. */
static void intersect(lode_ids *ids, const lode_ids *with) {
  size_t kept = 0;
  for (size_t i = 0; i < ids->count; i++) {
    if (lode_ids_has(with, ids->list[i])) ids->list[kept++] = ids->list[i];
  }
  ids->count = kept;
}

static bool filters(const lode_search_filter *f) {
  return f != NULL && (f->path_count > 0 || f->field_count > 0 || f->languages != 0 ||
                       f->modified_from != 0 || f->modified_to != 0);
}

lode_status lode_run_restrict(lode_run *run, lode_error *err) {
  lode_status status = LODE_OK;
  if (filters(run->options.filter)) {
    status = run->corpus->calls->filter(run->corpus->self, run->options.filter, &run->arena,
                                        &run->allowed, err);
    run->only = true;
  }
  const struct lode_question_parts *question = run->question;
  if (status != LODE_OK || question == NULL) return status;
  if (question->phrases.there) {
    lode_ids having = {0};
    status = match_ids(run, &question->phrases, &having, err);
    if (run->only) {
      intersect(&run->allowed, &having);
    } else {
      run->allowed = having;
    }
    run->only = true;
  }
  if (status == LODE_OK && question->unwanted.there) {
    status = match_ids(run, &question->unwanted, &run->unwanted, err);
  }
  return status;
}
