/* What the legs find, in one list. A document's score is the weighted sum of its legs' scores,
 * which are absolute; a leg that has none for it adds nothing. Ranks are not looked at: with them
 * the first of a leg that found nothing good counts as much as the first of one that did. */
#include <math.h>
#include <stdlib.h>

#include "index/search/run.h"

/* Those that can have found something; the rest have no scores. */
enum { LEGS = LODE_MEANING ? LODE_LEG_COUNT : LODE_LEG_KEYWORD + 1 };

float lode_run_fuse(const lode_run *run, const float scores[LODE_LEG_COUNT]) {
  float sum = 0;
  for (size_t leg = 0; leg < LEGS; leg++) {
    if (run->weights[leg] > 0 && !isnan(scores[leg])) sum += run->weights[leg] * scores[leg];
  }
  if (LODE_MEANING && isnan(scores[LODE_LEG_SEMANTIC])) {
    sum += run->weights[LODE_LEG_SEMANTIC] * lode_run_unseen(run);
  }
  return sum;
}

float lode_run_relevance(const lode_run *run, const float scores[LODE_LEG_COUNT]) {
  static const float keyword_part = 0.5F;
  const float keyword = isnan(scores[LODE_LEG_KEYWORD]) ? 0 : scores[LODE_LEG_KEYWORD];
  const float cosine = scores[LODE_LEG_SEMANTIC];
  if (!LODE_MEANING || run->weights[LODE_LEG_SEMANTIC] == 0) return keyword;
  const float unrelated = run->options.unrelated;
  const float known = isnan(cosine) ? lode_run_unseen(run) : cosine;
  const float meaning = known != 0 || !isnan(cosine) ? (known - unrelated) / (1 - unrelated) : 0;
  return meaning + keyword_part * keyword;
}

static int by_document(const void *a, const void *b) {
  const lode_leg_hit *x = a;
  const lode_leg_hit *y = b;
  return (x->document > y->document) - (x->document < y->document);
}

/* Scores of a leg by document; those that it did not hand over are asked for. */
static lode_status fill(lode_run *run, lode_leg_kind leg, lode_leg_hit *hits, size_t n,
                        const lode_ids *all, lode_fused *list, lode_error *err) {
  lode_ids missing = {.list = lode_arena_array(&run->arena, all->count, sizeof *missing.list)};
  float *scores = lode_arena_array(&run->arena, all->count, sizeof *scores);
  if (missing.list == NULL || scores == NULL) return lode_error_nomem(err);
  if (n > 0) qsort(hits, n, sizeof *hits, by_document);
  size_t h = 0;
  for (size_t i = 0; i < all->count; i++) {
    const bool has = h < n && hits[h].document == all->list[i];
    list[i].scores[leg] = has ? hits[h++].score : NAN;
    if (!has) missing.list[missing.count++] = all->list[i];
  }
  const lode_leg *scoring = run->search->legs[leg];
  if (!LODE_MEANING || scoring->score == NULL) return LODE_OK;
  for (size_t i = 0; i < missing.count; i++) scores[i] = NAN;
  const lode_status status = scoring->score(run, &missing, scores, err);
  size_t m = 0;
  for (size_t i = 0; i < all->count && m < missing.count; i++) {
    if (all->list[i] == missing.list[m]) list[i].scores[leg] = scores[m++];
  }
  return status;
}

lode_status lode_run_candidates(lode_run *run, lode_fused_list *out, lode_error *err) {
  lode_leg_hit *hits[LEGS] = {0};
  size_t counts[LEGS] = {0};
  size_t total = 0;
  *out = (lode_fused_list){0};
  for (size_t leg = 0; leg < LEGS; leg++) {
    bool more = false;
    if (run->weights[leg] == 0) continue;
    const lode_status status =
        run->search->legs[leg]->find(run, &hits[leg], &counts[leg], &more, err);
    if (status != LODE_OK) return status;
    out->more = out->more || more;
    if (leg == LODE_LEG_KEYWORD) {
      run->found = hits[leg];
      run->found_count = counts[leg];
    }
    total += counts[leg];
  }
  lode_ids all = {.list = lode_arena_array(&run->arena, total, sizeof *all.list)};
  if (all.list == NULL) return lode_error_nomem(err);
  for (size_t leg = 0; leg < LEGS; leg++) {
    for (size_t i = 0; i < counts[leg]; i++) all.list[all.count++] = hits[leg][i].document;
  }
  lode_ids_order(&all);
  out->count = all.count;
  out->list = lode_arena_array(&run->arena, all.count, sizeof *out->list);
  if (out->list == NULL) return lode_error_nomem(err);
  for (size_t i = 0; i < all.count; i++) out->list[i].document = all.list[i];
  for (size_t leg = 0; leg < LODE_LEG_COUNT; leg++) {
    if (leg >= LEGS || run->weights[leg] == 0) {
      for (size_t i = 0; i < all.count; i++) out->list[i].scores[leg] = NAN;
      continue;
    }
    const lode_status status =
        fill(run, (lode_leg_kind)leg, hits[leg], counts[leg], &all, out->list, err);
    if (status != LODE_OK) return status;
  }
  for (size_t i = 0; i < out->count; i++) {
    out->list[i].score = lode_run_fuse(run, out->list[i].scores);
    out->list[i].relevance = lode_run_relevance(run, out->list[i].scores);
  }
  return LODE_OK;
}
