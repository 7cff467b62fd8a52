#include "index/sealed/gather.h"

#include <stdlib.h>
#include <string.h>

#include "index/search/corpus.h"

enum { COLUMN_BITS = 2, POSITION_BITS = 30, FORM_TERMS = 64 };

/* ---------------------------------------------------------------- chains */

typedef struct lode_chain_piece {
  struct lode_chain_piece *next;
  size_t used;
  size_t capacity;
  uint8_t data[];
} piece;

bool lode_chain_add(lode_chain *chain, lode_arena *arena, const uint8_t *data, size_t size) {
  while (size > 0) {
    piece *p = chain->last;
    if (p == NULL || p->used == p->capacity) {
      size_t capacity = p == NULL ? 8 : p->capacity * 2;
      if (capacity > 4096) capacity = 4096;
      piece *more = lode_arena_alloc(arena, sizeof *more + capacity);
      if (more == NULL) return false;
      more->capacity = capacity;
      if (p != NULL) p->next = more;
      if (p == NULL) chain->first = more;
      chain->last = p = more;
    }
    const size_t room = p->capacity - p->used;
    const size_t take = size < room ? size : room;
    memcpy(p->data + p->used, data, take);
    p->used += take;
    chain->size += take;
    data += take;
    size -= take;
  }
  return true;
}

bool lode_chain_number(lode_chain *chain, lode_arena *arena, uint64_t value) {
  uint8_t out[LODE_SEALED_NUMBER_MAX];
  return lode_chain_add(chain, arena, out, lode_sealed_number(value, out));
}

void lode_chain_copy(const lode_chain *chain, lode_bytes *out) {
  for (const piece *p = chain->first; p != NULL; p = p->next) lode_bytes_add(out, p->data, p->used);
}

/* ---------------------------------------------------------------- tables */

lode_status lode_gather_begin(lode_gather *g, lode_error *err) {
  return lode_words_new(&g->words, err);
}

void lode_gather_free(lode_gather *g) {
  lode_words_free(g->words);
  lode_arena_free(&g->arena);
  lode_buffer_free(&g->terms);
  lode_buffer_free(&g->forms);
  lode_buffer_free(&g->term_table);
  lode_buffer_free(&g->form_table);
  lode_buffer_free(&g->compounds);
  lode_buffer_free(&g->compound_table);
  lode_buffer_free(&g->stream);
  lode_buffer_free(&g->numbers);
  lode_buffer_free(&g->places);
  lode_buffer_free(&g->touched);
  lode_buffer_free(&g->here);
  *g = (lode_gather){0};
}

static uint64_t mix(uint64_t hash) {
  return hash ^ hash >> 32;
}

static uint64_t term_hash(const lode_gather *g, uint32_t number) {
  const lode_text text = lode_gather_terms(g)[number].text;
  return mix(lode_sealed_hash(text.data, text.size));
}

static uint64_t form_hash(const lode_gather *g, uint32_t number) {
  const lode_gathered_form *form = &lode_gather_forms(g)[number];
  return mix(lode_sealed_hash(form->terms, form->count * sizeof *form->terms));
}

static uint64_t compound_hash(const lode_gather *g, uint32_t number) {
  const lode_gathered_compound *c = (const lode_gathered_compound *)g->compounds.data + number;
  return mix(lode_sealed_hash(c->terms, c->count * sizeof *c->terms));
}

/* A table with room for one more, at most half full. */
static bool grow(lode_gather *g, lode_buffer *table, size_t *slots, size_t count,
                 uint64_t (*hash)(const lode_gather *, uint32_t)) {
  if (2 * (count + 1) <= *slots) return true;
  const size_t more = *slots > 0 ? 2 * *slots : 1024;
  lode_buffer fresh = {0};
  if (!lode_buffer_reserve(&fresh, more, sizeof(uint32_t), 0)) return false;
  uint32_t *list = fresh.data;
  memset(list, 0, more * sizeof *list);
  for (size_t i = 0; i < count; i++) {
    size_t at = (size_t)hash(g, (uint32_t)i) & (more - 1);
    while (list[at] != 0) at = (at + 1) & (more - 1);
    list[at] = (uint32_t)i + 1;
  }
  lode_buffer_free(table);
  *table = fresh;
  *slots = more;
  return true;
}

/* UINT32_MAX: out of memory. */
static uint32_t term_number(lode_gather *g, const char *text, size_t size) {
  if (g->term_count >= UINT32_MAX - 1 ||
      !grow(g, &g->term_table, &g->term_slots, g->term_count, term_hash)) {
    return UINT32_MAX;
  }
  uint32_t *table = g->term_table.data;
  size_t at = (size_t)mix(lode_sealed_hash(text, size)) & (g->term_slots - 1);
  for (; table[at] != 0; at = (at + 1) & (g->term_slots - 1)) {
    const lode_text known = lode_gather_terms(g)[table[at] - 1].text;
    if (known.size == size && memcmp(known.data, text, size) == 0) return table[at] - 1;
  }
  const size_t used = g->term_count * sizeof(lode_gathered_term);
  const char *copy = lode_arena_string(&g->arena, text, size);
  if (copy == NULL ||
      !lode_buffer_reserve(&g->terms, g->term_count + 1, sizeof(lode_gathered_term), used)) {
    return UINT32_MAX;
  }
  lode_gather_terms(g)[g->term_count] = (lode_gathered_term){.text = {copy, size}};
  table[at] = (uint32_t)++g->term_count;
  return table[at] - 1;
}

static uint32_t form_number(lode_gather *g, const uint32_t *terms, size_t count) {
  if (g->form_count >= UINT32_MAX - 1 ||
      !grow(g, &g->form_table, &g->form_slots, g->form_count, form_hash)) {
    return UINT32_MAX;
  }
  uint32_t *table = g->form_table.data;
  const size_t size = count * sizeof *terms;
  size_t at = (size_t)mix(lode_sealed_hash(terms, size)) & (g->form_slots - 1);
  for (; table[at] != 0; at = (at + 1) & (g->form_slots - 1)) {
    const lode_gathered_form *known = &lode_gather_forms(g)[table[at] - 1];
    if (known->count == count && memcmp(known->terms, terms, size) == 0) return table[at] - 1;
  }
  const size_t used = g->form_count * sizeof(lode_gathered_form);
  uint32_t *copy = lode_arena_array(&g->arena, count, sizeof *copy);
  if (copy == NULL ||
      !lode_buffer_reserve(&g->forms, g->form_count + 1, sizeof(lode_gathered_form), used)) {
    return UINT32_MAX;
  }
  memcpy(copy, terms, size);
  lode_gather_forms(g)[g->form_count] =
      (lode_gathered_form){.terms = copy, .count = (uint32_t)count};
  table[at] = (uint32_t)++g->form_count;
  return table[at] - 1;
}

uint32_t lode_gather_find(const lode_gather *g, lode_text term) {
  const uint32_t *table = g->term_table.data;
  if (g->term_slots == 0) return UINT32_MAX;
  size_t at = (size_t)mix(lode_sealed_hash(term.data, term.size)) & (g->term_slots - 1);
  for (; table[at] != 0; at = (at + 1) & (g->term_slots - 1)) {
    const lode_text known = lode_gather_terms(g)[table[at] - 1].text;
    if (known.size == term.size && memcmp(known.data, term.data, term.size) == 0) {
      return table[at] - 1;
    }
  }
  return UINT32_MAX;
}

/* False: out of memory. */
static bool add_compound(lode_gather *g, const uint32_t *terms, size_t count) {
  if (g->compound_count >= UINT32_MAX - 1 ||
      !grow(g, &g->compound_table, &g->compound_slots, g->compound_count, compound_hash)) {
    return false;
  }
  uint32_t *table = g->compound_table.data;
  const lode_gathered_compound *list = g->compounds.data;
  const size_t size = count * sizeof *terms;
  size_t at = (size_t)mix(lode_sealed_hash(terms, size)) & (g->compound_slots - 1);
  for (; table[at] != 0; at = (at + 1) & (g->compound_slots - 1)) {
    const lode_gathered_compound *known = &list[table[at] - 1];
    if (known->count == count && memcmp(known->terms, terms, size) == 0) return true;
  }
  const size_t used = g->compound_count * sizeof *list;
  uint32_t *copy = lode_arena_array(&g->arena, count, sizeof *copy);
  if (copy == NULL ||
      !lode_buffer_reserve(&g->compounds, g->compound_count + 1, sizeof *list, used)) {
    return false;
  }
  memcpy(copy, terms, size);
  ((lode_gathered_compound *)g->compounds.data)[g->compound_count] =
      (lode_gathered_compound){.terms = copy, .count = (uint32_t)count};
  table[at] = (uint32_t)++g->compound_count;
  return true;
}

static bool push_number(lode_buffer *list, size_t *count, uint32_t value) {
  if (!lode_buffer_reserve(list, *count + 1, sizeof value, *count * sizeof value)) return false;
  ((uint32_t *)list->data)[(*count)++] = value;
  return true;
}

/* ---------------------------------------------------------------- a document */

static int rising_u32(const void *a, const void *b) {
  const uint32_t x = *(const uint32_t *)a;
  const uint32_t y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static int rising_u64(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a;
  const uint64_t y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

/* The terms at a position are all there. */
static bool end_position(lode_gather *g) {
  if (g->here_count == 0) return true;
  uint32_t *here = g->here.data;
  if (g->here_count > 1) qsort(here, g->here_count, sizeof *here, rising_u32);
  const uint32_t number = form_number(g, here, g->here_count);
  if (number == UINT32_MAX) return false;
  lode_gathered_form *form = &lode_gather_forms(g)[number];
  if (form->now == 0) {
    const size_t used = g->touched_count * sizeof(uint32_t);
    if (!lode_buffer_reserve(&g->touched, g->touched_count + 1, sizeof(uint32_t), used)) {
      return false;
    }
    ((uint32_t *)g->touched.data)[g->touched_count++] = number;
  }
  form->now += g->weight;
  if (!push_number(&g->stream, &g->stream_count, number)) return false;
  const size_t used = g->place_count * sizeof(uint64_t);
  if (!lode_buffer_reserve(&g->places, g->place_count + g->here_count, sizeof(uint64_t), used)) {
    return false;
  }
  for (size_t i = 0; i < g->here_count; i++) {
    ((uint64_t *)g->places.data)[g->place_count++] =
        (uint64_t)here[i] << (COLUMN_BITS + POSITION_BITS) | (uint64_t)g->column << POSITION_BITS |
        (g->position - 1);
  }
  g->here_count = 0;
  return true;
}

/* The name that the last words were in is over. */
static bool end_name(lode_gather *g) {
  const size_t count = g->part_count;
  g->name_end = g->part_count = 0;
  return count < 2 || count > LODE_SEALED_COMPOUND || add_compound(g, g->parts, count);
}

/* A word of a name begins a position; the name as a whole is beside its first word, and reaches
 * further than that. */
static bool note_name(lode_gather *g, const lode_word *word, uint32_t number) {
  if (word->colocated) {
    if (g->part_count == 1 && g->name_end == 0 && word->end > g->first_end) g->name_end = word->end;
    return true;
  }
  if (word->begin >= g->name_end && !end_name(g)) return false;
  if (g->part_count < LODE_SEALED_COMPOUND) g->parts[g->part_count] = number;
  g->part_count++;
  g->first_end = word->end;
  return true;
}

static int add_word(void *user, const lode_word *word) {
  lode_gather *g = user;
  if (!word->colocated || g->position == 0) {
    if (!end_position(g)) return 1;
    if (g->position == (UINT32_C(1) << POSITION_BITS) - 2) return 2;
    g->position++;
    g->size++;
  }
  const uint32_t number = term_number(g, word->term, word->size);
  const size_t used = g->here_count * sizeof(uint32_t);
  if (number == UINT32_MAX ||
      !lode_buffer_reserve(&g->here, g->here_count + 1, sizeof(uint32_t), used)) {
    return 1;
  }
  if (!note_name(g, word, number)) return 1;
  uint32_t *here = g->here.data;
  for (size_t i = 0; i < g->here_count; i++) {
    if (here[i] == number) return 0;
  }
  if (g->here_count < FORM_TERMS) here[g->here_count++] = number;
  return 0;
}

static bool end_forms(lode_gather *g, uint32_t number) {
  for (size_t i = 0; i < g->touched_count; i++) {
    lode_gathered_form *form = &lode_gather_forms(g)[((const uint32_t *)g->touched.data)[i]];
    const uint64_t more = number - form->last;
    if (!lode_chain_number(&form->postings, &g->arena, more << 1 | (form->now > 1))) return false;
    if (form->now > 1 && !lode_chain_number(&form->postings, &g->arena, form->now - 2)) {
      return false;
    }
    form->last = number;
    form->now = 0;
  }
  g->touched_count = 0;
  return true;
}

/* One term's places[0..n), to its chain. */
static bool end_term(lode_gather *g, const uint64_t *places, size_t n, uint32_t number) {
  const uint64_t position_mask = (UINT64_C(1) << POSITION_BITS) - 1;
  lode_gathered_term *term = &lode_gather_terms(g)[places[0] >> (COLUMN_BITS + POSITION_BITS)];
  unsigned columns = 0;
  for (size_t i = 0; i < n; i++) columns |= 1u << (places[i] >> POSITION_BITS & 3);
  const uint64_t more = number - term->last;
  if (!lode_chain_number(&term->positions, &g->arena, more << 3 | columns)) return false;
  for (size_t i = 0; i < n;) {
    const uint64_t column = places[i] >> POSITION_BITS;
    size_t end = i;
    while (end < n && places[end] >> POSITION_BITS == column) end++;
    if (!lode_chain_number(&term->positions, &g->arena, end - i)) return false;
    uint64_t before = 0;
    for (; i < end; i++) {
      const uint64_t position = places[i] & position_mask;
      if (!lode_chain_number(&term->positions, &g->arena, position - before)) return false;
      before = position;
    }
  }
  term->last = number;
  term->documents++;
  return true;
}

static bool end_terms(lode_gather *g, uint32_t number) {
  uint64_t *places = g->places.data;
  if (g->place_count > 0) qsort(places, g->place_count, sizeof *places, rising_u64);
  for (size_t i = 0; i < g->place_count;) {
    const uint64_t term = places[i] >> (COLUMN_BITS + POSITION_BITS);
    size_t end = i;
    while (end < g->place_count && places[end] >> (COLUMN_BITS + POSITION_BITS) == term) end++;
    if (!end_term(g, places + i, end - i, number)) return false;
    i = end;
  }
  g->place_count = 0;
  return true;
}

lode_status lode_gather_add(lode_gather *g, uint32_t number, lode_language language,
                            const lode_text columns[3], uint32_t *size, lode_error *err) {
  static const uint32_t weights[] = {LODE_WEIGHT_TITLE, LODE_WEIGHT_HEADINGS, LODE_WEIGHT_BODY};
  const lode_words_options options = {.mode = LODE_WORDS_DOCUMENT,
                                      .languages = LODE_LANGUAGE_BIT(language)};
  g->size = 0;
  for (unsigned column = 0; column < 3; column++) {
    g->column = column;
    g->weight = weights[column];
    g->position = 0;
    g->here_count = 0;
    const int result = lode_words_split(g->words, columns[column].data, columns[column].size,
                                        &options, add_word, g);
    if (result == 2) {
      return lode_error_set(err, LODE_E_UNSUPPORTED, number, -1, "a document has too many words");
    }
    if (result != 0 || !end_position(g) || !end_name(g) ||
        !push_number(&g->stream, &g->stream_count, LODE_GATHER_COLUMN)) {
      return lode_error_nomem(err);
    }
  }
  if (!push_number(&g->numbers, &g->number_count, number)) return lode_error_nomem(err);
  if (!end_forms(g, number) || !end_terms(g, number)) return lode_error_nomem(err);
  g->total += g->size;
  g->last = number;
  *size = g->size;
  return LODE_OK;
}

/* ---------------------------------------------------------------- orders */

typedef struct keyed {
  lode_text text;
  uint32_t number;
} keyed;

static int by_text(const void *a, const void *b) {
  return lode_key_compare(((const keyed *)a)->text, ((const keyed *)b)->text);
}

static bool order_terms(lode_gather *g) {
  keyed *list = malloc((g->term_count + 1) * sizeof *list);
  uint32_t *order = lode_arena_array(&g->arena, g->term_count, sizeof *order);
  if (list == NULL || order == NULL) {
    free(list);
    return false;
  }
  lode_gathered_term *terms = lode_gather_terms(g);
  for (size_t i = 0; i < g->term_count; i++) list[i] = (keyed){terms[i].text, (uint32_t)i};
  qsort(list, g->term_count, sizeof *list, by_text);
  for (size_t i = 0; i < g->term_count; i++) {
    order[i] = list[i].number;
    terms[order[i]].rank = (uint32_t)i;
  }
  g->order = order;
  free(list);
  return true;
}

/* A form as the ranks of its terms, so that the order of forms is the same whatever order they were
 * found in. */
typedef struct ranked {
  uint32_t *ranks;
  uint32_t count;
  uint32_t number;
} ranked;

static int by_ranks(const void *a, const void *b) {
  const ranked *x = a;
  const ranked *y = b;
  for (uint32_t i = 0; i < x->count && i < y->count; i++) {
    if (x->ranks[i] != y->ranks[i]) return x->ranks[i] < y->ranks[i] ? -1 : 1;
  }
  return (x->count > y->count) - (x->count < y->count);
}

static bool rank_forms(lode_gather *g, ranked *list) {
  for (size_t i = 0; i < g->form_count; i++) {
    const lode_gathered_form *form = &lode_gather_forms(g)[i];
    uint32_t *ranks = lode_arena_array(&g->arena, form->count, sizeof *ranks);
    if (ranks == NULL) return false;
    for (uint32_t t = 0; t < form->count; t++) {
      ranks[t] = lode_gather_terms(g)[form->terms[t]].rank;
    }
    qsort(ranks, form->count, sizeof *ranks, rising_u32);
    list[i] = (ranked){ranks, form->count, (uint32_t)i};
  }
  qsort(list, g->form_count, sizeof *list, by_ranks);
  return true;
}

/* The forms of each term. */
static bool list_forms(lode_gather *g) {
  ranked *list = malloc((g->form_count + 1) * sizeof *list);
  size_t total = 0;
  for (size_t i = 0; i < g->form_count; i++) total += lode_gather_forms(g)[i].count;
  uint32_t *term_forms = lode_arena_array(&g->arena, total, sizeof *term_forms);
  if (list == NULL || term_forms == NULL || total > UINT32_MAX || !rank_forms(g, list)) {
    free(list);
    return false;
  }
  lode_gathered_term *terms = lode_gather_terms(g);
  for (size_t i = 0; i < g->form_count; i++) {
    const lode_gathered_form *form = &lode_gather_forms(g)[i];
    for (uint32_t t = 0; t < form->count; t++) terms[form->terms[t]].form_count++;
  }
  uint32_t first = 0;
  for (size_t i = 0; i < g->term_count; i++) {
    terms[i].first_form = first;
    first += terms[i].form_count;
    terms[i].form_count = 0;
  }
  for (size_t i = 0; i < g->form_count; i++) {
    const lode_gathered_form *form = &lode_gather_forms(g)[list[i].number];
    for (uint32_t t = 0; t < form->count; t++) {
      lode_gathered_term *term = &terms[form->terms[t]];
      term_forms[term->first_form + term->form_count++] = list[i].number;
    }
  }
  g->term_forms = term_forms;
  free(list);
  return true;
}

lode_status lode_gather_finish(lode_gather *g, lode_error *err) {
  return order_terms(g) && list_forms(g) ? LODE_OK : lode_error_nomem(err);
}
