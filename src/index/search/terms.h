/* The words of a question, and where a text has them: what FTS5 does with an index, for one text
 * in memory, with the same splitter, so that what is highlighted is what was found. */
#ifndef LODE_INDEX_SEARCH_TERMS_H
#define LODE_INDEX_SEARCH_TERMS_H

#include "index/words/query.h"

enum {
  LODE_TERMS_ATOMS = 256, /* positions of all units together; those beyond are not looked for */
  LODE_TERMS_BUCKETS = 256
};

/* A term of the question (lode_query_term): a word, a phrase, an identifier of several words.
 * Atoms are its positions; an identifier has one more, the whole. */
typedef struct lode_unit {
  uint32_t positions; /* 0: it makes no term */
  bool phrase;
  bool negated;
  bool prefix;
  bool any;          /* it makes terms, even if too many for `positions` */
  bool common;       /* in so many documents that BM25 gives nothing for it */
  int64_t documents; /* that have it, about */
  double bound;      /* most that BM25 can give for it */
} lode_unit;

typedef struct lode_atom {
  uint16_t unit;
  bool first;
  bool last;
} lode_atom;

/* A way to write an atom: the word, its stems. */
typedef struct lode_spelling {
  char term[LODE_TERM_MAX];
  uint8_t size;
  bool prefix; /* the beginning of a term */
  uint16_t atom;
  int32_t next; /* in its bucket, or of the prefixes; -1: none */
} lode_spelling;

/* Zero-initialise it. */
typedef struct lode_terms {
  size_t unit_count;
  lode_unit units[LODE_QUERY_TERMS]; /* the query's, in its order */
  size_t atom_count;
  lode_atom atoms[LODE_TERMS_ATOMS];
  size_t spelling_count;
  lode_buffer spellings; /* lode_spelling */
  int32_t buckets[LODE_TERMS_BUCKETS];
  int32_t prefixes;
} lode_terms;
void lode_terms_free(lode_terms *terms);

/* Replaces *out. languages: stems to look for. LODE_E_NOMEM. */
lode_status lode_terms_make(lode_words *words, const lode_query *query, lode_languages languages,
                            lode_terms *out, lode_error *err);

static inline const lode_spelling *lode_terms_spellings(const lode_terms *terms) {
  return terms->spellings.data;
}

/* A place where text[begin..end) is a unit that is not negated. position: of its last word, counted
 * in words of the text. */
typedef struct lode_term_match {
  size_t unit;
  size_t begin;
  size_t end;
  size_t position;
} lode_term_match;
typedef void lode_term_match_fn(void *user, const lode_term_match *match);

/* Every match in text[0..size), by `end`. language: of the text. False: out of memory. */
bool lode_terms_find(const lode_terms *terms, lode_words *words, const char *text, size_t size,
                     lode_language language, lode_term_match_fn *fn, void *user);

#endif
