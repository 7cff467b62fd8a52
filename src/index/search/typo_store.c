/* Neighbours of a word in a store. Every term of a large index would be too many to compare with:
 *   an edit in the second half   the terms that begin with the first half are read and compared
 *   in the first half            what the edits can lead to is made and looked up */
#include <string.h>

#include "base/utf8.h"
#include "index/search/corpus_store.h"
#include "index/search/typo.h"

typedef struct reading {
  lode_typo *typo;
  size_t read;
  bool enough;
  bool failed;
} reading;

static lode_status compare(void *user, const lode_store_term *term, lode_error *err) {
  reading *r = user;
  if (!lode_typo_offer(r->typo, term->term, term->documents)) return lode_error_nomem(err);
  r->enough = ++r->read == LODE_TYPO_READ;
  return r->enough ? LODE_E_CANCELLED : LODE_OK;
}

static lode_status edits_behind(lode_store *store, lode_typo *t, lode_error *err) {
  char end[LODE_TERM_MAX + 4];
  reading r = {.typo = t};
  const lode_text to = {end, lode_prefix_end(t->term, t->half_size, end)};
  const lode_status status =
      lode_store_terms(store, (lode_text){t->term, t->half_size}, to, compare, &r, err);
  return status != LODE_OK && r.enough ? LODE_OK : status;
}

static lode_status look_up(lode_store *store, lode_typo *t, const uint32_t *letters, size_t n,
                           lode_error *err) {
  char term[4 * (LODE_TYPO_MAX + 1)];
  size_t size = 0;
  for (size_t i = 0; i < n; i++) size += lode_utf8_put(term + size, letters[i]);
  lode_store_term found;
  const lode_status status = lode_store_term_get(store, (lode_text){term, size}, &found, err);
  if (status != LODE_OK) return status;
  return lode_typo_offer(t, (lode_text){term, size}, found.documents) ? LODE_OK
                                                                      : lode_error_nomem(err);
}

/* A letter less at `at`, or two swapped. */
static lode_status fewer_at(lode_store *store, lode_typo *t, size_t at, lode_error *err) {
  uint32_t letters[LODE_TYPO_MAX];
  const size_t n = t->count;
  memcpy(letters, t->letters, at * sizeof *letters);
  memcpy(letters + at, t->letters + at + 1, (n - at - 1) * sizeof *letters);
  const lode_status status = look_up(store, t, letters, n - 1, err);
  if (status != LODE_OK || t->letters[at] == t->letters[at + 1]) return status;
  memcpy(letters, t->letters, n * sizeof *letters);
  letters[at] = t->letters[at + 1];
  letters[at + 1] = t->letters[at];
  return look_up(store, t, letters, n, err);
}

/* Another letter at `at`, or one more before it. */
static lode_status other_at(lode_store *store, lode_typo *t, size_t at, uint32_t letter,
                            lode_error *err) {
  uint32_t letters[LODE_TYPO_MAX + 1];
  const size_t n = t->count;
  lode_status status = LODE_OK;
  memcpy(letters, t->letters, n * sizeof *letters);
  letters[at] = letter;
  if (letter != t->letters[at]) status = look_up(store, t, letters, n, err);
  if (status != LODE_OK) return status;
  memcpy(letters + at + 1, t->letters + at, (n - at) * sizeof *letters);
  return look_up(store, t, letters, n + 1, err);
}

lode_status lode_typo_in_store(void *self, lode_typo *t, lode_error *err) {
  lode_status status = edits_behind(self, t, err);
  for (size_t at = 0; at < t->half && status == LODE_OK; at++) {
    status = fewer_at(self, t, at, err);
    for (uint32_t c = t->first; t->alphabet && c <= t->last && status == LODE_OK; c++) {
      status = other_at(self, t, at, c, err);
    }
  }
  return status;
}
