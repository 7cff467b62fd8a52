/* Inside of a lode_question. */
#ifndef LODE_INDEX_SEARCH_QUESTION_H
#define LODE_INDEX_SEARCH_QUESTION_H

#include "index/search/search.h"
#include "index/search/terms.h"

/* An FTS5 expression. */
typedef struct lode_expression {
  lode_buffer text;
  bool there; /* false: nothing to look for */
} lode_expression;

struct lode_question_parts {
  lode_arena arena;
  lode_query query;
  lode_terms terms;
  double bound;             /* most that BM25 can give to a document for `any` */
  lode_expression any;      /* has one of the words or phrases */
  lode_expression phrases;  /* has all phrases */
  lode_expression every;    /* has all words, where there are no more than two */
  lode_expression unwanted; /* has a word that is not to be there */
  lode_expression title;    /* its title begins with the words */
  lode_buffer title_terms;  /* the words themselves, each with a NUL behind */
  size_t title_size;
};

/* What `text` comes to, folded, each word with a NUL behind, in *out. False: out of memory. */
bool lode_question_fold(lode_words *words, lode_text text, lode_buffer *out, size_t *size);

/* The term one edit away from term[0..size) that most documents have, in found
 * [LODE_TERM_MAX]; *found_size is 0 for none. */
lode_status lode_typo_find(lode_store *store, const char *term, size_t size, char *found,
                           size_t *found_size, lode_error *err);

/* The end, as lode_store_terms takes it, of the terms that begin with term[0..size): written to
 * out [LODE_TERM_MAX + 4]. Returns its size. */
size_t lode_prefix_end(const char *term, size_t size, char *out);

#endif
