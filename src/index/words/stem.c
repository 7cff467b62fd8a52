#include "index/words/stem.h"

#include <libstemmer.h>
#include <limits.h>

void lode_stemmers_free(lode_stemmers *stemmers) {
  for (size_t i = 0; i < LODE_LANGUAGE_COUNT; i++) sb_stemmer_delete(stemmers->list[i]);
  *stemmers = (lode_stemmers){0};
}

bool lode_stem_ready(lode_language language) {
  (void)language;
  return true;
}

bool lode_stem(lode_stemmers *stemmers, lode_language language, const char *word, size_t size,
               const char **stem, size_t *stem_size) {
  const char *name = lode_language_stemmer(language);
  *stem = word;
  *stem_size = size;
  if (name == NULL || size > INT_MAX) return true;
  struct sb_stemmer **stemmer = &stemmers->list[language];
  if (*stemmer == NULL) *stemmer = sb_stemmer_new(name, "UTF_8");
  if (*stemmer == NULL) return false;
  const sb_symbol *symbols = sb_stemmer_stem(*stemmer, (const sb_symbol *)word, (int)size);
  if (symbols == NULL) return false;
  *stem = (const char *)symbols;
  *stem_size = (size_t)sb_stemmer_length(*stemmer);
  return true;
}
