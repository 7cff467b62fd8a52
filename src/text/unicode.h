/* Properties of code points, as the Hugging Face `tokenizers` library sees them: each from
 * the version of Unicode that the library uses for it (docs/unicode.md). */
#ifndef LODE_TEXT_UNICODE_H
#define LODE_TEXT_UNICODE_H

#include <stddef.h>
#include <stdint.h>

/* Bits of lode_unicode_class.flags; tools/make_unicode_tables.py has the same. */
enum {
  LODE_UNICODE_OTHER = 1 << 0, /* Cc, Cf, Co: what BertNormalizer removes (not Cn) */
  LODE_UNICODE_SPACE = 1 << 1, /* White_Space */
  LODE_UNICODE_PUNCT = 1 << 2, /* P*, and the ASCII symbols */
  LODE_UNICODE_MN = 1 << 3,    /* nonspacing mark: what BertNormalizer takes for an accent */
  LODE_UNICODE_MARK = 1 << 4,  /* any mark: what StripAccents takes for one */
  LODE_UNICODE_WORD = 1 << 5,  /* \w of regular expressions */
};

typedef struct lode_unicode_class {
  uint8_t flags;
  uint8_t ccc; /* canonical combining class; 0: starter */
} lode_unicode_class;

/* `c` is at most U+10FFFF here and below. */
lode_unicode_class lode_unicode_class_of(uint32_t c);

/* One code point's lower case, without context (Rust's char::to_lowercase). Returns the
 * number of code points written: 1, or 2 for U+0130 alone. */
enum { LODE_UNICODE_LOWER_MAX = 2 };
size_t lode_unicode_lower(uint32_t c, uint32_t out[LODE_UNICODE_LOWER_MAX]);

/* Full canonical decomposition of one code point, itself if it has none. Returns how many. */
enum { LODE_UNICODE_NFD_MAX = 4 };
size_t lode_unicode_nfd(uint32_t c, uint32_t out[LODE_UNICODE_NFD_MAX]);

#endif
