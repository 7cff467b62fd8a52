/* The terms of a text as one line: positions parted by spaces, spellings of one by "|". */
#ifndef LODE_TESTS_INDEX_WORDS_H
#define LODE_TESTS_INDEX_WORDS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "index/words/words.h"

typedef struct rendered {
  char text[4096];
  size_t used;
  size_t size; /* of the text that was split */
  size_t last_begin;
  bool spans; /* also write [begin,end] */
} rendered;

static inline int render_word(void *user, const lode_word *word) {
  rendered *r = user;
  if (word->begin >= word->end || word->end > r->size || word->begin < r->last_begin) abort();
  if (!word->colocated) r->last_begin = word->begin;
  const char *between = r->used == 0 ? "" : " ";
  if (word->colocated) between = "|";
  int n = snprintf(r->text + r->used, sizeof r->text - r->used, "%s%.*s", between, (int)word->size,
                   word->term);
  if (n < 0 || (size_t)n >= sizeof r->text - r->used) abort();
  r->used += (size_t)n;
  if (!r->spans) return 0;
  n = snprintf(r->text + r->used, sizeof r->text - r->used, "[%zu,%zu]", word->begin, word->end);
  if (n < 0 || (size_t)n >= sizeof r->text - r->used) abort();
  r->used += (size_t)n;
  return 0;
}

/* Lives until the next call. */
static inline const char *words_of(const char *text, size_t size, lode_words_mode mode,
                                   lode_languages languages, bool spans) {
  static rendered r;
  r = (rendered){.size = size, .spans = spans};
  lode_words *words = NULL;
  if (lode_words_new(&words, NULL) != LODE_OK) abort();
  const lode_words_options options = {mode, languages};
  if (lode_words_split(words, text, size, &options, render_word, &r) != 0) abort();
  lode_words_free(words);
  return r.text;
}

#endif
