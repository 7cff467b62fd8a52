/* Terms and their postings, and lists for beginnings that many words have. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "index/sealed/reader.h"
#include "index/sealed/write_parts.h"

/* Words with one beginning whose entries have more bytes together have a list of their own: then
 * that is fetched, and not they. */
enum { LISTED_BYTES = 48 << 10, KEYS_TARGET = 1536 };

static int rising(const void *a, const void *b) {
  const uint32_t x = *(const uint32_t *)a;
  const uint32_t y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* ---------------------------------------------------------------- entries */

/* The form's other terms by bytes, then its postings. */
static void write_form(const lode_gather *g, const lode_gathered_term *term, uint32_t number,
                       lode_bytes *out) {
  const lode_gathered_form *form = &lode_gather_forms(g)[number];
  lode_text before = term->text;
  uint32_t ranks[64];
  uint32_t n = 0;
  for (uint32_t i = 0; i < form->count && n < 64; i++) {
    const lode_gathered_term *other = &lode_gather_terms(g)[form->terms[i]];
    if (other != term) ranks[n++] = other->rank;
  }
  qsort(ranks, n, sizeof *ranks, rising);
  lode_bytes_number(out, n);
  for (uint32_t i = 0; i < n; i++) {
    const lode_text text = lode_gather_terms(g)[g->order[ranks[i]]].text;
    lode_bytes_rest(out, before, text);
    before = text;
  }
  lode_bytes_number(out, form->postings.size);
  lode_chain_copy(&form->postings, out);
}

static void write_term(const lode_gather *g, const lode_gathered_term *term, lode_bytes *out) {
  out->size = 0;
  lode_bytes_number(out, term->documents);
  lode_bytes_number(out, term->form_count);
  for (uint32_t i = 0; i < term->form_count; i++) {
    write_form(g, term, g->term_forms[term->first_form + i], out);
  }
}

/* ---------------------------------------------------------------- beginnings */

/* A beginning whose words are being gone through, and its list if it came to have one. */
typedef struct level {
  size_t size; /* bytes of the beginning */
  size_t first;
  size_t bytes; /* of all entries so far */
} level;

typedef struct listed {
  size_t first; /* the first word, in order */
  size_t size;
  lode_bytes content;
} listed;

typedef struct beginnings {
  lode_gather *g;
  int64_t documents;
  level levels[LODE_TERM_MAX + 1];
  size_t depth;
  lode_buffer lists; /* listed */
  size_t count;
  uint32_t *often; /* [last document + 1] */
  uint32_t *touched;
  size_t touched_count;
  uint32_t mark;
} beginnings;

static void add_form(beginnings *b, uint32_t number, lode_bytes *scratch) {
  lode_gathered_form *form = &lode_gather_forms(b->g)[number];
  if (form->mark == b->mark) return;
  form->mark = b->mark;
  scratch->size = 0;
  lode_chain_copy(&form->postings, scratch);
  lode_cursor c = lode_cursor_of(lode_bytes_data(scratch), scratch->size);
  uint64_t document = 0;
  while (lode_cursor_more(&c)) {
    const uint64_t value = lode_cursor_number(&c);
    const uint64_t often = (value & 1) != 0 ? lode_cursor_number(&c) + 2 : 1;
    document += value >> 1;
    if (b->often[document] == 0) b->touched[b->touched_count++] = (uint32_t)document;
    b->often[document] += (uint32_t)often;
  }
}

static void write_posting(uint64_t more, uint32_t often, lode_bytes *out) {
  lode_bytes_number(out, more << 1 | (often > 1));
  if (often > 1) lode_bytes_number(out, often - 2);
}

/* The list of all words first .. end - 1. */
static void write_list(beginnings *b, size_t first, size_t end, lode_bytes *out) {
  lode_bytes scratch = {0};
  int64_t documents = 0;
  b->mark++;
  b->touched_count = 0;
  for (size_t i = first; i < end; i++) {
    const lode_gathered_term *term = &lode_gather_terms(b->g)[b->g->order[i]];
    if (i - first < LODE_PREFIX_TERMS) documents += term->documents;
    for (uint32_t f = 0; f < term->form_count; f++) {
      add_form(b, b->g->term_forms[term->first_form + f], &scratch);
    }
  }
  if (end - first >= LODE_PREFIX_TERMS || documents > b->documents) documents = b->documents;
  lode_bytes_number(out, (uint64_t)documents);
  qsort(b->touched, b->touched_count, sizeof *b->touched, rising);
  uint32_t before = 0;
  for (size_t i = 0; i < b->touched_count; i++) {
    const uint32_t document = b->touched[i];
    write_posting(document - before, b->often[document], out);
    b->often[document] = 0;
    before = document;
  }
  out->failed = out->failed || scratch.failed;
  lode_bytes_free(&scratch);
}

/* The deepest level has all its words, up to `end`. */
static bool end_level(beginnings *b, size_t end) {
  const level *l = &b->levels[--b->depth];
  size_t bytes = l->bytes;
  if (bytes >= LISTED_BYTES) {
    const size_t used = b->count * sizeof(listed);
    if (!lode_buffer_reserve(&b->lists, b->count + 1, sizeof(listed), used)) return false;
    listed *list = (listed *)b->lists.data + b->count++;
    *list = (listed){.first = l->first, .size = l->size};
    write_list(b, l->first, end, &list->content);
    if (list->content.failed) return false;
    bytes += list->content.size;
  }
  if (b->depth > 0) b->levels[b->depth - 1].bytes += bytes;
  return true;
}

/* Bytes of the common beginning, at a character. */
static size_t common_size(lode_text a, lode_text b) {
  size_t n = 0;
  while (n < a.size && n < b.size && a.data[n] == b.data[n]) n++;
  while (n > 0 && n < b.size && ((unsigned char)b.data[n] & 0xc0) == 0x80) n--;
  return n;
}

static bool find_beginnings(beginnings *b, lode_bytes *scratch) {
  const lode_gather *g = b->g;
  lode_text before = {"", 0};
  for (size_t i = 0; i < g->term_count; i++) {
    const lode_gathered_term *term = &lode_gather_terms(g)[g->order[i]];
    const size_t common = common_size(before, term->text);
    while (b->depth > 0 && b->levels[b->depth - 1].size > common) {
      if (!end_level(b, i)) return false;
    }
    const char *p = term->text.data + common;
    while (p < term->text.data + term->text.size) {
      (void)lode_utf8_next(&p);
      b->levels[b->depth++] =
          (level){.size = (size_t)(p - term->text.data), .first = i, .bytes = 0};
    }
    write_term(g, term, scratch);
    if (scratch->failed) return false;
    b->levels[b->depth - 1].bytes += scratch->size + 4;
    before = term->text;
  }
  while (b->depth > 0) {
    if (!end_level(b, g->term_count)) return false;
  }
  return true;
}

static int by_key(const void *a, const void *b) {
  const listed *x = a;
  const listed *y = b;
  if (x->first != y->first) return x->first < y->first ? -1 : 1;
  return (x->size > y->size) - (x->size < y->size);
}

/* ---------------------------------------------------------------- writing */

static lode_status write_keys(const lode_sealed_keys *keys, lode_cut *cut, lode_bytes *scratch,
                              lode_error *err) {
  const lode_sealed_listed_key *list = keys->list.data;
  for (size_t i = 0; i < keys->count;) {
    uint32_t before = 0;
    scratch->size = 0;
    size_t end = i;
    for (; end < keys->count && lode_key_compare(list[end].key, list[i].key) == 0; end++) {
      write_posting(list[end].document - before, 1, scratch);
      before = list[end].document;
    }
    const lode_status status = lode_cut_add(cut, list[i].key, scratch, true, err);
    if (status != LODE_OK) return status;
    i = end;
  }
  return LODE_OK;
}

static lode_status write_words(beginnings *b, lode_cut *cut, lode_bytes *scratch, lode_error *err) {
  const lode_gather *g = b->g;
  const listed *lists = b->lists.data;
  size_t next = 0;
  lode_status status = LODE_OK;
  for (size_t i = 0; i < g->term_count && status == LODE_OK; i++) {
    const lode_gathered_term *term = &lode_gather_terms(g)[g->order[i]];
    bool written = false;
    /* A beginning comes before the words that are longer, and behind the one that is it. */
    for (;;) {
      const bool list = next < b->count && lists[next].first == i;
      if (!written && (!list || lists[next].size == term->text.size)) {
        write_term(g, term, scratch);
        status = lode_cut_add(cut, term->text, scratch, true, err);
        written = true;
        if (status != LODE_OK) return status;
      }
      if (!list) break;
      char key[LODE_TERM_MAX + 1];
      status = lode_cut_add(cut, lode_sealed_begin_key(term->text.data, lists[next].size, key),
                            &lists[next].content, true, err);
      if (status != LODE_OK) return status;
      next++;
    }
  }
  return status;
}

lode_status lode_sealed_terms_write(const lode_gather *gather, const lode_sealed_keys *keys,
                                    int64_t documents, lode_cut *cut, lode_error *err) {
  beginnings *b = calloc(1, sizeof *b);
  if (b == NULL) return lode_error_nomem(err);
  lode_gather copy = *gather;
  b->g = &copy;
  b->documents = documents;
  b->often = calloc((size_t)gather->last + 1, sizeof *b->often);
  b->touched = calloc((size_t)documents + 1, sizeof *b->touched);
  lode_bytes scratch = {0};
  lode_status status = LODE_OK;
  if (b->often == NULL || b->touched == NULL || !find_beginnings(b, &scratch)) {
    status = lode_error_nomem(err);
  }
  if (b->count > 0) qsort(b->lists.data, b->count, sizeof(listed), by_key);
  /* Every question looks for one of these, most often for none that there is. */
  const size_t target = cut->target;
  cut->target = KEYS_TARGET;
  if (status == LODE_OK) status = write_keys(keys, cut, &scratch, err);
  if (status == LODE_OK) status = lode_cut_end(cut, err);
  cut->target = target;
  if (status == LODE_OK) status = write_words(b, cut, &scratch, err);
  if (status == LODE_OK) status = lode_cut_end(cut, err);
  for (size_t i = 0; i < b->count; i++) lode_bytes_free(&((listed *)b->lists.data)[i].content);
  lode_buffer_free(&b->lists);
  lode_bytes_free(&scratch);
  free(b->often);
  free(b->touched);
  free(b);
  return status;
}
