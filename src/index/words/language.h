/* Natural languages: their codes, which of them have a stemmer, and telling which one a text is
 * in. Detection is small and honest: script, then the share of very frequent words. A text that
 * is short, mixed or in a language that is not in the list comes out as LODE_LANGUAGE_NONE, and
 * is then indexed without stemming. */
#ifndef LODE_INDEX_WORDS_LANGUAGE_H
#define LODE_INDEX_WORDS_LANGUAGE_H

#include <stddef.h>
#include <stdint.h>

/* X(NAME, ISO 639-1 code, Snowball's name). Values are stored in indexes: append only. */
#define LODE_LANGUAGE_LIST(X) \
  X(AR, "ar", "arabic")       \
  X(CA, "ca", "catalan")      \
  X(DA, "da", "danish")       \
  X(DE, "de", "german")       \
  X(EL, "el", "greek")        \
  X(EN, "en", "english")      \
  X(ES, "es", "spanish")      \
  X(EU, "eu", "basque")       \
  X(FI, "fi", "finnish")      \
  X(FR, "fr", "french")       \
  X(GA, "ga", "irish")        \
  X(HI, "hi", "hindi")        \
  X(HU, "hu", "hungarian")    \
  X(HY, "hy", "armenian")     \
  X(ID, "id", "indonesian")   \
  X(IT, "it", "italian")      \
  X(LT, "lt", "lithuanian")   \
  X(NE, "ne", "nepali")       \
  X(NL, "nl", "dutch")        \
  X(NO, "no", "norwegian")    \
  X(PT, "pt", "portuguese")   \
  X(RO, "ro", "romanian")     \
  X(RU, "ru", "russian")      \
  X(SR, "sr", "serbian")      \
  X(SV, "sv", "swedish")      \
  X(TA, "ta", "tamil")        \
  X(TR, "tr", "turkish")      \
  X(YI, "yi", "yiddish")

typedef enum lode_language {
  LODE_LANGUAGE_NONE = 0, /* unknown, or without a stemmer */
#define LODE_LANGUAGE_ENUM_(name, code, stemmer) LODE_LANGUAGE_##name,
  LODE_LANGUAGE_LIST(LODE_LANGUAGE_ENUM_)
#undef LODE_LANGUAGE_ENUM_
      LODE_LANGUAGE_COUNT
} lode_language;

/* A set of languages. */
typedef uint32_t lode_languages;
#define LODE_LANGUAGE_BIT(language) ((lode_languages)1 << (language))
_Static_assert(LODE_LANGUAGE_COUNT <= 32, "lode_languages has a bit for each");

/* "de"; "" for NONE. Static storage. */
const char *lode_language_code(lode_language language);
/* "german"; NULL for NONE. Static storage. */
const char *lode_language_stemmer(lode_language language);
/* Of a tag as in HTML's lang ("de", "pt-BR", "nb", "EN_us", "deu"); NONE: no stemmer for it. */
lode_language lode_language_of_tag(const char *tag, size_t size);
/* Of a text in well-formed UTF-8. Reads at most its first 32 KiB. */
lode_language lode_language_detect(const char *text, size_t size);

#endif
