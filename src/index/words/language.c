#include "index/words/language.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"
#include "index/words/fold.h"
#include "index/words/language_tables.inc"
#include "index/words/word_break.h"

const char *lode_language_code(lode_language language) {
  static const char codes[][3] = {
#define CODE(name, code, stemmer) [LODE_LANGUAGE_##name] = code,
      LODE_LANGUAGE_LIST(CODE)
#undef CODE
  };
  return (size_t)language < sizeof codes / sizeof *codes ? codes[language] : "";
}

const char *lode_language_stemmer(lode_language language) {
  switch (language) {
#define CASE(name, code, stemmer) \
  case LODE_LANGUAGE_##name:      \
    return stemmer;
    LODE_LANGUAGE_LIST(CASE)
#undef CASE
    default:
      return NULL;
  }
}

/* ISO 639-2 codes, and the written forms of Norwegian. */
static const struct {
  char tag[4];
  lode_language language;
} aliases[] = {
    {"nb", LODE_LANGUAGE_NO},  {"nn", LODE_LANGUAGE_NO},  {"ara", LODE_LANGUAGE_AR},
    {"cat", LODE_LANGUAGE_CA}, {"dan", LODE_LANGUAGE_DA}, {"deu", LODE_LANGUAGE_DE},
    {"ger", LODE_LANGUAGE_DE}, {"ell", LODE_LANGUAGE_EL}, {"gre", LODE_LANGUAGE_EL},
    {"eng", LODE_LANGUAGE_EN}, {"spa", LODE_LANGUAGE_ES}, {"eus", LODE_LANGUAGE_EU},
    {"baq", LODE_LANGUAGE_EU}, {"fin", LODE_LANGUAGE_FI}, {"fra", LODE_LANGUAGE_FR},
    {"fre", LODE_LANGUAGE_FR}, {"gle", LODE_LANGUAGE_GA}, {"hin", LODE_LANGUAGE_HI},
    {"hun", LODE_LANGUAGE_HU}, {"hye", LODE_LANGUAGE_HY}, {"arm", LODE_LANGUAGE_HY},
    {"ind", LODE_LANGUAGE_ID}, {"ita", LODE_LANGUAGE_IT}, {"lit", LODE_LANGUAGE_LT},
    {"nep", LODE_LANGUAGE_NE}, {"nld", LODE_LANGUAGE_NL}, {"dut", LODE_LANGUAGE_NL},
    {"nor", LODE_LANGUAGE_NO}, {"nob", LODE_LANGUAGE_NO}, {"nno", LODE_LANGUAGE_NO},
    {"por", LODE_LANGUAGE_PT}, {"ron", LODE_LANGUAGE_RO}, {"rum", LODE_LANGUAGE_RO},
    {"rus", LODE_LANGUAGE_RU}, {"srp", LODE_LANGUAGE_SR}, {"swe", LODE_LANGUAGE_SV},
    {"tam", LODE_LANGUAGE_TA}, {"tur", LODE_LANGUAGE_TR}, {"yid", LODE_LANGUAGE_YI},
};

lode_language lode_language_of_tag(const char *tag, size_t size) {
  char primary[4] = {0};
  size_t n = 0;
  while (n < size && tag[n] != '-' && tag[n] != '_') {
    if (n == 3) return LODE_LANGUAGE_NONE;
    const char c = tag[n];
    primary[n++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  }
  for (int l = 1; l < LODE_LANGUAGE_COUNT; l++) {
    if (strcmp(lode_language_code((lode_language)l), primary) == 0) return (lode_language)l;
  }
  for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
    if (strcmp(aliases[i].tag, primary) == 0) return aliases[i].language;
  }
  return LODE_LANGUAGE_NONE;
}

/* ---------------------------------------------------------------- detection */

enum {
  DETECT_BYTES = 32768,
  WORD_BYTES = 24, /* no word of the lists is longer */
  WEIGHT = 60,     /* of a word that only one language has */
  MIN_WORDS = 8,   /* fewer say nothing */
  MIN_HITS = 3,
  LITTLE_LANGUAGES = sizeof little_languages / sizeof *little_languages,
};

/* Words are counted by script: a Russian manual is full of names in Latin letters. */
enum { OTHER_SCRIPT, CYRILLIC, HEBREW, ARABIC, DEVANAGARI, SCRIPTS };

static unsigned script_of(uint32_t c) {
  if (c >= 0x400 && c <= 0x52f) return CYRILLIC;
  if (c >= 0x590 && c <= 0x5ff) return HEBREW;
  if (c >= 0x600 && c <= 0x6ff) return ARABIC;
  if (c >= 0x900 && c <= 0x97f) return DEVANAGARI;
  return OTHER_SCRIPT;
}

typedef struct tally {
  uint32_t words;
  uint32_t by_script[SCRIPTS];
  unsigned script[LITTLE_LANGUAGES]; /* of a language that has hits */
  uint32_t armenian;                 /* words that begin in a script with one language of ours */
  uint32_t greek;
  uint32_t tamil;
  uint32_t scores[LITTLE_LANGUAGES];
  uint32_t hits[LITTLE_LANGUAGES]; /* little words, a repeated one once */
  size_t last[LITTLE_LANGUAGES];   /* the little word before, 1 + its number */
} tally;

/* 1 + the number of a little word; 0: it is none. */
static size_t find_little(const char *word, size_t size) {
  size_t low = 0;
  size_t high = sizeof little_mask_of / sizeof *little_mask_of;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const size_t length = (size_t)(little_first[middle + 1] - little_first[middle]);
    const size_t shorter = length < size ? length : size;
    int order = memcmp(little_pool + little_first[middle], word, shorter);
    if (order == 0) order = (length > size) - (length < size);
    if (order == 0) return middle + 1;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return 0;
}

static void count_word(tally *t, const char *word, size_t size) {
  const char *p = word;
  const uint32_t c = lode_utf8_next(&p);
  const unsigned script = script_of(c);
  t->words++;
  t->by_script[script]++;
  t->armenian += c >= 0x531 && c <= 0x588;
  t->greek += (c >= 0x370 && c <= 0x3ff) || (c >= 0x1f00 && c <= 0x1fff);
  t->tamil += c >= 0xb80 && c <= 0xbff;
  if (size > WORD_BYTES) return;
  char lower[2 * WORD_BYTES];
  const size_t n = lode_fold_lower(word, size, lower, sizeof lower);
  const size_t little = find_little(lower, n);
  if (little == 0) return;
  const uint64_t languages = little_masks[little_mask_of[little - 1]];
  const uint32_t weight = WEIGHT / (uint32_t)__builtin_popcountll(languages);
  for (size_t l = 0; l < LITTLE_LANGUAGES; l++) {
    if ((languages >> l & 1) == 0) continue;
    t->scores[l] += weight;
    t->hits[l] += t->last[l] != little; /* "x y y y y" is no Spanish */
    t->last[l] = little;
    t->script[l] = script;
  }
}

static lode_language decide(const tally *t) {
  if (t->armenian * 2 > t->words) return LODE_LANGUAGE_HY;
  if (t->greek * 2 > t->words) return LODE_LANGUAGE_EL;
  if (t->tamil * 2 > t->words) return LODE_LANGUAGE_TA;
  if (t->words < MIN_WORDS) return LODE_LANGUAGE_NONE;
  size_t best = 0;
  for (size_t l = 1; l < LITTLE_LANGUAGES; l++) {
    if (t->scores[l] > t->scores[best]) best = l;
  }
  uint32_t second = 0;
  for (size_t l = 0; l < LITTLE_LANGUAGES; l++) {
    if (l != best && t->scores[l] > second) second = t->scores[l];
  }
  if (t->hits[best] < MIN_HITS) return LODE_LANGUAGE_NONE;
  /* A quarter of the words in its script; of those a fourteenth at least, were they of this
   * language alone; and a quarter more than any other language. */
  const uint32_t words = t->by_script[t->script[best]];
  if (words * 4u < t->words) return LODE_LANGUAGE_NONE;
  if (t->scores[best] * 14u < words * WEIGHT) return LODE_LANGUAGE_NONE;
  if (t->scores[best] * 4u < second * 5u) return LODE_LANGUAGE_NONE;
  return lode_language_of_tag(little_languages[best], strlen(little_languages[best]));
}

lode_language lode_language_detect(const char *text, size_t size) {
  if (size > DETECT_BYTES) {
    size = DETECT_BYTES;
    while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80) size--;
  }
  tally t = {0};
  size_t at = 0;
  while (at < size) {
    const size_t end = lode_word_break(text, size, at);
    const char *p = text + at;
    const uint8_t property = lode_word_property(lode_utf8_next(&p));
    const bool letter = (property & LODE_WORD_ALNUM) != 0 &&
                        (property & LODE_WORD_BREAK_MASK) != WB_NUMERIC &&
                        (property & LODE_WORD_NGRAM) == 0;
    if (letter) count_word(&t, text + at, end - at);
    at = end;
  }
  return decide(&t);
}
