#include "index/words/word_break.h"

#include <stdbool.h>

#include "base/utf8.h"

static uint8_t property_at(const char *text, size_t *at) {
  const char *p = text + *at;
  const uint32_t c = lode_utf8_next(&p);
  *at = (size_t)(p - text);
  return lode_word_property(c);
}

static bool is_letter(unsigned wb) {
  return wb == WB_ALETTER || wb == WB_HEBREW_LETTER;
}

static bool is_ignored(unsigned wb) {
  return wb == WB_EXTEND || wb == WB_FORMAT || wb == WB_ZWJ;
}

static bool is_newline(unsigned wb) {
  return wb == WB_CR || wb == WB_LF || wb == WB_NEWLINE;
}

static bool joins_letters(unsigned wb) {
  return wb == WB_MID_LETTER || wb == WB_MID_NUM_LET || wb == WB_SINGLE_QUOTE;
}

static bool joins_numbers(unsigned wb) {
  return wb == WB_MID_NUM || wb == WB_MID_NUM_LET || wb == WB_SINGLE_QUOTE;
}

/* The property behind `at` that is not ignored by WB4; WB_OTHER at the end. */
static unsigned look_ahead(const char *text, size_t size, size_t at) {
  while (at < size) {
    const unsigned wb = property_at(text, &at) & LODE_WORD_BREAK_MASK;
    if (!is_ignored(wb)) return wb;
  }
  return WB_OTHER;
}

/* Nearly all text that is ASCII: letters, digits and underscores, and then something that no
 * rule joins to them. 0: not decided here. */
static size_t ascii_word(const char *text, size_t size, size_t begin) {
  size_t i = begin;
  while (i < size && (unsigned char)text[i] < 0x80) {
    const unsigned wb = lode_word_ascii[(unsigned char)text[i]] & LODE_WORD_BREAK_MASK;
    if (wb != WB_ALETTER && wb != WB_NUMERIC && wb != WB_EXTEND_NUM_LET) {
      const bool may_join = joins_letters(wb) || wb == WB_MID_NUM;
      return may_join ? 0 : i;
    }
    i++;
  }
  return i == size ? i : 0;
}

/* What the rules look at, left of the position in question. */
typedef struct left {
  unsigned before; /* nearest property that WB4 does not ignore */
  unsigned second; /* the one before that */
  unsigned flags;  /* Regional_Indicator: how many, modulo 2 */
  bool zwj;        /* the character right before is a ZWJ */
  bool space;      /* the character right before is a WSegSpace */
} left;

/* WB5 to WB13b and WB15, 16: is there no break before `wb`? */
static bool joined(const left *l, unsigned wb, const char *text, size_t size, size_t next) {
  const unsigned before = l->before;
  if (is_letter(before)) {
    if (is_letter(wb) || wb == WB_NUMERIC || wb == WB_EXTEND_NUM_LET) return true;
    if (joins_letters(wb) && is_letter(look_ahead(text, size, next))) return true;
    if (before == WB_HEBREW_LETTER) {
      if (wb == WB_SINGLE_QUOTE) return true;
      if (wb == WB_DOUBLE_QUOTE) return look_ahead(text, size, next) == WB_HEBREW_LETTER;
    }
    return false;
  }
  if (is_letter(wb)) {
    if (before == WB_NUMERIC || before == WB_EXTEND_NUM_LET) return true;
    if (joins_letters(before) && is_letter(l->second)) return true;
    return before == WB_DOUBLE_QUOTE && l->second == WB_HEBREW_LETTER && wb == WB_HEBREW_LETTER;
  }
  if (wb == WB_NUMERIC) {
    if (before == WB_NUMERIC || before == WB_EXTEND_NUM_LET) return true;
    return joins_numbers(before) && l->second == WB_NUMERIC;
  }
  if (before == WB_NUMERIC && joins_numbers(wb)) {
    return look_ahead(text, size, next) == WB_NUMERIC;
  }
  if (wb == WB_KATAKANA) return before == WB_KATAKANA || before == WB_EXTEND_NUM_LET;
  if (wb == WB_EXTEND_NUM_LET) {
    return before == WB_NUMERIC || before == WB_KATAKANA || before == WB_EXTEND_NUM_LET;
  }
  if (wb == WB_REGIONAL_INDICATOR) return before == WB_REGIONAL_INDICATOR && l->flags == 1;
  return false;
}

size_t lode_word_break(const char *text, size_t size, size_t begin) {
  return lode_word_break_before(text, size, begin, 0);
}

size_t lode_word_break_before(const char *text, size_t size, size_t begin, uint8_t stop) {
  const size_t fast = ascii_word(text, size, begin);
  if (fast > begin) return fast;

  size_t at = begin;
  const uint8_t first = property_at(text, &at);
  const unsigned wb_first = first & LODE_WORD_BREAK_MASK;
  if (is_newline(wb_first)) { /* WB3, WB3a */
    const bool pair = wb_first == WB_CR && at < size && text[at] == '\n';
    return pair ? at + 1 : at;
  }
  left l = {.before = wb_first, .second = WB_OTHER};
  l.flags = wb_first == WB_REGIONAL_INDICATOR;
  l.zwj = wb_first == WB_ZWJ;
  l.space = wb_first == WB_W_SEG_SPACE;

  while (at < size) {
    size_t next = at;
    const uint8_t property = property_at(text, &next);
    const unsigned wb = property & LODE_WORD_BREAK_MASK;
    if (is_newline(wb) || (property & stop) != 0) return at; /* WB3b */
    if (is_ignored(wb)) {                                    /* WB4 */
      l.zwj = wb == WB_ZWJ;
      l.space = false;
      at = next;
      continue;
    }
    const bool join = (l.zwj && (property & LODE_WORD_PICTOGRAPH) != 0) || /* WB3c */
                      (l.space && wb == WB_W_SEG_SPACE) ||                 /* WB3d */
                      joined(&l, wb, text, size, next);
    if (!join) return at;
    l.flags = wb == WB_REGIONAL_INDICATOR ? l.flags ^ 1u : 0;
    l.second = l.before;
    l.before = wb;
    l.zwj = false;
    l.space = wb == WB_W_SEG_SPACE;
    at = next;
  }
  return size;
}
