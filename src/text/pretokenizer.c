#include "text/pretokenizer.h"

#include "text/unicode.h"

uint8_t lode_pretokenizer_kind(uint8_t split, uint32_t c) {
  const uint8_t flags = lode_unicode_class_of(c).flags;
  const uint8_t at_space = LODE_SPLIT_SPACE | LODE_SPLIT_WORD_RUNS;
  if ((flags & LODE_UNICODE_SPACE) != 0 && (split & at_space) != 0) return LODE_KIND_SEPARATOR;
  uint8_t group = 0;
  if ((flags & LODE_UNICODE_PUNCT) != 0) {
    if ((split & LODE_SPLIT_PUNCT_REMOVED) != 0) return LODE_KIND_SEPARATOR;
    if ((split & LODE_SPLIT_PUNCT) != 0) return LODE_KIND_ALONE;
    if ((split & LODE_SPLIT_PUNCT_RUNS) != 0) group |= 1;
  }
  if ((split & LODE_SPLIT_WORD_RUNS) != 0 && (flags & LODE_UNICODE_WORD) == 0) group |= 2;
  return group;
}
