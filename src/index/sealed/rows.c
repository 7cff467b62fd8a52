/* Vectors: the rows of the index as lode_store_vectors, for index/search. */
#include <math.h>
#include <string.h>

#include "index/sealed/reader.h"

/* ---------------------------------------------------------------- files */

/* Of files by document: each has so many. */
static bool read_documents(lode_cursor *c, size_t size, size_t dim, lode_arena *arena, size_t *rows,
                           int64_t **documents) {
  const uint64_t n = lode_cursor_upto(c, size);
  lode_cursor counting = *c;
  *rows = 0;
  for (uint64_t i = 0; i < n && !counting.bad; i++) {
    (void)lode_cursor_number(&counting);
    *rows += (size_t)lode_cursor_upto(&counting, size);
    if (*rows > size) counting.bad = true;
  }
  if (counting.bad || (size_t)(counting.end - counting.at) != *rows * (dim + 4)) c->bad = true;
  if (c->bad) return true;
  *documents = lode_arena_array(arena, *rows, sizeof **documents);
  if (*documents == NULL) return false;
  uint64_t number = 0;
  size_t row = 0;
  for (uint64_t i = 0; i < n && !c->bad; i++) {
    const uint64_t more = lode_cursor_number(c);
    if (more == 0 || more > UINT32_MAX || (number += more) > UINT32_MAX) c->bad = true;
    for (uint64_t k = lode_cursor_number(c); k > 0; k--) (*documents)[row++] = (int64_t)number;
  }
  return true;
}

/* Of lists: each row has its own. */
static bool read_owners(lode_cursor *c, size_t size, size_t dim, lode_arena *arena, size_t *rows,
                        int64_t **documents, uint32_t **ordinals) {
  *rows = (size_t)lode_cursor_upto(c, size / (dim + 4));
  *documents = lode_arena_array(arena, *rows, sizeof **documents);
  *ordinals = lode_arena_array(arena, *rows, sizeof **ordinals);
  if (*documents == NULL || *ordinals == NULL) return false;
  uint64_t number = 0;
  uint64_t ordinal = 0;
  for (size_t i = 0; i < *rows && !c->bad; i++) {
    const uint64_t more = lode_cursor_upto(c, UINT32_MAX);
    const uint64_t next = lode_cursor_upto(c, UINT32_MAX);
    number += more;
    const bool rises = i == 0 || more > 0 || next > 0;
    ordinal = i > 0 && more == 0 ? ordinal + next : next;
    if (number == 0 || number > UINT32_MAX || ordinal > UINT32_MAX || !rises) c->bad = true;
    (*documents)[i] = (int64_t)number;
    (*ordinals)[i] = (uint32_t)ordinal;
  }
  if ((size_t)(c->end - c->at) != *rows * (dim + 4)) c->bad = true;
  return true;
}

lode_status lode_sealed_read_rows(lode_sealed *s, const lode_sealed_entry *entry,
                                  lode_sealed_rows *rows, size_t at, lode_error *err) {
  const size_t dim = s->boot.dim;
  lode_cursor c;
  size_t n = 0;
  int64_t *documents = NULL;
  const lode_status status =
      lode_sealed_get(s, entry, rows->ordinals != NULL ? "LSW1" : "LSV1", &c, err);
  if (status != LODE_OK) return status;
  const size_t size = (size_t)(c.end - c.at);
  const bool read =
      rows->ordinals != NULL
          ? read_owners(&c, size, dim, &rows->arena, &n, &documents, &rows->ordinals[at])
          : read_documents(&c, size, dim, &rows->arena, &n, &documents);
  if (!read) return lode_error_nomem(err);
  if (c.bad) return lode_sealed_damaged(err, entry, "damaged vectors");
  float *scales = lode_arena_array(&rows->arena, n, sizeof *scales);
  if (scales == NULL) return lode_error_nomem(err);
  for (size_t i = 0; i < n; i++) scales[i] = lode_cursor_float(&c);
  lode_store_vectors *v = &rows->vectors;
  ((lode_vectors_segment *)v->segments)[at] =
      (lode_vectors_segment){.count = n, .rows = c.at, .scales = scales};
  ((const int64_t **)v->documents)[at] = documents;
  v->rows += n;
  return LODE_OK;
}

/* ---------------------------------------------------------------- places */

static bool parse_lists(lode_cursor *c, lode_arena *arena, lode_sealed_places *out) {
  out->count = (size_t)lode_cursor_upto(c, (uint64_t)(c->end - c->at) / (LODE_SEALED_NAME + 2));
  uint32_t *centres = lode_arena_array(arena, out->count, sizeof *centres);
  lode_sealed_entry *lists = lode_arena_array(arena, out->count, sizeof *lists);
  if (centres == NULL || lists == NULL) return false;
  uint64_t centre = 0;
  for (size_t i = 0; i < out->count && !c->bad; i++) {
    centre += lode_cursor_upto(c, UINT32_MAX);
    if (centre > UINT32_MAX) c->bad = true;
    const uint8_t *name = lode_cursor_bytes(c, LODE_SEALED_NAME);
    if (name != NULL) memcpy(lists[i].name, name, LODE_SEALED_NAME);
    lists[i].size = (size_t)lode_cursor_upto(c, LODE_SEALED_FILE_MAX);
    centres[i] = (uint32_t)centre;
  }
  out->centres = centres;
  out->lists = lists;
  return true;
}

static bool parse_documents(lode_cursor *c, lode_arena *arena, lode_sealed_places *out) {
  const size_t left = (size_t)(c->end - c->at);
  out->document_count = (size_t)lode_cursor_upto(c, left / 2);
  uint32_t *documents = lode_arena_array(arena, out->document_count, sizeof *documents);
  uint32_t *first = lode_arena_array(arena, out->document_count + 1, sizeof *first);
  uint32_t *listed = lode_arena_array(arena, left, sizeof *listed); /* each has a byte at least */
  if (documents == NULL || first == NULL || listed == NULL) return false;
  uint64_t number = 0;
  size_t used = 0;
  for (size_t i = 0; i < out->document_count && !c->bad; i++) {
    const uint64_t more = lode_cursor_upto(c, UINT32_MAX);
    number += more;
    if (more == 0 || number > UINT32_MAX) c->bad = true;
    documents[i] = (uint32_t)number;
    first[i] = (uint32_t)used;
    const uint64_t n = lode_cursor_upto(c, (uint64_t)(c->end - c->at));
    uint64_t list = 0;
    for (uint64_t k = 0; k < n && !c->bad; k++) {
      const uint64_t step = lode_cursor_upto(c, UINT32_MAX);
      list += step;
      if (list >= out->count || (k > 0 && step == 0)) c->bad = true;
      if (!c->bad) listed[used++] = (uint32_t)list;
    }
  }
  first[out->document_count] = (uint32_t)used;
  out->documents = documents;
  out->first = first;
  out->listed = listed;
  return true;
}

lode_status lode_sealed_read_places(lode_sealed *s, const lode_sealed_places **out,
                                    lode_error *err) {
  *out = s->places;
  if (s->places != NULL) return LODE_OK;
  const lode_sealed_entry *entry = &s->boot.lists[LODE_SEALED_PLACES].list[0];
  lode_cursor c;
  const lode_status status = lode_sealed_get(s, entry, "LSN1", &c, err);
  if (status != LODE_OK) return status;
  lode_arena *arena = &s->places_arena;
  lode_sealed_places *places = lode_arena_alloc(arena, sizeof *places);
  const bool parsed =
      places != NULL && parse_lists(&c, arena, places) && parse_documents(&c, arena, places);
  if (parsed && !c.bad && !lode_cursor_more(&c)) {
    *out = s->places = places;
    return LODE_OK;
  }
  lode_arena_free(arena);
  return parsed ? lode_sealed_damaged(err, entry, "damaged places") : lode_error_nomem(err);
}

size_t lode_sealed_place_of(const lode_sealed_places *places, int64_t document) {
  size_t low = 0;
  size_t high = places->document_count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (places->documents[middle] < (uint64_t)document) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const bool there = low < places->document_count && places->documents[low] == (uint64_t)document;
  return there ? low : SIZE_MAX;
}

/* ---------------------------------------------------------------- all of them */

bool lode_sealed_begin_rows(const lode_sealed *s, size_t n, bool lists, lode_sealed_rows *out) {
  lode_arena *arena = &out->arena;
  lode_arena_free(arena);
  *out = (lode_sealed_rows){.vectors = {.dim = s->boot.dim, .dtype = LODE_DTYPE_I8, .count = n}};
  int64_t *ids = lode_arena_array(arena, n, sizeof *ids);
  out->vectors.segments = lode_arena_array(arena, n, sizeof *out->vectors.segments);
  out->vectors.documents = lode_arena_array(arena, n, sizeof *out->vectors.documents);
  if (lists) out->ordinals = lode_arena_array(arena, n, sizeof *out->ordinals);
  if (ids == NULL || out->vectors.segments == NULL || out->vectors.documents == NULL ||
      (lists && out->ordinals == NULL)) {
    return false;
  }
  for (size_t i = 0; i < n; i++) ids[i] = (int64_t)i + 1;
  out->vectors.ids = ids;
  return true;
}

lode_status lode_sealed_vectors(lode_sealed *s, const lode_store_vectors **out, lode_error *err) {
  const bool lists = lode_sealed_has_lists(s);
  const lode_sealed_places *places = NULL;
  *out = &s->all.vectors;
  s->rows = &s->all;
  if (s->all_there) return LODE_OK;
  lode_status status = lists ? lode_sealed_read_places(s, &places, err) : LODE_OK;
  if (status != LODE_OK) return status;
  const lode_sealed_entries *entries = &s->boot.lists[LODE_SEALED_ROWS];
  const lode_sealed_entry *files = lists ? places->lists : entries->list;
  const size_t n = s->boot.dim == 0 ? 0 : lists ? places->count : entries->count;
  bool missing = false;
  for (size_t i = 0; i < n && status == LODE_OK; i++) {
    status = lode_sealed_ask(s, &files[i], &missing, err);
  }
  if (status != LODE_OK) return status;
  if (missing) return LODE_E_BUSY;
  if (!lode_sealed_begin_rows(s, n, lists, &s->all)) return lode_error_nomem(err);
  for (size_t i = 0; i < n && status == LODE_OK; i++) {
    status = lode_sealed_read_rows(s, &files[i], &s->all, i, err);
  }
  s->all_there = status == LODE_OK;
  return status;
}

/* ---------------------------------------------------------------- a document's */

/* The first row of the document among documents [n], rising; n: none. */
static size_t first_row(const int64_t *documents, size_t n, int64_t id) {
  size_t low = 0;
  size_t high = n;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (documents[middle] < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < n && documents[low] == id ? low : n;
}

/* The segment that has the id; SIZE_MAX: none. */
static size_t segment_of(const lode_store_vectors *v, int64_t id) {
  size_t low = 0;
  size_t high = v->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (v->ids[middle] < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < v->count && v->ids[low] == id ? low : SIZE_MAX;
}

static void find_in_file(const lode_sealed *s, int64_t id, lode_store_chunk *chunks,
                         const bool *has, size_t count) {
  char key[8];
  lode_sealed_number_key((uint64_t)id, key);
  const lode_sealed_entries *entries = &s->boot.lists[LODE_SEALED_ROWS];
  const lode_sealed_entry *entry = lode_sealed_find(entries, (lode_text){key, sizeof key});
  if (entry == NULL) return;
  const lode_store_vectors *v = &s->rows->vectors;
  const size_t at = (size_t)(entry - entries->list);
  size_t row = first_row(v->documents[at], v->segments[at].count, id);
  for (size_t i = 0; i < count; i++) {
    if (!has[i]) continue;
    if (row == v->segments[at].count || v->documents[at][row] != id) break;
    chunks[i].segment = v->ids[at];
    chunks[i].row = (uint32_t)row++;
  }
}

/* The document's rows in one list. chunk_of [vectors]: the chunk that each of its vectors is of. */
static void find_in_list(const lode_sealed_rows *rows, size_t at, int64_t id,
                         lode_store_chunk *chunks, const size_t *chunk_of, size_t vectors) {
  const lode_store_vectors *v = &rows->vectors;
  const int64_t *documents = v->documents[at];
  const size_t n = v->segments[at].count;
  for (size_t row = first_row(documents, n, id); row < n && documents[row] == id; row++) {
    const uint32_t ordinal = rows->ordinals[at][row];
    if (ordinal >= vectors) continue;
    chunks[chunk_of[ordinal]].segment = v->ids[at];
    chunks[chunk_of[ordinal]].row = (uint32_t)row;
  }
}

lode_status lode_sealed_find_rows(lode_sealed *s, int64_t id, lode_store_chunk *chunks,
                                  const bool *has, size_t count, lode_error *err) {
  if (!LODE_MEANING || s->rows == NULL) return LODE_OK;
  if (s->rows->ordinals == NULL) {
    if (s->rows->vectors.count > 0) find_in_file(s, id, chunks, has, count);
    return LODE_OK;
  }
  const lode_sealed_places *p = s->places;
  const size_t place = lode_sealed_place_of(p, id);
  if (place == SIZE_MAX) return LODE_OK;
  lode_arena arena = {0};
  size_t *chunk_of = lode_arena_array(&arena, count, sizeof *chunk_of);
  if (chunk_of == NULL) return lode_error_nomem(err);
  size_t vectors = 0;
  for (size_t i = 0; i < count; i++) {
    if (has[i]) chunk_of[vectors++] = i;
  }
  for (size_t i = p->first[place]; i < p->first[place + 1]; i++) {
    const size_t at = segment_of(&s->rows->vectors, (int64_t)p->listed[i] + 1);
    if (at != SIZE_MAX) find_in_list(s->rows, at, id, chunks, chunk_of, vectors);
  }
  lode_arena_free(&arena);
  return LODE_OK;
}
