#include "index/chunk/sentence.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "index/words/word_break.h"
#include "text/unicode.h"

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static uint32_t char_before(const char *text, size_t begin, size_t at, size_t *start) {
  size_t i = at - 1;
  while (i > begin && ((unsigned char)text[i] & 0xc0) == 0x80) i--;
  *start = i;
  const char *p = text + i;
  return lode_utf8_next(&p);
}

/* Quotation marks and brackets that may stand behind the end of a sentence. */
static bool is_closing(uint32_t c) {
  return c == '"' || c == '\'' || c == ')' || c == ']' || c == 0xbb || c == 0x2019 || c == 0x201d ||
         c == 0x300d || c == 0x300f || c == 0xff09;
}

/* Marks that need no space behind them. */
static bool is_wide_end(uint32_t c) {
  return c == 0x3002 || c == 0xff01 || c == 0xff1f || c == 0xff61;
}

static bool is_end(uint32_t c) {
  return c == '.' || c == '!' || c == '?' || c == 0x2026 || c == 0x203d || c == 0x61f ||
         c == 0x6d4 || c == 0x964 || c == 0x965 || c == 0x104a || c == 0x104b || c == 0x17d4 ||
         is_wide_end(c);
}

/* Is the word that ends at text[at], before a full stop, an abbreviation? */
static bool is_abbreviation(const char *text, size_t begin, size_t at) {
  static const char known[][7] = {"mr", "mrs", "ms",     "dr",   "prof", "st",  "vs",  "etc",
                                  "no", "nr",  "fig",    "figs", "eq",   "sec", "al",  "cf",
                                  "ca", "bzw", "ggf",    "usw",  "vol",  "ed",  "inc", "ltd",
                                  "jr", "sr",  "approx", "resp", "incl", "art", "abs"};
  enum { LONGEST = 6 };
  size_t i = at;
  while (i > begin && at - i <= LONGEST &&
         ((text[i - 1] | 0x20) >= 'a' && (text[i - 1] | 0x20) <= 'z')) {
    i--;
  }
  const size_t n = at - i;
  if (n == 0 || n > LONGEST) return false;
  if (n == 1) return true; /* an initial, and the last letter of e.g. and z. B. */
  for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
    if (strlen(known[k]) == n && strncasecmp(known[k], text + i, n) == 0) return true;
  }
  return false;
}

static bool is_lower(uint32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z';
  uint32_t lower[LODE_UNICODE_LOWER_MAX];
  const bool letter = (lode_word_property(c) & LODE_WORD_BREAK_MASK) == WB_ALETTER;
  const bool cased = (c >= 0xdf && c <= 0x24f) || (c >= 0x370 && c <= 0x52f);
  return letter && cased && lode_unicode_lower(c, lower) == 1 && lower[0] == c;
}

bool lode_sentence_begins(const char *text, size_t begin, size_t end, size_t at) {
  enum { LOOK = 16 }; /* closing marks and spaces to look through */
  if (at <= begin) return true;
  if (at >= end) return false;
  size_t i = at;
  for (int n = 0; i > begin && is_space(text[i - 1]) && n < LOOK; n++) i--;
  const bool spaced = i < at;
  size_t start = i;
  uint32_t c = 0;
  for (int n = 0; i > begin && n < LOOK; n++) {
    c = char_before(text, begin, i, &start);
    if (!is_closing(c)) break;
    i = start;
  }
  if (i <= begin || !is_end(c)) return false;
  const char *p = text + at;
  const uint32_t next = lode_utf8_next(&p);
  if (is_wide_end(c)) return !is_closing(next) && !is_end(next);
  if (!spaced || is_lower(next)) return false;
  return c != '.' || !is_abbreviation(text, begin, start);
}

size_t lode_sentence_end(const char *text, size_t begin, size_t end, size_t at) {
  size_t i = at;
  while (i < end) {
    const char *p = text + i;
    (void)lode_utf8_next(&p);
    i = (size_t)(p - text);
    if (i < end && !is_space(text[i]) && lode_sentence_begins(text, begin, end, i)) break;
  }
  while (i > at && is_space(text[i - 1])) i--;
  return i;
}
