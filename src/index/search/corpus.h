/* What is searched: documents, their words and passages. A store (corpus_store.h) or a sealed
 * index (index/sealed) answers these calls, and everything else in this folder is the same for
 * both, so the same question has the same results.
 *
 * All calls return errors of whoever answers them. A sealed index also returns
 * LODE_E_BUSY where a file is missing that it has to be given first; then the search is begun
 * again from the start, so nothing of it may be kept. */
#ifndef LODE_INDEX_SEARCH_CORPUS_H
#define LODE_INDEX_SEARCH_CORPUS_H

#include "base/error.h"
#include "index/store/records.h"
#include "index/words/words.h"

struct lode_question_parts;
struct lode_expression;
struct lode_search_filter;
struct lode_typo;

typedef struct lode_corpus_stats {
  int64_t documents;
  lode_languages languages; /* whose stems questions are looked up by */
} lode_corpus_stats;

/* Documents, ascending, each once. */
typedef struct lode_ids {
  int64_t *list;
  size_t count;
} lode_ids;
bool lode_ids_has(const lode_ids *ids, int64_t id);
/* Sort, and drop those that are there twice. */
void lode_ids_order(lode_ids *ids);

/* Of the columns, in BM25: whole numbers, which sums of a sealed index rely on. */
enum { LODE_WEIGHT_TITLE = 4, LODE_WEIGHT_HEADINGS = 2, LODE_WEIGHT_BODY = 1 };

/* Terms with one beginning that are counted; behind them it is "many". */
enum { LODE_PREFIX_TERMS = 512 };

/* Titles that are looked at, at most, for those that are the question. */
enum { LODE_TITLES = 1000 };

typedef struct lode_corpus_calls {
  lode_status (*stats)(void *self, lode_corpus_stats *out, lode_error *err);

  /* Documents that have the term; 0 for one that is not there. */
  lode_status (*term)(void *self, lode_text term, int64_t *documents, lode_error *err);
  /* The sum of that over the terms that begin with `prefix`, at most `all`; `all` if there are
   * LODE_PREFIX_TERMS of them or more. */
  lode_status (*prefix)(void *self, lode_text prefix, int64_t all, int64_t *documents,
                        lode_error *err);
  /* Every term that is one edit away is offered by lode_typo_offer; more may be. */
  lode_status (*neighbours)(void *self, struct lode_typo *typo, lode_error *err);

  /* The best `limit` documents for the expression, by BM25, then by id: in the arena. */
  lode_status (*match)(void *self, lode_words *words, const struct lode_question_parts *question,
                       const struct lode_expression *expression, size_t limit, lode_arena *arena,
                       lode_store_match **list, size_t *count, lode_error *err);
  /* The documents whose title, folded, is the question: in the arena, in order. Of very many, as
   * many as are looked at. */
  lode_status (*titled)(void *self, lode_words *words, const struct lode_question_parts *question,
                        lode_arena *arena, lode_ids *out, lode_error *err);
  /* The documents that pass the filter: in the arena, in order. */
  lode_status (*filter)(void *self, const struct lode_search_filter *filter, lode_arena *arena,
                        lode_ids *out, lode_error *err);

  /* These documents will be read. */
  lode_status (*want)(void *self, const int64_t *documents, size_t count, lode_error *err);
  /* As lode_store_document_get, lode_store_chunks, lode_store_body. */
  lode_status (*document)(void *self, int64_t id, lode_arena *arena, lode_store_document *out,
                          lode_error *err);
  lode_status (*chunks)(void *self, int64_t document, lode_arena *arena, lode_store_chunk **list,
                        size_t *count, lode_error *err);
  lode_status (*body)(void *self, int64_t document, size_t begin, size_t end, lode_arena *arena,
                      lode_text *out, lode_error *err);
} lode_corpus_calls;

/* One thread at a time. Copied as it is: it owns nothing. */
typedef struct lode_corpus {
  const lode_corpus_calls *calls;
  void *self;
} lode_corpus;

#endif
