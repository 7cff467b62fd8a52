/* Stemmers of the host: a reader of sealed indexes needs those of its index's languages, and each
 * is a module of its own (stemmer.c). In the place of index/words/stem.c. */
#include <string.h>

#include "index/words/stem.h"

/* The stem of word[0..size) in out [LODE_STEM_MAX]; its bytes, or -1: there is no such stemmer. */
__attribute__((import_module("lode"), import_name("stem"))) int host_stem(const char *language,
                                                                          const char *word,
                                                                          size_t size, char *out);

enum { LODE_STEM_MAX = 512 };

void lode_stemmers_free(lode_stemmers *stemmers) {
  (void)stemmers;
}

/* The stem lives until the next call, whoever's: a module has one thread. */
bool lode_stem(lode_stemmers *stemmers, lode_language language, const char *word, size_t size,
               const char **stem, size_t *stem_size) {
  static char out[LODE_STEM_MAX];
  (void)stemmers;
  *stem = word;
  *stem_size = size;
  if (lode_language_stemmer(language) == NULL || size > LODE_STEM_MAX / 2) return true;
  const int n = host_stem(lode_language_code(language), word, size, out);
  if (n < 0 || n > LODE_STEM_MAX) return true;
  *stem = out;
  *stem_size = (size_t)n;
  return true;
}
