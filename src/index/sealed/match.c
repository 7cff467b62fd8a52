/* BM25 as FTS5 computes it, to the last bit: the same numbers in the same order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "index/sealed/reader.h"

static const double k1 = 1.2;
static const double b = 0.75;
static const double least_idf = 1e-6;

/* A document that has one of the phrases. */
typedef struct scored {
  uint32_t document;
  uint32_t units; /* whose phrases it has */
  double score;
} scored;

typedef struct scoring {
  lode_sealed *sealed;
  lode_buffer lists[2]; /* scored, by document; the first is the one that there is */
  size_t count;
  double average; /* words of a document */
  lode_postings hits;
} scoring;

/* Add one phrase's hits. */
static lode_status add_phrase(scoring *g, size_t unit, lode_error *err) {
  const lode_posting *hits = lode_postings_list(&g->hits);
  const size_t n = g->hits.count;
  const int64_t all = g->sealed->boot.documents;
  const double idf = log(((double)(all - (int64_t)n) + 0.5) / ((double)n + 0.5));
  const double weight = idf > 0 ? idf : least_idf;
  if (!lode_buffer_reserve(&g->lists[1], g->count + n, sizeof(scored), 0)) {
    return lode_error_nomem(err);
  }
  const scored *in = g->lists[0].data;
  scored *out = g->lists[1].data;
  lode_sealed_sizes sizes = {0};
  size_t i = 0;
  size_t written = 0;
  for (size_t h = 0; h < n; h++) {
    while (i < g->count && in[i].document < hits[h].document) out[written++] = in[i++];
    scored *s = &out[written++];
    *s = (scored){.document = hits[h].document};
    if (i < g->count && in[i].document == hits[h].document) *s = in[i++];
    uint32_t words;
    const lode_status status =
        lode_sealed_words_of(g->sealed, &sizes, hits[h].document, &words, err);
    if (status != LODE_OK) return status;
    const double often = hits[h].often;
    s->score +=
        weight * ((often * (k1 + 1.0)) / (often + k1 * (1 - b + b * (double)words / g->average)));
    s->units |= UINT32_C(1) << unit;
  }
  while (i < g->count) out[written++] = in[i++];
  g->count = written;
  const lode_buffer other = g->lists[0];
  g->lists[0] = g->lists[1];
  g->lists[1] = other;
  return LODE_OK;
}

static lode_status add_all(scoring *g, const lode_sealed_phrases *phrases, lode_error *err) {
  lode_status status = LODE_OK;
  for (size_t i = 0; i < phrases->count && status == LODE_OK; i++) {
    const struct lode_sealed_phrase *p = &phrases->list[i];
    const lode_sealed_token *tokens = &phrases->tokens[p->first];
    bool found = false;
    if (p->compound) status = lode_sealed_compound(g->sealed, phrases, p, &found, &g->hits, err);
    if (status == LODE_OK && !found) {
      status = p->count == 1 ? lode_sealed_postings_of(g->sealed, tokens, &g->hits, err)
                             : lode_sealed_phrase(g->sealed, tokens, p->count, &g->hits, err);
    }
    if (status == LODE_OK && g->hits.count > 0) status = add_phrase(g, p->unit, err);
  }
  return status;
}

static int best_first(const void *a, const void *c) {
  const scored *x = a;
  const scored *y = c;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  return (x->document > y->document) - (x->document < y->document);
}

/* Those that have all of `units`, or any. */
static lode_status choose(const scoring *g, uint32_t units, size_t limit, lode_arena *arena,
                          lode_store_match **list, size_t *count, lode_error *err) {
  scored *all = g->lists[0].data;
  size_t n = 0;
  for (size_t i = 0; i < g->count; i++) {
    if ((all[i].units & units) == units) all[n++] = all[i];
  }
  if (n > 0) qsort(all, n, sizeof *all, best_first);
  if (n > limit) n = limit;
  *list = lode_arena_array(arena, n, sizeof **list);
  if (*list == NULL) return lode_error_nomem(err);
  for (size_t i = 0; i < n; i++) {
    (*list)[i] = (lode_store_match){.document = all[i].document, .score = all[i].score};
  }
  *count = n;
  return LODE_OK;
}

/* The units of which there is a word at all: FTS5's expression has no others. */
static uint32_t units_of(const lode_sealed_phrases *phrases) {
  uint32_t units = 0;
  for (size_t i = 0; i < phrases->count; i++) units |= UINT32_C(1) << phrases->list[i].unit;
  return units;
}

lode_status lode_sealed_match(lode_sealed *sealed, lode_words *words,
                              const struct lode_question_parts *question,
                              const lode_expression *expression, size_t limit, lode_arena *arena,
                              lode_store_match **list, size_t *count, lode_error *err) {
  const lode_sealed_boot *boot = &sealed->boot;
  scoring g = {.sealed = sealed};
  lode_sealed_phrases phrases;
  *list = NULL;
  *count = 0;
  if (boot->documents == 0) return LODE_OK;
  g.average = (double)boot->words / (double)boot->documents;
  lode_status status = lode_sealed_phrases_make(words, &question->query, expression->units,
                                                boot->languages, arena, &phrases, err);
  bool missing = false;
  if (status == LODE_OK) status = lode_sealed_ask_unlisted(sealed, &phrases, &missing, err);
  if (missing) status = LODE_E_BUSY;
  if (status == LODE_OK) status = add_all(&g, &phrases, err);
  if (status == LODE_OK) {
    status = choose(&g, expression->all ? units_of(&phrases) : 0, limit, arena, list, count, err);
  }
  lode_buffer_free(&g.lists[0]);
  lode_buffer_free(&g.lists[1]);
  lode_postings_free(&g.hits);
  return status;
}
