/* The passages of a document that was found: each is scored by the words in it, as BM25 does with
 * the document's passages for a collection, by how close the words are to each other, and by its
 * vector; the two are fused as they are for documents. */
#include <math.h>
#include <stdlib.h>

#include "index/search/run.h"

enum { NEAR_WORDS = 8 }; /* two words of the question within so many are about one thing */

/* What that is worth, of what the rarer of the two is. */
static const double near_part = 0.25;

typedef struct collector {
  lode_buffer matches;
  size_t count;
  bool failed;
} collector;

static void collect(void *user, const lode_term_match *match) {
  collector *c = user;
  const size_t used = c->count * sizeof(lode_found_match);
  if (c->failed ||
      !lode_buffer_reserve(&c->matches, c->count + 1, sizeof(lode_found_match), used)) {
    c->failed = true;
    return;
  }
  ((lode_found_match *)c->matches.data)[c->count++] =
      (lode_found_match){.begin = (uint32_t)match->begin,
                         .end = (uint32_t)match->end,
                         .unit = (uint32_t)match->unit,
                         .position = (uint32_t)match->position};
}

lode_status lode_matches_find(lode_run *run, lode_language language, lode_arena *arena,
                              lode_found_text *text, lode_error *err) {
  if (run->question == NULL) return LODE_OK;
  collector c = {0};
  const bool done = lode_terms_find(&run->question->terms, run->search->words, text->body.data,
                                    text->body.size, language, collect, &c);
  text->matches = lode_arena_array(arena, c.count, sizeof *text->matches);
  const bool failed = !done || c.failed || text->matches == NULL;
  for (size_t i = 0; i < c.count && !failed; i++) {
    text->matches[i] = ((lode_found_match *)c.matches.data)[i];
  }
  text->match_count = c.count;
  lode_buffer_free(&c.matches);
  return failed ? lode_error_nomem(err) : LODE_OK;
}

/* The first match that ends behind `begin`. */
static size_t first_match(const lode_found_text *text, size_t begin) {
  size_t low = 0;
  size_t high = text->match_count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (text->matches[middle].end <= begin) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static float keyword_score(const lode_run *run, const lode_found_text *text,
                           const lode_store_chunk *chunk, double mean_size) {
  const lode_terms *terms = &run->question->terms;
  double counts[LODE_QUERY_TERMS] = {0};
  double close[LODE_QUERY_TERMS] = {0}; /* most that a unit has from its neighbours */
  const lode_found_match *before = NULL;
  for (size_t i = first_match(text, chunk->begin); i < text->match_count; i++) {
    const lode_found_match *m = &text->matches[i];
    if (m->begin >= chunk->end) break;
    if (m->begin < chunk->begin || m->end > chunk->end) continue;
    counts[m->unit] += 1;
    if (before != NULL && before->unit != m->unit && m->position - before->position <= NEAR_WORDS) {
      const double a = terms->units[m->unit].bound;
      const double b = terms->units[before->unit].bound;
      const double gain = near_part * (a < b ? a : b);
      if (gain > close[m->unit]) close[m->unit] = gain;
    }
    before = m;
  }
  const double length = 0.25 + 0.75 * (double)(chunk->end - chunk->begin) / mean_size;
  double sum = 0;
  for (size_t u = 0; u < terms->unit_count; u++) {
    if (counts[u] > 0) sum += terms->units[u].bound * counts[u] / (counts[u] + 1.2 * length);
    sum += close[u];
  }
  return lode_keyword_share(run, sum);
}

static int best_first(const void *a, const void *b) {
  const lode_found_chunk *x = a;
  const lode_found_chunk *y = b;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  return (x->chunk.ordinal > y->chunk.ordinal) - (x->chunk.ordinal < y->chunk.ordinal);
}

lode_status lode_passages_find(lode_run *run, const lode_store_document *document,
                               lode_arena *arena, lode_found_text *out, lode_error *err) {
  *out = (lode_found_text){0};
  lode_store_chunk *chunks;
  lode_status status = run->corpus->calls->chunks(run->corpus->self, document->id, arena, &chunks,
                                                  &out->chunk_count, err);
  if (status != LODE_OK || out->chunk_count == 0) return status;
  /* To the end of a chunk, which is at a character. */
  size_t end = 0;
  double total = 0;
  for (size_t i = 0; i < out->chunk_count; i++) {
    total += (double)(chunks[i].end - chunks[i].begin);
    if (chunks[i].end > end && (end == 0 || chunks[i].end <= LODE_PASSAGE_TEXT_MAX)) {
      end = chunks[i].end;
    }
  }
  status =
      run->corpus->calls->body(run->corpus->self, document->id, 0, end, arena, &out->body, err);
  if (status == LODE_OK) status = lode_matches_find(run, document->language, arena, out, err);
  if (status != LODE_OK) return status;
  out->chunks = lode_arena_array(arena, out->chunk_count, sizeof *out->chunks);
  if (out->chunks == NULL) return lode_error_nomem(err);
  const double mean = total / (double)out->chunk_count;
  for (size_t i = 0; i < out->chunk_count; i++) {
    lode_found_chunk *c = &out->chunks[i];
    c->chunk = chunks[i];
    c->scores[LODE_LEG_KEYWORD] = run->weights[LODE_LEG_KEYWORD] > 0 && out->match_count > 0
                                      ? keyword_score(run, out, &chunks[i], mean)
                                      : NAN;
    c->scores[LODE_LEG_SEMANTIC] = lode_run_row(run, &chunks[i]);
    c->score = lode_run_fuse(run, c->scores);
  }
  qsort(out->chunks, out->chunk_count, sizeof *out->chunks, best_first);
  return LODE_OK;
}
