/* Words one edit away: those that begin with the first half, those that end with the second, and
 * the one with the two letters in the middle swapped. */
#include <string.h>

#include "base/utf8.h"
#include "index/sealed/reader.h"

typedef struct offering {
  lode_typo *typo;
  size_t read;
  bool reversed;
} offering;

/* The letters in the reverse order. */
static lode_text reverse(lode_text term, char *out) {
  size_t at = term.size;
  const char *p = term.data;
  while (p < term.data + term.size) {
    const char *letter = p;
    (void)lode_utf8_next(&p);
    at -= (size_t)(p - letter);
    memcpy(out + at, letter, (size_t)(p - letter));
  }
  return (lode_text){out, term.size};
}

static lode_status offer(void *user, lode_text key, lode_cursor c, lode_error *err) {
  offering *o = user;
  char turned[LODE_TERM_MAX];
  const uint64_t documents = lode_cursor_upto(&c, UINT32_MAX);
  if (key.size > LODE_TERM_MAX || lode_utf8_valid(key.data, key.size) != key.size) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1, "lexicon: damaged");
  }
  const lode_text term = o->reversed ? reverse(key, turned) : key;
  if (!lode_typo_offer(o->typo, term, (int64_t)documents)) return lode_error_nomem(err);
  return ++o->read == LODE_TYPO_READ ? LODE_E_CANCELLED : LODE_OK;
}

typedef struct looked_up {
  lode_text from;
  lode_text to; /* empty: only `from` */
  lode_sealed_list list;
  char bytes[2][LODE_TERM_MAX + 1];
} looked_up;

static size_t put_letters(const uint32_t *letters, size_t n, char *out) {
  size_t size = 0;
  for (size_t i = 0; i < n; i++) size += lode_utf8_put(out + size, letters[i]);
  return size;
}

lode_status lode_sealed_neighbours(lode_sealed *sealed, lode_typo *t, lode_error *err) {
  looked_up list[3];
  /* the first half */
  list[0].list = LODE_SEALED_LEXICON;
  list[0].from = (lode_text){t->term, t->half_size};
  list[0].to = lode_sealed_end_of(t->term, t->half_size, list[0].bytes[0]);
  /* the second, turned around */
  list[1].list = LODE_SEALED_SUFFIXES;
  list[1].from =
      reverse((lode_text){t->term + t->half_size, t->size - t->half_size}, list[1].bytes[0]);
  list[1].to = lode_sealed_end_of(list[1].bytes[0], list[1].from.size, list[1].bytes[1]);
  /* the middle */
  uint32_t letters[LODE_TYPO_MAX];
  memcpy(letters, t->letters, t->count * sizeof *letters);
  letters[t->half - 1] = t->letters[t->half];
  letters[t->half] = t->letters[t->half - 1];
  list[2].list = LODE_SEALED_LEXICON;
  list[2].from = (lode_text){list[2].bytes[0], put_letters(letters, t->count, list[2].bytes[0])};
  list[2].to = (lode_text){0};
  bool missing = false;
  lode_status status = LODE_OK;
  for (size_t i = 0; i < 3 && status == LODE_OK; i++) {
    const lode_text to = list[i].to.size > 0 ? list[i].to : list[i].from;
    status = lode_sealed_ask_range(sealed, list[i].list, list[i].from, to, SIZE_MAX, &missing, err);
  }
  if (status == LODE_OK && missing) status = LODE_E_BUSY;
  for (size_t i = 0; i < 3 && status == LODE_OK; i++) {
    offering o = {.typo = t, .reversed = list[i].list == LODE_SEALED_SUFFIXES};
    status = lode_sealed_scan(sealed, list[i].list, o.reversed ? "LSU1" : "LSL1", list[i].from,
                              list[i].to, offer, &o, err);
  }
  return status;
}
