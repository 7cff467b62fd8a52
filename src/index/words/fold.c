#include "index/words/fold.h"

#include "base/utf8.h"
#include "text/unicode.h"

typedef struct range {
  uint16_t first;
  uint16_t last;
} range;

static bool in_ranges(const range *list, size_t n, uint32_t c) {
  for (size_t i = 0; i < n && list[i].first <= c; i++) {
    if (c <= list[i].last) return true;
  }
  return false;
}
#define IN_RANGES(list, c) in_ranges(list, sizeof(list) / sizeof *(list), c)

bool lode_fold_is_invisible(uint32_t c) {
  static const range list[] = {
      {0xad, 0xad},     {0x34f, 0x34f},   {0x61c, 0x61c},   {0x640, 0x640},
      {0x180b, 0x180f}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x206f},
      {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
  };
  if (c > 0xffff) return (c >= 0xe0001 && c <= 0xe007f) || (c >= 0xe0100 && c <= 0xe01ef);
  return c >= 0xad && IN_RANGES(list, c);
}

/* Marks that are accents or optional vowels. */
static bool is_accent(uint32_t c) {
  static const range list[] = {
      {0x300, 0x36f},   {0x483, 0x489}, {0x591, 0x5bd},   {0x5bf, 0x5bf},   {0x5c1, 0x5c2},
      {0x5c4, 0x5c5},   {0x5c7, 0x5c7}, {0x610, 0x61a},   {0x64b, 0x65f},   {0x670, 0x670},
      {0x6d6, 0x6dc},   {0x6df, 0x6e4}, {0x6e7, 0x6e8},   {0x6ea, 0x6ed},   {0x730, 0x74a},
      {0x8d3, 0x8e1},   {0x8e3, 0x8ff}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff},
      {0xfe20, 0xfe2f},
  };
  return c >= 0x300 && IN_RANGES(list, c);
}

/* Only scripts whose marks may go are taken apart; Kana, Hangul and the scripts of India keep
 * their own composed letters. */
static bool is_decomposed(uint32_t c) {
  static const range list[] = {
      {0xc0, 0x6ff}, {0x1d00, 0x1fff}, {0x2126, 0x212b}, {0xf900, 0xfaff}, {0xfb1d, 0xfb4f},
  };
  return IN_RANGES(list, c) || (c >= 0x2f800 && c <= 0x2fa1f);
}

size_t lode_fold_lower_char(uint32_t c, uint32_t out[LODE_FOLD_MAX]) {
  if (lode_fold_is_invisible(c)) return 0;
  if (c == 0x130) { /* İ: the dot above its lower case is no stemmer's spelling */
    out[0] = 'i';
    return 1;
  }
  return lode_unicode_lower(c, out);
}

/* c itself where there is nothing special. */
static size_t fold_case(uint32_t c, uint32_t *out) {
  const size_t n = lode_fold_special(c, out);
  if (n == 0) out[0] = c;
  return n == 0 ? 1 : n;
}

/* Decomposed, and what comes out folded once more: ǣ is æ with an accent. */
static size_t fold_parts(uint32_t c, uint32_t *out, size_t room) {
  uint32_t parts[LODE_UNICODE_NFD_MAX] = {c};
  const size_t n = is_decomposed(c) ? lode_unicode_nfd(c, parts) : 1;
  size_t count = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t to[LODE_FOLD_SPECIAL_MAX];
    const size_t folded = is_accent(parts[i]) ? 0 : fold_case(parts[i], to);
    for (size_t k = 0; k < folded && count < room; k++) {
      if (!is_accent(to[k])) out[count++] = to[k];
    }
  }
  return count;
}

size_t lode_fold_char(uint32_t c, uint32_t out[LODE_FOLD_MAX]) {
  uint32_t lower[LODE_FOLD_MAX];
  const size_t lowered = lode_fold_lower_char(c, lower);
  size_t count = 0;
  for (size_t i = 0; i < lowered; i++) {
    uint32_t folded[LODE_FOLD_SPECIAL_MAX];
    const size_t n = fold_case(lower[i], folded);
    for (size_t k = 0; k < n; k++) {
      count += fold_parts(folded[k], out + count, LODE_FOLD_MAX - count);
    }
  }
  return count;
}

typedef size_t (*fold_char)(uint32_t c, uint32_t out[LODE_FOLD_MAX]);

static size_t fold_text(const char *text, size_t size, char *out, size_t capacity, fold_char fold) {
  const char *p = text;
  const char *const end = text + size;
  size_t used = 0;
  while (p < end) {
    if ((unsigned char)*p < 0x80) {
      if (used == capacity) return used;
      const char c = *p++;
      out[used++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
      continue;
    }
    uint32_t to[LODE_FOLD_MAX];
    const size_t n = fold(lode_utf8_next(&p), to);
    char bytes[4 * LODE_FOLD_MAX];
    size_t count = 0;
    for (size_t i = 0; i < n; i++) count += lode_utf8_put(bytes + count, to[i]);
    if (count > capacity - used) return used;
    for (size_t i = 0; i < count; i++) out[used++] = bytes[i];
  }
  return used;
}

size_t lode_fold_lower(const char *text, size_t size, char *out, size_t capacity) {
  return fold_text(text, size, out, capacity, lode_fold_lower_char);
}

size_t lode_fold(const char *text, size_t size, char *out, size_t capacity) {
  return fold_text(text, size, out, capacity, lode_fold_char);
}

uint32_t lode_fold_voiced(uint32_t kana, uint32_t mark) {
  if (mark != 0x3099 && mark != 0x309a) return 0;
  if (kana < 0x3041 || kana > 0x30fe) return 0;
  if (kana == 0x3046 && mark == 0x3099) return 0x3094; /* ゔ and ヴ are not next to う and ウ */
  if (kana == 0x30a6 && mark == 0x3099) return 0x30f4;
  if (kana >= 0x30ef && kana <= 0x30f2 && mark == 0x3099) {
    const uint32_t to = kana + 8; /* ヷ ヸ ヹ ヺ */
    uint32_t parts[LODE_UNICODE_NFD_MAX];
    return lode_unicode_nfd(to, parts) == 2 && parts[0] == kana ? to : 0;
  }
  const uint32_t to = kana + (mark - 0x3098);
  uint32_t parts[LODE_UNICODE_NFD_MAX];
  const bool found = lode_unicode_nfd(to, parts) == 2 && parts[0] == kana && parts[1] == mark;
  return found ? to : 0;
}
