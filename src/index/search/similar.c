/* More like this: a search with a document's own vector, or with its own words. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "index/search/run.h"

enum {
  TEXT_MAX = 65536, /* bytes whose words are counted */
  WORDS_MAX = 4096, /* different ones; more are left out */
  LOOKED_UP = 256   /* the most frequent of them, whose rarity is looked up */
};

/* ---------------------------------------------------------------- by its vector */

/* sum += the row, scaled to unit length, so that every passage counts the same. */
static bool add_row(const lode_store_vectors *v, int64_t segment, uint32_t row, float *scratch,
                    double *sum) {
  size_t s = 0;
  while (s < v->count && v->ids[s] != segment) s++;
  if (segment == 0 || s == v->count || row >= v->segments[s].count) return false;
  const lode_vectors_segment *in = &v->segments[s];
  double square = 0;
  for (size_t i = 0; i < v->dim; i++) {
    const size_t at = (size_t)row * v->dim + i;
    if (v->dtype == LODE_DTYPE_F32) {
      memcpy(&scratch[i], (const char *)in->rows + at * sizeof *scratch, sizeof *scratch);
    } else {
      scratch[i] = (float)((const int8_t *)in->rows)[at];
    }
    square += (double)scratch[i] * (double)scratch[i];
  }
  if (!(square > 0) || !isfinite(square)) return false;
  for (size_t i = 0; i < v->dim; i++) sum[i] += (double)scratch[i] / sqrt(square);
  return true;
}

/* The mean of the document's rows, or one of them; *there: it has any. */
static lode_status mean_vector(lode_run *run, const lode_store_chunk *chunks, size_t count,
                               int64_t ordinal, const lode_store_vectors *v, float *out,
                               bool *there, lode_error *err) {
  double *sum = lode_arena_array(&run->arena, v->dim, sizeof *sum);
  if (sum == NULL) return lode_error_nomem(err);
  *there = false;
  for (size_t i = 0; i < count; i++) {
    if (ordinal >= 0 && chunks[i].ordinal != ordinal) continue;
    *there = add_row(v, chunks[i].segment, chunks[i].row, out, sum) || *there;
  }
  for (size_t i = 0; i < v->dim; i++) out[i] = (float)sum[i];
  return LODE_OK;
}

/* ---------------------------------------------------------------- by its words */

typedef struct counted_word {
  char term[LODE_TERM_MAX];
  uint8_t size;
  uint32_t count;
  double weight;
} counted_word;

typedef struct counter {
  counted_word *words; /* [WORDS_MAX] open addressing */
  size_t used;
} counter;

static int count_word(void *user, const lode_word *word) {
  counter *c = user;
  if (word->colocated) return 0;
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < word->size; i++) hash = (hash ^ (unsigned char)word->term[i]) * 16777619u;
  size_t at = hash % WORDS_MAX;
  while (c->words[at].count > 0 && (c->words[at].size != word->size ||
                                    memcmp(c->words[at].term, word->term, word->size) != 0)) {
    at = (at + 1) % WORDS_MAX;
  }
  counted_word *w = &c->words[at];
  if (w->count == 0) {
    if (c->used == WORDS_MAX / 2) return 0;
    c->used++;
    memcpy(w->term, word->term, word->size);
    w->size = (uint8_t)word->size;
  }
  w->count++;
  return 0;
}

static int by_term(const counted_word *x, const counted_word *y) {
  const size_t common = x->size < y->size ? x->size : y->size;
  const int order = memcmp(x->term, y->term, common);
  return order != 0 ? order : (int)x->size - (int)y->size;
}

static int by_count(const void *a, const void *b) {
  const counted_word *x = a;
  const counted_word *y = b;
  if (x->count != y->count) return x->count > y->count ? -1 : 1;
  return by_term(x, y);
}

static int by_weight(const void *a, const void *b) {
  const counted_word *x = a;
  const counted_word *y = b;
  if (x->weight != y->weight) return x->weight > y->weight ? -1 : 1;
  return by_term(x, y);
}

/* A question of the text's most telling words: frequent here, rare elsewhere. */
static lode_status make_question(lode_run *run, lode_text text, lode_question *out,
                                 lode_error *err) {
  counter c = {.words = lode_arena_array(&run->arena, WORDS_MAX, sizeof *c.words)};
  lode_corpus_stats stats;
  if (c.words == NULL) return lode_error_nomem(err);
  const lode_corpus *corpus = run->corpus;
  lode_status status = corpus->calls->stats(corpus->self, &stats, err);
  if (status != LODE_OK) return status;
  const lode_words_options options = {.mode = LODE_WORDS_QUERY};
  if (lode_words_split(run->search->words, text.data, text.size, &options, count_word, &c) != 0) {
    return lode_error_nomem(err);
  }
  qsort(c.words, WORDS_MAX, sizeof *c.words, by_count);
  const size_t n = c.used < LOOKED_UP ? c.used : LOOKED_UP;
  for (size_t i = 0; i < n; i++) {
    int64_t documents = 0;
    const lode_text word = {c.words[i].term, c.words[i].size};
    status = corpus->calls->term(corpus->self, word, &documents, err);
    if (status != LODE_OK) return status;
    const double idf = log(((double)stats.documents + 1) / ((double)documents + 0.5));
    /* A word of this document alone finds no other. */
    c.words[i].weight = documents > 1 && idf > 0 ? (double)c.words[i].count * idf : 0;
  }
  qsort(c.words, n, sizeof *c.words, by_weight);
  char question[LODE_QUERY_TERMS * (LODE_TERM_MAX + 1)];
  size_t size = 0;
  for (size_t i = 0; i < n && i < LODE_QUERY_TERMS && c.words[i].weight > 0; i++) {
    if (size + c.words[i].size + 1 > LODE_QUERY_BYTES) break;
    memcpy(question + size, c.words[i].term, c.words[i].size);
    size += c.words[i].size;
    question[size++] = ' ';
  }
  const lode_question_options plain = {.no_correct = true};
  return lode_question_read(run->search, corpus, (lode_text){question, size}, &plain, out, err);
}

/* The first bytes of the document, or of its chunk. */
static lode_status text_of(lode_run *run, int64_t document, int64_t ordinal,
                           const lode_store_chunk *chunks, size_t count, lode_text *out,
                           lode_error *err) {
  size_t begin = 0;
  size_t end = 0;
  for (size_t i = 0; i < count; i++) {
    if (ordinal >= 0 && chunks[i].ordinal != ordinal) continue;
    if (ordinal >= 0) begin = chunks[i].begin;
    if (end > begin && chunks[i].end - begin > TEXT_MAX) break;
    end = chunks[i].end;
  }
  *out = (lode_text){"", 0};
  if (end == begin) return LODE_OK;
  return run->corpus->calls->body(run->corpus->self, document, begin, end, &run->arena, out, err);
}

/* ---------------------------------------------------------------- all of it */

static lode_status run_similar(lode_run *run, int64_t document, int64_t ordinal,
                               const lode_store_vectors *vectors, lode_question *question,
                               lode_search_results *out, lode_error *err) {
  lode_store_document found;
  lode_status status =
      run->corpus->calls->document(run->corpus->self, document, &run->arena, &found, err);
  lode_store_chunk *chunks = NULL;
  size_t count = 0;
  if (status == LODE_OK) {
    status =
        run->corpus->calls->chunks(run->corpus->self, document, &run->arena, &chunks, &count, err);
  }
  if (status != LODE_OK) return status;
  if (ordinal >= 0 && (uint64_t)ordinal >= count) {
    return lode_error_set(err, LODE_E_NOT_FOUND, -1, -1, "search: the document has no chunk %lld",
                          (long long)ordinal);
  }
  bool there = false;
  if (vectors != NULL && vectors->dim > 0) {
    float *vector = lode_arena_array(&run->arena, vectors->dim, sizeof *vector);
    if (vector == NULL) return lode_error_nomem(err);
    status = mean_vector(run, chunks, count, ordinal, vectors, vector, &there, err);
    if (status == LODE_OK && there) status = lode_run_vector(run, vectors, vector, err);
  }
  if (status == LODE_OK && run->vector == NULL) {
    lode_text text;
    status = text_of(run, document, ordinal, chunks, count, &text, err);
    if (status == LODE_OK) status = make_question(run, text, question, err);
    run->question = question->parts;
  }
  return status == LODE_OK ? lode_run_finish(run, out, err) : status;
}

lode_status lode_search_similar(lode_search *search, const lode_corpus *corpus, int64_t document,
                                int64_t ordinal, const lode_store_vectors *vectors,
                                const lode_search_options *options, lode_search_results *out,
                                lode_error *err) {
  lode_run run = {.search = search, .corpus = corpus, .except = document};
  lode_question question = {0};
  lode_status status = lode_run_begin(&run, options, err);
  run.options.mode = LODE_SEARCH_HYBRID;
  if (status == LODE_OK) {
    status = run_similar(&run, document, ordinal, vectors, &question, out, err);
  }
  lode_question_free(&question);
  lode_run_end(&run);
  return status;
}
