/* One edit away: a letter missing, too many, another one, or two neighbours swapped. Every term of
 * a large index would be too many to compare with. An edit is in the first half of a word, and
 * then its second half is right, or the other way around:
 *   in the second half   the terms that begin with the first half are read and compared
 *   in the first half    what the edits can lead to is made and looked up; letters are those of
 *                        the word's own alphabet */
#include <string.h>

#include "base/utf8.h"
#include "index/search/question.h"

enum {
  LETTERS_MIN = 5,  /* in shorter words one edit is too much */
  LETTERS_MAX = 24, /* longer ones are no words */
  READ_MAX = 20000  /* terms with one beginning; no more are read */
};

typedef struct search {
  lode_store *store;
  uint32_t letters[LETTERS_MAX];
  size_t count;
  size_t read;
  bool enough;
  int64_t documents; /* that have the best so far */
  char *found;
  size_t *found_size;
} search;

size_t lode_prefix_end(const char *term, size_t size, char *out) {
  memcpy(out, term, size);
  memcpy(out + size, "\xf4\x8f\xbf\xbf", 4);
  return size + 4;
}

/* More documents are better; of as many, the first by bytes. But of two that begin alike the longer
 * one is: the other may be its stem, which has the documents of all its forms, and is no word. */
static bool is_better(const search *s, const char *term, size_t size, int64_t documents) {
  const size_t found = *s->found_size;
  const size_t common = size < found ? size : found;
  const int order = memcmp(term, s->found, common);
  if (order == 0) return size > found;
  return documents != s->documents ? documents > s->documents : order < 0;
}

static void consider(search *s, const char *term, size_t size, int64_t documents) {
  if (documents == 0 || size > LODE_TERM_MAX) return;
  if (*s->found_size > 0 && !is_better(s, term, size, documents)) return;
  s->documents = documents;
  memcpy(s->found, term, size);
  *s->found_size = size;
}

/* ---------------------------------------------------------------- compare */

/* Letters, or SIZE_MAX: too many. */
static size_t decode(const char *term, size_t size, uint32_t *letters, size_t capacity) {
  const char *p = term;
  size_t n = 0;
  while (p < term + size) {
    if (n == capacity) return SIZE_MAX;
    letters[n++] = lode_utf8_next(&p);
  }
  return n;
}

/* Exactly one edit? */
static bool one_edit(const uint32_t *a, size_t na, const uint32_t *b, size_t nb) {
  if (na > nb) return one_edit(b, nb, a, na);
  if (nb - na > 1) return false;
  size_t i = 0;
  while (i < na && a[i] == b[i]) i++;
  if (i == nb) return false;
  size_t ea = na;
  size_t eb = nb;
  while (ea > i && eb > i && a[ea - 1] == b[eb - 1]) {
    ea--;
    eb--;
  }
  if (nb > na) return ea == i && eb == i + 1;
  const bool swapped = ea == i + 2 && a[i] == b[i + 1] && a[i + 1] == b[i];
  return ea == i + 1 || swapped;
}

static lode_status compare(void *user, const lode_store_term *term, lode_error *err) {
  (void)err;
  search *s = user;
  uint32_t letters[LETTERS_MAX + 1];
  const size_t n = decode(term->term.data, term->term.size, letters, LETTERS_MAX + 1);
  if (n != SIZE_MAX && one_edit(s->letters, s->count, letters, n)) {
    consider(s, term->term.data, term->term.size, term->documents);
  }
  s->enough = ++s->read == READ_MAX;
  return s->enough ? LODE_E_CANCELLED : LODE_OK;
}

static lode_status edits_behind(search *s, const char *term, size_t half, lode_error *err) {
  char end[LODE_TERM_MAX + 4];
  const lode_text to = {end, lode_prefix_end(term, half, end)};
  const lode_status status =
      lode_store_terms(s->store, (lode_text){term, half}, to, compare, s, err);
  return status != LODE_OK && s->enough ? LODE_OK : status;
}

/* ---------------------------------------------------------------- look up */

static lode_status look_up(search *s, const uint32_t *letters, size_t n, lode_error *err) {
  char term[4 * (LETTERS_MAX + 1)];
  size_t size = 0;
  for (size_t i = 0; i < n; i++) size += lode_utf8_put(term + size, letters[i]);
  lode_store_term found;
  const lode_status status = lode_store_term_get(s->store, (lode_text){term, size}, &found, err);
  if (status == LODE_OK) consider(s, term, size, found.documents);
  return status;
}

/* First and last letter of the alphabet that c is of; false: of none that is known. */
static bool alphabet_of(uint32_t c, uint32_t *first, uint32_t *last) {
  static const uint32_t alphabets[][2] = {{'a', 'z'},     {0x3b1, 0x3c9}, {0x430, 0x45f},
                                          {0x561, 0x586}, {0x5d0, 0x5ea}, {0x627, 0x64a}};
  for (size_t i = 0; i < sizeof alphabets / sizeof *alphabets; i++) {
    *first = alphabets[i][0];
    *last = alphabets[i][1];
    if (c >= *first && c <= *last) return true;
  }
  return false;
}

/* A letter less at `at`, or two swapped. */
static lode_status fewer_at(search *s, size_t at, lode_error *err) {
  uint32_t letters[LETTERS_MAX];
  const size_t n = s->count;
  memcpy(letters, s->letters, at * sizeof *letters);
  memcpy(letters + at, s->letters + at + 1, (n - at - 1) * sizeof *letters);
  const lode_status status = look_up(s, letters, n - 1, err);
  if (status != LODE_OK || s->letters[at] == s->letters[at + 1]) return status;
  memcpy(letters, s->letters, n * sizeof *letters);
  letters[at] = s->letters[at + 1];
  letters[at + 1] = s->letters[at];
  return look_up(s, letters, n, err);
}

/* Another letter at `at`, or one more before it. */
static lode_status other_at(search *s, size_t at, uint32_t letter, lode_error *err) {
  uint32_t letters[LETTERS_MAX + 1];
  const size_t n = s->count;
  lode_status status = LODE_OK;
  memcpy(letters, s->letters, n * sizeof *letters);
  letters[at] = letter;
  if (letter != s->letters[at]) status = look_up(s, letters, n, err);
  if (status != LODE_OK) return status;
  memcpy(letters + at + 1, s->letters + at, (n - at) * sizeof *letters);
  return look_up(s, letters, n + 1, err);
}

static lode_status edits_before(search *s, size_t half, lode_error *err) {
  uint32_t first;
  uint32_t last;
  const bool known = alphabet_of(s->letters[0], &first, &last);
  lode_status status = LODE_OK;
  for (size_t at = 0; at < half && status == LODE_OK; at++) {
    status = fewer_at(s, at, err);
    for (uint32_t c = first; known && c <= last && status == LODE_OK; c++) {
      status = other_at(s, at, c, err);
    }
  }
  return status;
}

lode_status lode_typo_find(lode_store *store, const char *term, size_t size, char *found,
                           size_t *found_size, lode_error *err) {
  search s = {.store = store, .found = found, .found_size = found_size};
  *found_size = 0;
  s.count = decode(term, size, s.letters, LETTERS_MAX);
  if (s.count < LETTERS_MIN || s.count == SIZE_MAX) return LODE_OK;
  size_t half = 0; /* bytes */
  const char *p = term;
  for (size_t i = 0; i < s.count; i++) {
    if (s.letters[i] >= '0' && s.letters[i] <= '9') return LODE_OK;
    if (i < s.count / 2) {
      (void)lode_utf8_next(&p);
      half = (size_t)(p - term);
    }
  }
  lode_status status = edits_behind(&s, term, half, err);
  if (status == LODE_OK) status = edits_before(&s, s.count / 2, err);
  return status;
}
