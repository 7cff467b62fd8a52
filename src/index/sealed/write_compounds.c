/* Names of several words, and where those words follow each other: what a reader would make of
 * their positions (phrase.c), of all names in one walk over all texts. */
#include <stdlib.h>
#include <string.h>

#include "index/sealed/write_parts.h"

enum { NONE = UINT32_MAX, MOST_SPELLINGS = 64 };

/* Documents that have a phrase; the last one is still being counted. */
typedef struct hits {
  lode_chain postings;
  uint32_t document;
  uint32_t before;
  uint32_t often;
} hits;

/* The beginnings of names are a tree of nodes: a step is a word as it is asked for, and is taken by
 * each of its spellings. */
typedef struct step {
  uint32_t from;
  uint32_t term;
  uint32_t to;
  uint32_t next; /* step with the same hash */
} step;

typedef struct steps {
  lode_buffer list; /* step */
  size_t count;
  uint32_t *heads; /* [slots] */
  size_t slots;
} steps;

typedef struct maker {
  lode_gather *g;
  lode_languages languages;
  lode_arena arena;
  hits *compounds;   /* as g->compounds */
  lode_buffer nodes; /* uint32_t: the compound that ends there; NONE */
  size_t node_count;
  steps words;     /* by the word itself: one child each */
  steps spellings; /* by its spellings: a child may have several, and a spelling several children */
  uint32_t *
      *spelled;      /* [term_count] a word's spellings, behind their number; NULL: not yet known */
  lode_buffer here;  /* uint32_t: nodes that a walk has come to */
  lode_buffer ahead; /* [ahead_count] and those of its next step */
  size_t ahead_count;
  /* Of the word that is being spelled: */
  uint32_t found[MOST_SPELLINGS];
  size_t found_count;
  size_t positions;
} maker;

static uint32_t *node_of(const maker *m, uint32_t number) {
  return (uint32_t *)m->nodes.data + number;
}

/* ---------------------------------------------------------------- the tree */

static size_t slot_of(const steps *s, uint32_t from, uint32_t term) {
  uint64_t hash = ((uint64_t)from << 32 | term) * UINT64_C(0x9e3779b97f4a7c15);
  return (size_t)(hash >> 32) & (s->slots - 1);
}

static bool begin_steps(steps *s, size_t expected, lode_arena *arena) {
  s->slots = 1024;
  while (s->slots < expected) s->slots *= 2;
  s->heads = lode_arena_array(arena, s->slots, sizeof *s->heads);
  if (s->heads != NULL) memset(s->heads, 0xff, s->slots * sizeof *s->heads);
  return s->heads != NULL;
}

static const step *first_step(const steps *s, uint32_t from, uint32_t term) {
  const step *list = s->list.data;
  for (uint32_t i = s->heads[slot_of(s, from, term)]; i != NONE; i = list[i].next) {
    if (list[i].from == from && list[i].term == term) return &list[i];
  }
  return NULL;
}

static const step *next_step(const steps *s, const step *at) {
  const step *list = s->list.data;
  for (uint32_t i = at->next; i != NONE; i = list[i].next) {
    if (list[i].from == at->from && list[i].term == at->term) return &list[i];
  }
  return NULL;
}

static bool add_step(steps *s, uint32_t from, uint32_t term, uint32_t to) {
  if (s->count >= NONE ||
      !lode_buffer_reserve(&s->list, s->count + 1, sizeof(step), s->count * sizeof(step))) {
    return false;
  }
  uint32_t *head = &s->heads[slot_of(s, from, term)];
  ((step *)s->list.data)[s->count] = (step){from, term, to, *head};
  *head = (uint32_t)s->count++;
  return true;
}

static bool add_node(maker *m) {
  const size_t used = m->node_count * sizeof(uint32_t);
  if (!lode_buffer_reserve(&m->nodes, m->node_count + 1, sizeof(uint32_t), used)) return false;
  *node_of(m, (uint32_t)m->node_count++) = NONE;
  return true;
}

/* ---------------------------------------------------------------- spellings */

static int take_spelling(void *user, const lode_word *word) {
  maker *m = user;
  if (!word->colocated) m->positions++;
  const uint32_t number = lode_gather_find(m->g, (lode_text){word->term, word->size});
  if (number != NONE && m->found_count < MOST_SPELLINGS) m->found[m->found_count++] = number;
  return 0;
}

/* The terms that a question for the word looks up, as far as there are any. *out[0]: how many; 0:
 * a question takes it for something else. False: out of memory. */
static bool spell(maker *m, uint32_t word, const uint32_t **out) {
  if (m->spelled[word] == NULL) {
    const lode_text text = lode_gather_terms(m->g)[word].text;
    const lode_words_options options = {.mode = LODE_WORDS_QUERY, .languages = m->languages};
    m->found_count = m->positions = 0;
    if (lode_words_split(m->g->words, text.data, text.size, &options, take_spelling, m) != 0) {
      return false;
    }
    const bool same = m->positions == 1 && m->found_count > 0 && m->found[0] == word;
    const size_t count = same ? m->found_count : 0;
    uint32_t *list = lode_arena_array(&m->arena, count + 1, sizeof *list);
    if (list == NULL) return false;
    list[0] = (uint32_t)count;
    if (count > 0) memcpy(list + 1, m->found, count * sizeof *list);
    m->spelled[word] = list;
  }
  *out = m->spelled[word];
  return true;
}

static bool is_ascii(lode_text text) {
  for (size_t i = 0; i < text.size; i++) {
    if ((unsigned char)text.data[i] >= 0x80) return false;
  }
  return true;
}

/* Can all its words be asked for as they are? */
static bool can_be_listed(maker *m, const lode_gathered_compound *c, bool *failed) {
  for (uint32_t i = 0; i < c->count; i++) {
    const uint32_t *spellings;
    if (!is_ascii(lode_gather_terms(m->g)[c->terms[i]].text)) return false;
    if (!spell(m, c->terms[i], &spellings)) {
      *failed = true;
      return false;
    }
    if (spellings[0] == 0) return false;
  }
  return true;
}

static bool plant(maker *m, uint32_t number) {
  const lode_gathered_compound *c = (const lode_gathered_compound *)m->g->compounds.data + number;
  uint32_t at = 0;
  bool failed = false;
  if (!can_be_listed(m, c, &failed)) return !failed;
  for (uint32_t i = 0; i < c->count; i++) {
    const uint32_t word = c->terms[i];
    const step *known = first_step(&m->words, at, word);
    if (known != NULL) {
      at = known->to;
      continue;
    }
    const uint32_t *spellings;
    const uint32_t child = (uint32_t)m->node_count;
    if (!add_node(m) || !spell(m, word, &spellings) || !add_step(&m->words, at, word, child)) {
      return false;
    }
    for (uint32_t s = 1; s <= spellings[0]; s++) {
      if (!add_step(&m->spellings, at, spellings[s], child)) return false;
    }
    at = child;
  }
  *node_of(m, at) = number;
  return true;
}

/* ---------------------------------------------------------------- walking */

static bool end_document(hits *h, lode_arena *arena) {
  if (h->often == 0) return true;
  const uint64_t more = h->document - h->before;
  if (!lode_chain_number(&h->postings, arena, more << 1 | (h->often > 1))) return false;
  if (h->often > 1 && !lode_chain_number(&h->postings, arena, h->often - 2)) return false;
  h->before = h->document;
  h->often = 0;
  return true;
}

static bool hit(maker *m, hits *h, uint32_t document, uint32_t weight) {
  if (h->document != document) {
    if (!end_document(h, &m->arena)) return false;
    h->document = document;
  }
  h->often += weight;
  return true;
}

typedef struct walk {
  uint32_t document;
  uint32_t weight;
} walk;

static bool come_to(maker *m, const walk *w, uint32_t to) {
  uint32_t *ahead = m->ahead.data;
  for (size_t i = 0; i < m->ahead_count; i++) {
    if (ahead[i] == to) return true;
  }
  const size_t used = m->ahead_count * sizeof *ahead;
  if (!lode_buffer_reserve(&m->ahead, m->ahead_count + 1, sizeof *ahead, used)) return false;
  ((uint32_t *)m->ahead.data)[m->ahead_count++] = to;
  const uint32_t number = *node_of(m, to);
  return number == NONE || hit(m, &m->compounds[number], w->document, w->weight);
}

/* From one node on, over the terms of the form that is next. */
static bool walk_on(maker *m, const walk *w, uint32_t from, const lode_gathered_form *form) {
  for (uint32_t t = 0; t < form->count; t++) {
    const step *s = first_step(&m->spellings, from, form->terms[t]);
    for (; s != NULL; s = next_step(&m->spellings, s)) {
      if (!come_to(m, w, s->to)) return false;
    }
  }
  return true;
}

/* The names that begin at forms[0]. */
static bool walk_from(maker *m, const walk *w, const uint32_t *forms, size_t count) {
  m->ahead_count = 0;
  if (!walk_on(m, w, 0, &lode_gather_forms(m->g)[forms[0]])) return false;
  for (size_t d = 1; d < count && m->ahead_count > 0; d++) {
    const lode_buffer here = m->ahead;
    const size_t n = m->ahead_count;
    m->ahead = m->here;
    m->here = here;
    m->ahead_count = 0;
    for (size_t i = 0; i < n; i++) {
      const uint32_t from = ((const uint32_t *)m->here.data)[i];
      if (!walk_on(m, w, from, &lode_gather_forms(m->g)[forms[d]])) return false;
    }
  }
  return true;
}

static bool walk_all(maker *m) {
  static const uint32_t weights[] = {LODE_WEIGHT_TITLE, LODE_WEIGHT_HEADINGS, LODE_WEIGHT_BODY};
  const uint32_t *stream = m->g->stream.data;
  const uint32_t *numbers = m->g->numbers.data;
  walk w = {0};
  size_t at = 0;
  for (size_t i = 0; i < m->g->number_count; i++) {
    w.document = numbers[i];
    for (unsigned column = 0; column < 3; column++) {
      size_t end = at;
      while (stream[end] != LODE_GATHER_COLUMN) end++;
      w.weight = weights[column];
      for (; at < end; at++) {
        if (!walk_from(m, &w, stream + at, end - at)) return false;
      }
      at++;
    }
  }
  for (size_t i = 0; i < m->g->compound_count; i++) {
    if (!end_document(&m->compounds[i], &m->arena)) return false;
  }
  return true;
}

/* ---------------------------------------------------------------- writing */

typedef struct named {
  lode_text key;
  const hits *hits;
} named;

static int by_key(const void *a, const void *b) {
  return lode_key_compare(((const named *)a)->key, ((const named *)b)->key);
}

static bool name_it(maker *m, const lode_gathered_compound *c, lode_text *out) {
  size_t size = 0;
  for (uint32_t i = 0; i < c->count; i++)
    size += lode_gather_terms(m->g)[c->terms[i]].text.size + 1;
  char *key = lode_arena_alloc(&m->arena, size);
  if (key == NULL) return false;
  size_t at = 0;
  for (uint32_t i = 0; i < c->count; i++) {
    const lode_text text = lode_gather_terms(m->g)[c->terms[i]].text;
    if (i > 0) key[at++] = ' ';
    memcpy(key + at, text.data, text.size);
    at += text.size;
  }
  *out = (lode_text){key, at};
  return true;
}

static lode_status write_all(maker *m, lode_cut *cut, lode_error *err) {
  const lode_gathered_compound *compounds = m->g->compounds.data;
  named *list = lode_arena_array(&m->arena, m->g->compound_count, sizeof *list);
  if (list == NULL) return lode_error_nomem(err);
  size_t n = 0;
  for (size_t i = 0; i < m->node_count; i++) {
    const uint32_t number = *node_of(m, (uint32_t)i);
    if (number == NONE) continue;
    list[n].hits = &m->compounds[number];
    if (!name_it(m, &compounds[number], &list[n].key)) return lode_error_nomem(err);
    n++;
  }
  if (n > 0) qsort(list, n, sizeof *list, by_key);
  lode_bytes postings = {0};
  lode_status status = LODE_OK;
  for (size_t i = 0; i < n && status == LODE_OK; i++) {
    postings.size = 0;
    lode_chain_copy(&list[i].hits->postings, &postings);
    status = postings.failed ? lode_error_nomem(err)
                             : lode_cut_add(cut, list[i].key, &postings, true, err);
  }
  lode_bytes_free(&postings);
  return status == LODE_OK ? lode_cut_end(cut, err) : status;
}

static bool make(maker *m) {
  const size_t terms = m->g->term_count;
  const size_t count = m->g->compound_count;
  m->compounds = lode_arena_array(&m->arena, count, sizeof *m->compounds);
  m->spelled = lode_arena_array(&m->arena, terms, sizeof *m->spelled);
  if (m->compounds == NULL || m->spelled == NULL || !add_node(m) ||
      !begin_steps(&m->words, 2 * count, &m->arena) ||
      !begin_steps(&m->spellings, 4 * count, &m->arena)) {
    return false;
  }
  memset(m->compounds, 0, count * sizeof *m->compounds);
  memset(m->spelled, 0, terms * sizeof *m->spelled);
  for (uint32_t i = 0; i < count; i++) {
    if (!plant(m, i)) return false;
  }
  return walk_all(m);
}

lode_status lode_sealed_compounds_write(lode_gather *gather, lode_languages languages,
                                        lode_cut *cut, lode_error *err) {
  if (gather->compound_count == 0) return LODE_OK;
  maker m = {.g = gather, .languages = languages};
  const lode_status status = make(&m) ? write_all(&m, cut, err) : lode_error_nomem(err);
  lode_buffer_free(&m.nodes);
  lode_buffer_free(&m.words.list);
  lode_buffer_free(&m.spellings.list);
  lode_buffer_free(&m.here);
  lode_buffer_free(&m.ahead);
  lode_arena_free(&m.arena);
  return status;
}
