/* Inside of a lode_question. */
#ifndef LODE_INDEX_SEARCH_QUESTION_H
#define LODE_INDEX_SEARCH_QUESTION_H

#include "index/search/search.h"
#include "index/search/terms.h"

/* Documents that have some of the question's terms, at least one of them or all. */
typedef struct lode_expression {
  bool there; /* false: nothing to look for */
  bool all;
  uint32_t units; /* a bit for each of lode_query.terms */
} lode_expression;
_Static_assert(LODE_QUERY_TERMS <= 32, "an expression has a bit for each");

struct lode_question_parts {
  lode_arena arena;
  lode_query query;
  lode_terms terms;
  double bound;             /* most that BM25 can give to a document for `any` */
  lode_expression any;      /* has one of the words or phrases */
  lode_expression phrases;  /* has all phrases */
  lode_expression every;    /* has all words, where there are no more than two */
  lode_expression unwanted; /* has a word that is not to be there */
  lode_text title;          /* the words that a title would have; empty: none */
  lode_buffer title_terms;  /* the same folded, each with a NUL behind */
  size_t title_size;
};

/* What `text` comes to, folded, each word with a NUL behind, in *out. False: out of memory. */
bool lode_question_fold(lode_words *words, lode_text text, lode_buffer *out, size_t *size);

#endif
