/* The leg that ranks whole documents by their words. Documents, not passages: BM25 over passages
 * loses a tenth of nDCG@10. docs/search.md has how the weights of title and headings were found. */
#include <math.h>

#include "index/search/run.h"

float lode_keyword_share(const lode_run *run, double score) {
  const double bound = run->question != NULL ? run->question->bound : 0;
  if (!(bound > 0) || !(score > 0)) return 0;
  return (float)(score < bound ? score / bound : 1);
}

static lode_status find(lode_run *run, lode_leg_hit **hits, size_t *count, bool *more,
                        lode_error *err) {
  *count = 0;
  *more = false;
  *hits = NULL;
  if (run->question == NULL || !run->question->any.there) return LODE_OK;
  /* Where not every document may be found, the first ones might all be forbidden. */
  const size_t limit = lode_run_unrestricted(run) ? run->depth + 1 : SIZE_MAX;
  lode_store_match *list;
  size_t n;
  const lode_status status = lode_run_match(run, &run->question->any, limit, &list, &n, err);
  if (status != LODE_OK) return status;
  const size_t capacity = n < run->depth ? n : run->depth;
  *hits = lode_arena_array(&run->arena, capacity, sizeof **hits);
  if (*hits == NULL) return lode_error_nomem(err);
  for (size_t i = 0; i < n && !*more; i++) {
    if (!lode_run_allows(run, list[i].document)) continue;
    *more = *count == capacity;
    if (*more) break;
    (*hits)[(*count)++] = (lode_leg_hit){.document = list[i].document,
                                         .score = lode_keyword_share(run, list[i].score)};
  }
  return LODE_OK;
}

const lode_leg lode_leg_keyword = {.name = "keyword", .find = find};
