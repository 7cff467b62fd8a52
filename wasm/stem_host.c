/* Stemmers of the host, each a module of its own (stemmer.c), since a collection or a site has few
 * of the languages. In the place of index/words/stem.c. */
#include <stdint.h>
#include <string.h>

#include "index/words/stem.h"

/* Is there a stemmer of this language, "de"? The host loads those that it was asked for, later. */
__attribute__((import_module("lode"), import_name("stem_ready"))) int host_stem_ready(
    const char *language);
/* The stem of word[0..size) in out [LODE_STEM_MAX]; its bytes, or -1: it has failed, or is not
 * there; or -2: it is on the way, and until then the word will do. */
__attribute__((import_module("lode"), import_name("stem"))) int host_stem(const char *language,
                                                                          const char *word,
                                                                          size_t size, char *out);

enum {
  LODE_STEM_MAX = 512,
  KEPT = 2048,    /* a power of two */
  KEPT_BYTES = 61 /* of a word and its stem; longer ones are asked for each time */
};

/* Words repeat: of the texts that results are looked for in, four of five have just been there, and
 * whoever asks the host waits for JavaScript and another module. A word has one place. */
static struct kept {
  uint8_t language;
  uint8_t word;
  uint8_t stem;
  char bytes[KEPT_BYTES]; /* the word, its stem */
} all_kept[KEPT];

static struct kept *place_of(lode_language language, const char *word, size_t size) {
  uint32_t hash = 2166136261u ^ (uint32_t)language;
  for (size_t i = 0; i < size; i++) hash = (hash ^ (unsigned char)word[i]) * 16777619u;
  return &all_kept[(hash ^ hash >> 16) % KEPT];
}

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
  struct kept *k = place_of(language, word, size);
  if (k->word == size && k->language == language && memcmp(k->bytes, word, size) == 0) {
    *stem = k->bytes + size;
    *stem_size = k->stem;
    return true;
  }
  const int n = host_stem(lode_language_code(language), word, size, out);
  if (n == -2) return true;
  if (n < 0 || n > LODE_STEM_MAX) return false;
  *stem = out;
  *stem_size = (size_t)n;
  if (size + (size_t)n <= KEPT_BYTES) {
    k->language = (uint8_t)language;
    k->word = (uint8_t)size;
    k->stem = (uint8_t)n;
    memcpy(k->bytes, word, size);
    memcpy(k->bytes + size, out, (size_t)n);
  }
  return true;
}
