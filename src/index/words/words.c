#include "index/words/words.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "index/words/fold.h"
#include "index/words/stem.h"
#include "index/words/word_break.h"
#include "text/unicode.h"

enum {
  SPELLINGS = 16,    /* of one position that are compared with each other */
  STEM_MIN_BYTES = 3 /* no shorter word is stemmed */
};

struct lode_words {
  lode_stemmers stemmers;
  /* Of the current call: */
  const char *text;
  lode_words_options options;
  lode_word_sink sink;
  void *user;
  /* Of the current position: */
  size_t spellings;
  uint8_t spelling_size[SPELLINGS];
  char spelling[SPELLINGS][LODE_TERM_MAX];
};

lode_status lode_words_new(lode_words **out, lode_error *err) {
  lode_words *words = calloc(1, sizeof *words);
  if (words == NULL) return lode_error_nomem(err);
  *out = words;
  return LODE_OK;
}

void lode_words_free(lode_words *words) {
  if (words == NULL) return;
  lode_stemmers_free(&words->stemmers);
  free(words);
}

/* ---------------------------------------------------------------- handing terms over */

static int emit_first(lode_words *w, const char *term, size_t size, size_t begin, size_t end) {
  w->spellings = 0;
  if (size == 0) return 0;
  memcpy(w->spelling[0], term, size);
  w->spelling_size[0] = (uint8_t)size;
  w->spellings = 1;
  const lode_word word = {.term = term, .size = size, .begin = begin, .end = end};
  return w->sink(w->user, &word);
}

/* Nothing happens when the position has this spelling already. A position whose first term was
 * empty (a letter that is not seen) begins with this one. */
static int emit_also(lode_words *w, const char *term, size_t size, size_t begin, size_t end) {
  if (size == 0) return 0;
  if (w->spellings == 0) return emit_first(w, term, size, begin, end);
  for (size_t i = 0; i < w->spellings; i++) {
    if (w->spelling_size[i] == size && memcmp(w->spelling[i], term, size) == 0) return 0;
  }
  if (w->spellings < SPELLINGS) {
    memcpy(w->spelling[w->spellings], term, size);
    w->spelling_size[w->spellings++] = (uint8_t)size;
  }
  const lode_word word = {term, size, begin, end, .colocated = true};
  return w->sink(w->user, &word);
}

static bool is_ascii(const char *s, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if ((unsigned char)s[i] >= 0x80) return false;
  }
  return true;
}

static bool has_digit(const char *s, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (s[i] >= '0' && s[i] <= '9') return true;
  }
  return false;
}

static int emit_stem(lode_words *w, lode_language language, const char *word, size_t size,
                     size_t begin, size_t end) {
  const char *stem;
  size_t stem_size;
  if (!lode_stem(&w->stemmers, language, word, size, &stem, &stem_size)) return LODE_WORDS_NOMEM;
  char folded[LODE_TERM_MAX];
  const size_t n = lode_fold(stem, stem_size, folded, sizeof folded);
  return emit_also(w, folded, n, begin, end);
}

/* `lower` is the word as a stemmer wants it. Accents go after stemming, which needs them; and
 * the word without accents is stemmed too, because that is what others type. */
static int emit_word(lode_words *w, const char *lower, size_t size, size_t begin, size_t end,
                     bool stemmed) {
  char surface[LODE_TERM_MAX];
  const bool ascii = is_ascii(lower, size);
  const size_t n = lode_fold(lower, size, surface, sizeof surface);
  int result = emit_first(w, surface, n, begin, end);
  if (result != 0 || n < STEM_MIN_BYTES || !stemmed || has_digit(surface, n)) return result;
  lode_languages left = w->options.languages & ~LODE_LANGUAGE_BIT(LODE_LANGUAGE_NONE);
  while (left != 0 && result == 0) {
    const int language = __builtin_ctz(left);
    left &= left - 1;
    result = emit_stem(w, (lode_language)language, lower, size, begin, end);
    if (!ascii && result == 0) {
      result = emit_stem(w, (lode_language)language, surface, n, begin, end);
    }
  }
  return result;
}

/* ---------------------------------------------------------------- parts of a segment */

static bool is_apostrophe(uint32_t c) {
  return c == '\'' || c == 0x2019 || c == 0xff07;
}

static bool is_upper(uint32_t c) {
  uint32_t lower[LODE_UNICODE_LOWER_MAX];
  return lode_unicode_lower(c, lower) != 1 || lower[0] != c;
}

static bool is_numeric(uint8_t property) {
  return (property & LODE_WORD_BREAK_MASK) == WB_NUMERIC;
}

static uint32_t char_at(const char *text, size_t at, size_t *next) {
  const char *p = text + at;
  const uint32_t c = lode_utf8_next(&p);
  *next = (size_t)(p - text);
  return c;
}

/* Does a letter begin at text[at]? */
static bool letter_at(const char *text, size_t at, size_t end) {
  if (at >= end) return false;
  const uint8_t property = lode_word_property(char_at(text, at, &at));
  return (property & LODE_WORD_ALNUM) != 0 && !is_numeric(property);
}

/* A part: from `begin` to `end`, without the separators around it. */
typedef struct part {
  size_t begin;
  size_t end;
} part;

/* The first part in text[at..end); begin == end when there is none. Parts end at punctuation and
 * where the case says so: getUser, XMLParser; but not PDFs. */
static part next_part(const char *text, size_t at, size_t end) {
  size_t next = at;
  while (at < end) {
    const uint32_t c = char_at(text, at, &next);
    if ((lode_word_property(c) & LODE_WORD_ALNUM) != 0) break;
    at = next;
  }
  part p = {.begin = at, .end = at};
  enum { NO_CASE, UPPER, LOWER } last = NO_CASE;
  bool two_upper = false; /* the last two letters are upper case */
  size_t last_at = at;    /* where the last letter begins */
  bool last_numeric = false;
  while (at < end) {
    const uint32_t c = char_at(text, at, &next);
    const uint8_t property = lode_word_property(c);
    const unsigned wb = property & LODE_WORD_BREAK_MASK;
    if ((property & LODE_WORD_ALNUM) == 0) {
      const bool unseen = wb == WB_EXTEND || wb == WB_FORMAT || wb == WB_ZWJ;
      const bool thousands = c == ',' && last_numeric;
      if (!unseen && !thousands && !(is_apostrophe(c) && letter_at(text, next, end))) break;
      if (!unseen && !thousands) last = NO_CASE; /* d'Artagnan: the case says nothing */
      at = next;
      p.end = thousands ? p.end : next;
      continue;
    }
    const bool numeric = is_numeric(property);
    const bool upper = !numeric && is_upper(c);
    if (upper && last == LOWER) break;
    if (!upper && !numeric && two_upper && (c != 's' || letter_at(text, next, end))) {
      p.end = last_at;
      break;
    }
    two_upper = upper && last == UPPER;
    if (!numeric) last = upper ? UPPER : LOWER; /* utf8Decode: utf8, decode */
    last_numeric = numeric;
    last_at = at;
    at = next;
    p.end = at;
  }
  return p;
}

/* What is left out in front of an apostrophe, in any language. */
static bool is_elision(const char *head, size_t size) {
  static const char list[][8] = {"l",    "d",     "j",     "m",      "t",      "s",
                                 "n",    "c",     "qu",    "jusqu",  "lorsqu", "puisqu",
                                 "dell", "nell",  "sull",  "dall",   "all",    "un",
                                 "gl",   "quell", "quest", "presqu", "aujourd"};
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    if (strlen(list[i]) == size && strncasecmp(list[i], head, size) == 0) {
      return strcmp(list[i], "aujourd") != 0; /* aujourd'hui is one word */
    }
  }
  return false;
}

/* Cut elisions and a possessive 's off. */
static part without_clitics(const char *text, part p) {
  size_t at = p.begin;
  while (at < p.end) {
    size_t next;
    const uint32_t c = char_at(text, at, &next);
    if (is_apostrophe(c)) {
      const size_t tail = p.end - next;
      if (tail == 1 && (text[next] == 's' || text[next] == 'S')) {
        p.end = at;
        return p;
      }
      if (tail > 1 && is_elision(text + p.begin, at - p.begin)) p.begin = next;
    }
    at = next;
  }
  return p;
}

/* The part in lower case, without apostrophes and thousands separators. */
static size_t lower_part(const char *text, part p, char *out, size_t capacity) {
  size_t used = 0;
  size_t from = p.begin;
  size_t at = p.begin;
  while (at < p.end) {
    size_t next;
    const uint32_t c = char_at(text, at, &next);
    if (is_apostrophe(c) || c == ',') {
      used += lode_fold_lower(text + from, at - from, out + used, capacity - used);
      from = next;
    }
    at = next;
  }
  return used + lode_fold_lower(text + from, p.end - from, out + used, capacity - used);
}

/* All parts of a segment folded into one; 0 when it has one part only, or when digits are parted
 * from digits: 1.12 is not 112. */
static size_t whole_of(const char *text, part first, size_t end, char out[LODE_TERM_MAX]) {
  part p = next_part(text, first.end, end);
  if (p.begin == p.end) return 0;
  size_t used = 0;
  part last = first;
  for (p = first; p.begin < p.end; p = next_part(text, p.end, end)) {
    size_t after;
    if (p.begin > last.end && is_numeric(lode_word_property(char_at(text, p.begin, &after))) &&
        has_digit(text + last.end - 1, 1)) {
      return 0;
    }
    char lower[2 * LODE_TERM_MAX];
    const size_t n = lower_part(text, p, lower, sizeof lower);
    used += lode_fold(lower, n, out + used, LODE_TERM_MAX - used);
    last = p;
  }
  return used;
}

/* C++, C#, F#: `end` is the end of a segment of one ASCII letter. Bytes of the sign behind it. */
static size_t sign_behind(const char *text, size_t size, size_t begin, size_t end) {
  if (end - begin != 1 || (text[begin] & 0x80) != 0) return 0;
  const bool letter = (text[begin] | 0x20) >= 'a' && (text[begin] | 0x20) <= 'z';
  if (!letter || end == size) return 0;
  size_t sign = 0;
  if (text[end] == '#') sign = 1;
  if (text[end] == '+' && end + 1 < size && text[end + 1] == '+') sign = 2;
  if (sign == 0 || end + sign == size) return sign;
  return letter_at(text, end + sign, size) ? 0 : sign; /* C#m is a chord */
}

static int emit_signed(lode_words *w, size_t begin, size_t end, size_t sign) {
  char term[4];
  term[0] = (char)(w->text[begin] | 0x20);
  memcpy(term + 1, w->text + end, sign);
  if (w->options.mode != LODE_WORDS_DOCUMENT) {
    return emit_first(w, term, 1 + sign, begin, end + sign);
  }
  const int result = emit_first(w, term, 1, begin, end);
  return result != 0 ? result : emit_also(w, term, 1 + sign, begin, end + sign);
}

/* A segment without characters that are indexed as n-grams. `last`: no term follows it. */
static int split_segment(lode_words *w, size_t begin, size_t end, bool last) {
  const char *text = w->text;
  const bool prefix = last && w->options.mode == LODE_WORDS_PREFIX;
  part p = next_part(text, begin, end);
  const part first = p;
  int result = 0;
  while (p.begin < p.end && result == 0) {
    const part following = next_part(text, p.end, end);
    const bool ends = following.begin == following.end;
    const part kept = without_clitics(text, p);
    char lower[2 * LODE_TERM_MAX];
    const size_t n = lower_part(text, kept, lower, sizeof lower);
    result = emit_word(w, lower, n, kept.begin, kept.end, !(prefix && ends));
    if (result == 0 && p.begin == first.begin && w->options.mode == LODE_WORDS_DOCUMENT) {
      char whole[LODE_TERM_MAX];
      const size_t size = whole_of(text, first, end, whole);
      result = emit_also(w, whole, size, begin, end);
    }
    p = following;
  }
  return result;
}

/* ---------------------------------------------------------------- scripts without spaces */

/* A character with its marks, folded. */
typedef struct unit {
  size_t begin;
  size_t end;
  size_t size;
  char bytes[LODE_TERM_MAX / 2];
} unit;

static void unit_add(unit *u, uint32_t c) {
  uint32_t to[LODE_FOLD_MAX];
  const size_t n = c >= 0x3099 && c <= 0x309a ? 0 : lode_fold_char(c, to);
  for (size_t i = 0; i < n && u->size + 4 <= sizeof u->bytes; i++) {
    u->size += lode_utf8_put(u->bytes + u->size, to[i]);
  }
}

/* Conjoining jamo as the syllable; only what is one in modern Korean. */
static uint32_t hangul_syllable(const char *text, size_t size, size_t at, size_t *end) {
  size_t next;
  const uint32_t l = char_at(text, at, &next) - 0x1100;
  if (l >= 19 || next >= size) return 0;
  size_t behind;
  const uint32_t v = char_at(text, next, &behind) - 0x1161;
  if (v >= 21) return 0;
  *end = behind;
  uint32_t syllable = 0xac00 + (l * 21 + v) * 28;
  if (behind < size) {
    const uint32_t t = char_at(text, behind, &next) - 0x11a7;
    if (t > 0 && t < 28) {
      *end = next;
      syllable += t;
    }
  }
  return syllable;
}

/* The unit at text[at], which is of a script that is written without spaces. */
static unit next_unit(const char *text, size_t size, size_t at) {
  unit u = {.begin = at};
  size_t end = 0;
  uint32_t c = hangul_syllable(text, size, at, &end);
  if (c == 0) c = char_at(text, at, &end);
  uint32_t to[LODE_FOLD_MAX];
  const size_t n = lode_fold_char(c, to);
  uint32_t base = n == 1 ? to[0] : 0;
  if (base == 0) unit_add(&u, c);
  while (end < size) {
    size_t next;
    const uint32_t mark = char_at(text, end, &next);
    const unsigned wb = lode_word_property(mark) & LODE_WORD_BREAK_MASK;
    const bool halfwidth = mark == 0xff9e || mark == 0xff9f;
    if (wb != WB_EXTEND && wb != WB_FORMAT && wb != WB_ZWJ && !halfwidth) break;
    end = next;
    if (base != 0) {
      const uint32_t voiced = lode_fold_voiced(base, halfwidth ? mark - 0xff9e + 0x3099 : mark);
      unit_add(&u, voiced != 0 ? voiced : base);
      base = 0;
      if (voiced != 0) continue;
    }
    unit_add(&u, mark);
  }
  if (base != 0) unit_add(&u, base);
  u.end = end;
  return u;
}

/* From a character of such a script to the first that is of none; *end is there. */
static int split_ngrams(lode_words *w, size_t begin, size_t size, size_t *end) {
  unit previous = {0};
  bool any = false;
  bool pair = false;
  size_t at = begin;
  int result = 0;
  while (at < size && result == 0) {
    size_t next;
    if ((lode_word_property(char_at(w->text, at, &next)) & LODE_WORD_NGRAM) == 0) break;
    const unit u = next_unit(w->text, size, at);
    at = u.end;
    if (u.size == 0) continue;
    if (any) {
      char term[LODE_TERM_MAX];
      memcpy(term, previous.bytes, previous.size);
      memcpy(term + previous.size, u.bytes, u.size);
      result = emit_first(w, term, previous.size + u.size, previous.begin, u.end);
      pair = true;
    }
    previous = u;
    any = true;
  }
  *end = at;
  if (result != 0 || !any) return result;
  if (!pair) return emit_first(w, previous.bytes, previous.size, previous.begin, previous.end);
  if (w->options.mode != LODE_WORDS_DOCUMENT) return 0;
  return emit_also(w, previous.bytes, previous.size, previous.begin, previous.end);
}

/* ---------------------------------------------------------------- texts */

static bool is_ascii_separator(char c) {
  const unsigned char b = (unsigned char)c;
  return b < 0x80 && b != '_' && (lode_word_property(b) & LODE_WORD_ALNUM) == 0;
}

/* Does anything behind `at` make a term? Only asked of short texts, those of queries. */
static bool is_last(const char *text, size_t size, size_t at) {
  while (at < size) {
    const uint8_t property = lode_word_property(char_at(text, at, &at));
    if ((property & (LODE_WORD_ALNUM | LODE_WORD_PICTOGRAPH)) != 0) return false;
  }
  return true;
}

static int split_one(lode_words *w, size_t begin, size_t size, size_t *end) {
  const char *text = w->text;
  size_t next;
  const uint8_t property = lode_word_property(char_at(text, begin, &next));
  if ((property & LODE_WORD_NGRAM) != 0) return split_ngrams(w, begin, size, end);
  *end = lode_word_break_before(text, size, begin, LODE_WORD_NGRAM);
  const bool symbol = (property & LODE_WORD_ALNUM) == 0 &&
                      ((property & LODE_WORD_PICTOGRAPH) != 0 ||
                       (property & LODE_WORD_BREAK_MASK) == WB_REGIONAL_INDICATOR);
  if (symbol) {
    char term[LODE_TERM_MAX];
    const size_t n = lode_fold(text + begin, *end - begin, term, sizeof term);
    return emit_first(w, term, n, begin, *end);
  }
  const size_t sign = sign_behind(text, size, begin, *end);
  if (sign > 0) {
    const size_t letter_end = *end;
    *end += sign;
    return emit_signed(w, begin, letter_end, sign);
  }
  const bool last = w->options.mode == LODE_WORDS_PREFIX && is_last(text, size, *end);
  return split_segment(w, begin, *end, last);
}

/* Well-formed text[begin..end) of w->text. */
static int split_valid(lode_words *w, size_t begin, size_t end) {
  size_t at = begin;
  int result = 0;
  while (result == 0) {
    while (at < end && is_ascii_separator(w->text[at])) at++;
    if (at >= end) break;
    result = split_one(w, at, end, &at);
  }
  return result;
}

int lode_words_split(lode_words *words, const char *text, size_t size,
                     const lode_words_options *options, lode_word_sink sink, void *user) {
  words->text = text;
  words->options = *options;
  words->sink = sink;
  words->user = user;
  size_t at = 0;
  int result = 0;
  while (at < size && result == 0) {
    const size_t valid = lode_utf8_valid(text + at, size - at);
    result = split_valid(words, at, at + valid);
    at += valid + 1; /* the byte that is ill-formed */
  }
  return result;
}

/* ---------------------------------------------------------------- shape */

static int count_position(void *user, const lode_word *word) {
  lode_words_shape *shape = user;
  if (word->colocated) return 0;
  shape->positions++;
  const char *p = word->term;
  const bool ngram = (lode_word_property(lode_utf8_next(&p)) & LODE_WORD_NGRAM) != 0;
  size_t characters = 1;
  while (p < word->term + word->size) {
    const unsigned wb = lode_word_property(lode_utf8_next(&p)) & LODE_WORD_BREAK_MASK;
    characters += wb != WB_EXTEND;
  }
  shape->single_ngram = shape->positions == 1 && ngram && characters == 1;
  return 0;
}

bool lode_words_shape_of(lode_words *words, const char *text, size_t size, lode_words_shape *out) {
  *out = (lode_words_shape){0};
  const lode_words_options options = {.mode = LODE_WORDS_QUERY};
  if (lode_words_split(words, text, size, &options, count_position, out) != 0) return false;
  if (out->positions < 2 || lode_utf8_valid(text, size) != size) return true;
  /* Only if the word is one segment are its parts an identifier's. */
  size_t at = 0;
  while (at < size && is_ascii_separator(text[at])) at++;
  if (at == size) return true;
  const size_t end = lode_word_break_before(text, size, at, LODE_WORD_NGRAM);
  for (size_t i = end; i < size; i++) {
    if (!is_ascii_separator(text[i])) return true;
  }
  out->whole_size = whole_of(text, next_part(text, at, end), end, out->whole);
  return true;
}
