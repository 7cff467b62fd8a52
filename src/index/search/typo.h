/* One edit away: a letter missing, too many, another one, or two neighbours swapped.
 *
 * An edit is in the first half of a word, and then its second half is right, or the other way
 * around. In the second half any letter may be the wrong one; in the first half a letter that is
 * put in is of the word's own alphabet. */
#ifndef LODE_INDEX_SEARCH_TYPO_H
#define LODE_INDEX_SEARCH_TYPO_H

#include "base/error.h"
#include "base/memory.h"
#include "index/search/corpus.h"

enum {
  LODE_TYPO_MIN = 5,     /* letters: in shorter words one edit is too much */
  LODE_TYPO_MAX = 24,    /* longer ones are no words */
  LODE_TYPO_READ = 20000 /* terms with one beginning; no more are read */
};

typedef struct lode_typo {
  const char *term; /* that no document has */
  size_t size;
  uint32_t letters[LODE_TYPO_MAX];
  size_t count;     /* of letters */
  size_t half;      /* letters of the first half */
  size_t half_size; /* its bytes */
  bool alphabet;    /* the word's own is known: */
  uint32_t first;   /* its first letter */
  uint32_t last;
  lode_buffer found; /* of typo.c */
  size_t found_count;
} lode_typo;

/* Offer a term: kept if it is one edit away. False: out of memory. */
bool lode_typo_offer(lode_typo *typo, lode_text term, int64_t documents);

/* Letters of a term, or SIZE_MAX: too many. */
size_t lode_typo_letters(lode_text term, uint32_t *letters, size_t capacity);

/* The term one edit away from term[0..size) that most documents have, in found [LODE_TERM_MAX];
 * *found_size is 0 for none. */
lode_status lode_typo_find(const lode_corpus *corpus, lode_text term, char *found,
                           size_t *found_size, lode_error *err);

#endif
