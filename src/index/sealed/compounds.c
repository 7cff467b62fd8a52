/* Names of several words, which are listed as the phrases that they are. */
#include <string.h>

#include "index/sealed/reader.h"

enum { KEY_MAX = LODE_SEALED_COMPOUND * (LODE_TERM_MAX + 1) };

/* The words with spaces between; key [KEY_MAX]. A token's first spelling is the word itself. */
static lode_text key_of(const lode_sealed_phrases *phrases, const struct lode_sealed_phrase *p,
                        char *key) {
  size_t size = 0;
  for (size_t i = 0; i < p->count; i++) {
    const lode_sealed_spelling *s = phrases->tokens[p->first + i].spellings;
    if (i > 0) key[size++] = ' ';
    memcpy(key + size, s->term, s->size);
    size += s->size;
  }
  return (lode_text){key, size};
}

lode_status lode_sealed_ask_compound(lode_sealed *sealed, const lode_sealed_phrases *phrases,
                                     const struct lode_sealed_phrase *phrase, bool *missing,
                                     lode_error *err) {
  char key[KEY_MAX];
  const lode_text text = key_of(phrases, phrase, key);
  return lode_sealed_ask_range(sealed, LODE_SEALED_COMPOUNDS, text, text, 1, missing, err);
}

typedef struct listing {
  lode_text key;
  lode_postings *out; /* NULL: only whether it is there */
  bool found;
} listing;

static lode_status read_listed(void *user, lode_text key, lode_cursor c, lode_error *err) {
  listing *l = user;
  if (lode_key_compare(key, l->key) != 0) return LODE_OK;
  l->found = true;
  if (l->out == NULL) return LODE_OK;
  if (!lode_postings_read(&c, l->out)) return lode_error_nomem(err);
  return c.bad ? lode_error_set(err, LODE_E_FORMAT, -1, -1, "compounds: damaged") : LODE_OK;
}

static lode_status look_up(lode_sealed *sealed, const lode_sealed_phrases *phrases,
                           const struct lode_sealed_phrase *phrase, bool *found, lode_postings *out,
                           lode_error *err) {
  char key[KEY_MAX];
  listing l = {.key = key_of(phrases, phrase, key), .out = out};
  const lode_status status = lode_sealed_scan(sealed, LODE_SEALED_COMPOUNDS, "LSI1", l.key,
                                              (lode_text){0}, read_listed, &l, err);
  *found = l.found;
  return status;
}

lode_status lode_sealed_compound(lode_sealed *sealed, const lode_sealed_phrases *phrases,
                                 const struct lode_sealed_phrase *phrase, bool *found,
                                 lode_postings *out, lode_error *err) {
  out->count = 0;
  return look_up(sealed, phrases, phrase, found, out, err);
}

/* All at once, so that a question has to wait for positions once at most. */
lode_status lode_sealed_ask_unlisted(lode_sealed *sealed, const lode_sealed_phrases *phrases,
                                     bool *missing, lode_error *err) {
  for (size_t i = 0; i < phrases->count; i++) {
    const struct lode_sealed_phrase *p = &phrases->list[i];
    if (!p->compound) continue;
    bool found = false;
    lode_status status = look_up(sealed, phrases, p, &found, NULL, err);
    if (status == LODE_E_BUSY) {
      *missing = true;
      continue;
    }
    for (size_t t = 0; t < p->count && status == LODE_OK && !found; t++) {
      status = lode_sealed_ask_positions(sealed, &phrases->tokens[p->first + t], missing, err);
    }
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}
