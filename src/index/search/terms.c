#include "index/search/terms.h"

#include <string.h>

void lode_terms_free(lode_terms *terms) {
  lode_buffer_free(&terms->spellings);
  *terms = (lode_terms){0};
}

static size_t bucket_of(const char *term, size_t size) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < size; i++) hash = (hash ^ (unsigned char)term[i]) * 16777619u;
  return (hash ^ hash >> 16) % LODE_TERMS_BUCKETS;
}

/* ---------------------------------------------------------------- making */

typedef struct maker {
  lode_terms *terms;
  size_t unit;
  bool prefix; /* terms of the last position are prefixes */
  bool only_last;
  uint32_t position;  /* within the unit, from 1 on */
  uint32_t positions; /* of the unit */
  bool failed;
} maker;

static int32_t *head_of(lode_terms *terms, const char *term, size_t size, bool prefix) {
  return prefix ? &terms->prefixes : &terms->buckets[bucket_of(term, size)];
}

static bool add_spelling(lode_terms *terms, const char *term, size_t size, bool prefix,
                         size_t atom) {
  int32_t *head = head_of(terms, term, size, prefix);
  const size_t used = terms->spelling_count * sizeof(lode_spelling);
  if (!lode_buffer_reserve(&terms->spellings, terms->spelling_count + 1, sizeof(lode_spelling),
                           used)) {
    return false;
  }
  lode_spelling *s = (lode_spelling *)terms->spellings.data + terms->spelling_count;
  *s = (lode_spelling){
      .size = (uint8_t)size, .prefix = prefix, .atom = (uint16_t)atom, .next = *head};
  memcpy(s->term, term, size);
  *head = (int32_t)terms->spelling_count++;
  return true;
}

static size_t add_atom(lode_terms *terms, size_t unit, bool first, bool last) {
  terms->atoms[terms->atom_count] =
      (lode_atom){.unit = (uint16_t)unit, .first = first, .last = last};
  return terms->atom_count++;
}

static int take_word(void *user, const lode_word *word) {
  maker *m = user;
  lode_terms *terms = m->terms;
  if (!word->colocated) {
    m->position++;
    if (!m->only_last) {
      (void)add_atom(terms, m->unit, m->position == 1, m->position == m->positions);
    }
  }
  if (m->only_last && m->position < m->positions) return 0;
  const bool prefix = m->prefix && m->position == m->positions;
  if (!add_spelling(terms, word->term, word->size, prefix, terms->atom_count - 1)) {
    m->failed = true;
    return 1;
  }
  return 0;
}

/* The positions of one term of the query, and all ways to write them. */
static bool add_unit(lode_words *words, const lode_query *query, const lode_query_term *term,
                     lode_languages languages, lode_terms *terms) {
  const char *text = query->text + term->begin;
  const size_t size = (size_t)(term->end - term->begin);
  lode_unit *unit = &terms->units[terms->unit_count];
  *unit = (lode_unit){.phrase = term->phrase, .negated = term->negated, .prefix = term->prefix};
  maker m = {.terms = terms, .unit = terms->unit_count++};
  lode_words_shape shape;
  if (!lode_words_shape_of(words, text, size, &shape)) return false;
  unit->any = shape.positions > 0;
  if (term->negated || shape.positions == 0 ||
      shape.positions + 1 > LODE_TERMS_ATOMS - terms->atom_count) {
    return true;
  }
  m.positions = unit->positions = (uint32_t)shape.positions;
  m.prefix = shape.single_ngram;
  lode_words_options options = {.mode = LODE_WORDS_QUERY, .languages = languages};
  if (lode_words_split(words, text, size, &options, take_word, &m) != 0) return false;
  if (term->prefix) {
    m = (maker){.terms = terms, .prefix = true, .only_last = true, .positions = m.positions};
    options.mode = LODE_WORDS_PREFIX;
    if (lode_words_split(words, text, size, &options, take_word, &m) != 0) return false;
  }
  if (shape.whole_size > 0 && !term->phrase) {
    const size_t atom = add_atom(terms, m.terms->unit_count - 1, true, true);
    if (!add_spelling(terms, shape.whole, shape.whole_size, term->prefix, atom)) return false;
  }
  return true;
}

lode_status lode_terms_make(lode_words *words, const lode_query *query, lode_languages languages,
                            lode_terms *out, lode_error *err) {
  out->unit_count = out->atom_count = out->spelling_count = 0;
  out->prefixes = -1;
  for (size_t i = 0; i < LODE_TERMS_BUCKETS; i++) out->buckets[i] = -1;
  for (size_t i = 0; i < query->count; i++) {
    if (!add_unit(words, query, &query->terms[i], languages, out)) return lode_error_nomem(err);
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- finding */

typedef struct finder {
  const lode_terms *terms;
  lode_term_match_fn *fn;
  void *user;
  size_t position;                      /* words so far */
  uint64_t here[LODE_TERMS_ATOMS / 64]; /* atoms that the word is */
  bool any;
  size_t begin[LODE_TERMS_ATOMS]; /* of the spelling that it is: "C++" has more than "C" */
  size_t end[LODE_TERMS_ATOMS];
  size_t seen[LODE_TERMS_ATOMS]; /* position at which the unit had been matched up to this atom */
  size_t start[LODE_TERMS_ATOMS];
} finder;

/* The last atoms first: each looks at what the one before it was at the position before. */
static void end_position(finder *f) {
  if (!f->any) return;
  for (size_t i = LODE_TERMS_ATOMS / 64; i-- > 0;) {
    while (f->here[i] != 0) {
      const unsigned bit = 63u - (unsigned)__builtin_clzll(f->here[i]);
      f->here[i] &= ~(UINT64_C(1) << bit);
      const size_t a = i * 64 + bit;
      const lode_atom *atom = &f->terms->atoms[a];
      if (!atom->first && (f->position == 1 || f->seen[a - 1] != f->position - 1)) continue;
      f->seen[a] = f->position;
      f->start[a] = atom->first ? f->begin[a] : f->start[a - 1];
      if (!atom->last) continue;
      const lode_term_match match = {
          .unit = atom->unit, .begin = f->start[a], .end = f->end[a], .position = f->position};
      f->fn(f->user, &match);
    }
  }
  f->any = false;
}

static void mark(finder *f, const lode_spelling *s, const lode_word *word) {
  const uint64_t bit = UINT64_C(1) << s->atom % 64;
  const bool there = (f->here[s->atom / 64] & bit) != 0;
  if (!there || word->begin < f->begin[s->atom]) f->begin[s->atom] = word->begin;
  if (!there || word->end > f->end[s->atom]) f->end[s->atom] = word->end;
  f->here[s->atom / 64] |= bit;
  f->any = true;
}

static int look_up(void *user, const lode_word *word) {
  finder *f = user;
  if (!word->colocated) {
    end_position(f);
    f->position++;
  }
  const lode_spelling *all = lode_terms_spellings(f->terms);
  int32_t i = f->terms->buckets[bucket_of(word->term, word->size)];
  for (; i >= 0; i = all[i].next) {
    if (all[i].size == word->size && memcmp(all[i].term, word->term, word->size) == 0) {
      mark(f, &all[i], word);
    }
  }
  for (i = f->terms->prefixes; i >= 0; i = all[i].next) {
    if (all[i].size <= word->size && memcmp(all[i].term, word->term, all[i].size) == 0) {
      mark(f, &all[i], word);
    }
  }
  return 0;
}

bool lode_terms_find(const lode_terms *terms, lode_words *words, const char *text, size_t size,
                     lode_language language, lode_term_match_fn *fn, void *user) {
  if (terms->spelling_count == 0) return true;
  finder f = {.terms = terms, .fn = fn, .user = user};
  const lode_words_options options = {
      .mode = LODE_WORDS_DOCUMENT,
      .languages = language != LODE_LANGUAGE_NONE ? LODE_LANGUAGE_BIT(language) : 0};
  if (lode_words_split(words, text, size, &options, look_up, &f) != 0) return false;
  end_position(&f);
  return true;
}
