/* Pre-tokenizers: where the normalized text is cut into words. All of them decide by single
 * characters, so a sequence of them is the union of their decisions. */
#ifndef LODE_TEXT_PRETOKENIZER_H
#define LODE_TEXT_PRETOKENIZER_H

#include <stdint.h>

/* Bits; none: the text is one word. */
enum {
  LODE_SPLIT_SPACE = 1 << 0,         /* white space separates (WhitespaceSplit) */
  LODE_SPLIT_PUNCT = 1 << 1,         /* each punctuation character is a word of its own */
  LODE_SPLIT_PUNCT_REMOVED = 1 << 2, /* punctuation separates */
  LODE_SPLIT_PUNCT_RUNS = 1 << 3,    /* a run of punctuation is a word */
  LODE_SPLIT_WORD_RUNS = 1 << 4,     /* runs of \w and of neither \w nor \s (Whitespace) */
  LODE_SPLIT_BERT = LODE_SPLIT_SPACE | LODE_SPLIT_PUNCT,
};

/* What a character does. Characters of equal kinds below LODE_KIND_ALONE make up a word,
 * characters of different kinds never do. */
enum {
  LODE_KIND_ALONE = 4,
  LODE_KIND_SEPARATOR = 5,
};

uint8_t lode_pretokenizer_kind(uint8_t split, uint32_t c);

#endif
