/* Snowball stemmers, made when first used. */
#ifndef LODE_INDEX_WORDS_STEM_H
#define LODE_INDEX_WORDS_STEM_H

#include <stdbool.h>

#include "index/words/language.h"

/* Zero-initialise it; belongs to one thread at a time. */
typedef struct lode_stemmers {
  struct sb_stemmer *list[LODE_LANGUAGE_COUNT];
} lode_stemmers;
void lode_stemmers_free(lode_stemmers *stemmers);

/* Is the language's stemmer there? Natively it is. In a module stemmers are the host's to load
 * (wasm/stem_host.c), and one that is not there yet has been asked for by this. */
bool lode_stem_ready(lode_language language);

/* Stem of word[0..size), in lower case and well-formed UTF-8. *stem is owned by `stemmers` and
 * lives until the next call. For LODE_LANGUAGE_NONE it is the word. False: out of memory, or a
 * stemmer that is not there. */
bool lode_stem(lode_stemmers *stemmers, lode_language language, const char *word, size_t size,
               const char **stem, size_t *stem_size);

#endif
