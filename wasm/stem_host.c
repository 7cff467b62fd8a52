/* Stemmers of the host, each a module of its own (stemmer.c), since a collection or a site has few
 * of the languages. In the place of index/words/stem.c. */
#include <string.h>

#include "index/words/stem.h"

/* Is there a stemmer of this language, "de"? The host loads those that it was asked for, later. */
__attribute__((import_module("lode"), import_name("stem_ready"))) int host_stem_ready(
    const char *language);
/* The stem of word[0..size) in out [LODE_STEM_MAX]; its bytes, or -1: it has failed, or is not
 * there. */
__attribute__((import_module("lode"), import_name("stem"))) int host_stem(const char *language,
                                                                          const char *word,
                                                                          size_t size, char *out);

enum { LODE_STEM_MAX = 512 };

void lode_stemmers_free(lode_stemmers *stemmers) {
  (void)stemmers;
}

bool lode_stem_ready(lode_language language) {
  return lode_language_stemmer(language) == NULL ||
         host_stem_ready(lode_language_code(language)) != 0;
}

/* The stem lives until the next call, whoever's: words are cut in one thread. */
bool lode_stem(lode_stemmers *stemmers, lode_language language, const char *word, size_t size,
               const char **stem, size_t *stem_size) {
  static char out[LODE_STEM_MAX];
  (void)stemmers;
  *stem = word;
  *stem_size = size;
  if (lode_language_stemmer(language) == NULL || size > LODE_STEM_MAX / 2) return true;
  const int n = host_stem(lode_language_code(language), word, size, out);
  if (n < 0 || n > LODE_STEM_MAX) return false;
  *stem = out;
  *stem_size = (size_t)n;
  return true;
}
