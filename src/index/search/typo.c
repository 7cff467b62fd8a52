#include "index/search/typo.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

typedef struct candidate {
  int64_t documents;
  uint8_t size;
  char term[LODE_TERM_MAX];
} candidate;

size_t lode_typo_letters(lode_text term, uint32_t *letters, size_t capacity) {
  const char *p = term.data;
  size_t n = 0;
  while (p < term.data + term.size) {
    if (n == capacity) return SIZE_MAX;
    letters[n++] = lode_utf8_next(&p);
  }
  return n;
}

/* Where two words differ that are alike but for one edit: a[from..ea), b[from..eb). */
typedef struct edit {
  size_t from;
  size_t ea;
  size_t eb;
} edit;

/* na <= nb <= na + 1. Exactly one edit? */
static bool one_edit(const uint32_t *a, size_t na, const uint32_t *b, size_t nb, edit *out) {
  size_t i = 0;
  while (i < na && a[i] == b[i]) i++;
  if (i == nb) return false;
  size_t ea = na;
  size_t eb = nb;
  while (ea > i && eb > i && a[ea - 1] == b[eb - 1]) {
    ea--;
    eb--;
  }
  *out = (edit){i, ea, eb};
  if (nb > na) return ea == i && eb == i + 1;
  const bool swapped = ea == i + 2 && a[i] == b[i + 1] && a[i + 1] == b[i];
  return ea == i + 1 || swapped;
}

/* Is that an edit which is looked for? */
static bool is_neighbour(const lode_typo *t, const uint32_t *letters, size_t n) {
  edit e;
  if (n + 1 < t->count || n > t->count + 1) return false;
  const bool more = n > t->count;
  const bool is = n >= t->count ? one_edit(t->letters, t->count, letters, n, &e)
                                : one_edit(letters, n, t->letters, t->count, &e);
  if (!is) return false;
  const size_t same = t->half < n ? t->half : n;
  if (memcmp(letters, t->letters, same * sizeof *letters) == 0) return true;
  const bool put_in = more || (n == t->count && e.ea == e.from + 1);
  if (!put_in) return true;
  return t->alphabet && letters[e.from] >= t->first && letters[e.from] <= t->last;
}

bool lode_typo_offer(lode_typo *typo, lode_text term, int64_t documents) {
  uint32_t letters[LODE_TYPO_MAX + 1];
  if (documents == 0 || term.size > LODE_TERM_MAX) return true;
  const size_t n = lode_typo_letters(term, letters, LODE_TYPO_MAX + 1);
  if (n == SIZE_MAX || !is_neighbour(typo, letters, n)) return true;
  const size_t used = typo->found_count * sizeof(candidate);
  if (!lode_buffer_reserve(&typo->found, typo->found_count + 1, sizeof(candidate), used)) {
    return false;
  }
  candidate *c = (candidate *)typo->found.data + typo->found_count++;
  *c = (candidate){.documents = documents, .size = (uint8_t)term.size};
  memcpy(c->term, term.data, term.size);
  return true;
}

/* ---------------------------------------------------------------- the best */

static int by_term(const void *a, const void *b) {
  const candidate *x = a;
  const candidate *y = b;
  const size_t common = x->size < y->size ? x->size : y->size;
  const int order = memcmp(x->term, y->term, common);
  return order != 0 ? order : (int)x->size - (int)y->size;
}

/* More documents are better; of as many, the first by bytes. But of two that begin alike the longer
 * one is: the other may be its stem, which has the documents of all its forms, and is no word. */
static bool is_better(const candidate *c, const candidate *best) {
  const size_t common = c->size < best->size ? c->size : best->size;
  if (memcmp(c->term, best->term, common) == 0) return c->size > best->size;
  return c->documents > best->documents;
}

/* In the order of their bytes, whatever order they were offered in. */
static const candidate *choose(const lode_typo *typo) {
  const candidate *list = typo->found.data;
  const candidate *best = NULL;
  if (typo->found_count > 0) qsort(typo->found.data, typo->found_count, sizeof *list, by_term);
  for (size_t i = 0; i < typo->found_count; i++) {
    if (best == NULL || is_better(&list[i], best)) best = &list[i];
  }
  return best;
}

/* ---------------------------------------------------------------- looking */

static void find_alphabet(lode_typo *t) {
  static const uint32_t alphabets[][2] = {{'a', 'z'},     {0x3b1, 0x3c9}, {0x430, 0x45f},
                                          {0x561, 0x586}, {0x5d0, 0x5ea}, {0x627, 0x64a}};
  for (size_t i = 0; i < sizeof alphabets / sizeof *alphabets; i++) {
    if (t->letters[0] < alphabets[i][0] || t->letters[0] > alphabets[i][1]) continue;
    t->first = alphabets[i][0];
    t->last = alphabets[i][1];
    t->alphabet = true;
  }
}

lode_status lode_typo_find(const lode_corpus *corpus, lode_text term, char *found,
                           size_t *found_size, lode_error *err) {
  lode_typo t = {.term = term.data, .size = term.size};
  *found_size = 0;
  t.count = lode_typo_letters(term, t.letters, LODE_TYPO_MAX);
  if (t.count < LODE_TYPO_MIN || t.count == SIZE_MAX) return LODE_OK;
  t.half = t.count / 2;
  const char *p = term.data;
  for (size_t i = 0; i < t.count; i++) {
    if (t.letters[i] >= '0' && t.letters[i] <= '9') return LODE_OK;
    if (i < t.half) {
      (void)lode_utf8_next(&p);
      t.half_size = (size_t)(p - term.data);
    }
  }
  find_alphabet(&t);
  const lode_status status = corpus->calls->neighbours(corpus->self, &t, err);
  const candidate *best = status == LODE_OK ? choose(&t) : NULL;
  if (best != NULL) {
    memcpy(found, best->term, best->size);
    *found_size = best->size;
  }
  lode_buffer_free(&t.found);
  return status;
}
