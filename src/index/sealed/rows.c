/* Vectors: the rows of the index as lode_store_vectors, for index/search. */
#include <math.h>
#include <string.h>

#include "index/sealed/reader.h"

/* One file's rows. `c` is behind its kind. */
static lode_status read_segment(const lode_sealed *s, const lode_sealed_entry *entry, lode_cursor c,
                                lode_arena *arena, lode_vectors_segment *out, int64_t **documents,
                                lode_error *err) {
  const uint64_t n = lode_cursor_upto(&c, (uint64_t)(c.end - c.at));
  lode_cursor counting = c;
  size_t rows = 0;
  for (uint64_t i = 0; i < n && !counting.bad; i++) {
    (void)lode_cursor_number(&counting);
    rows += (size_t)lode_cursor_upto(&counting, (uint64_t)(c.end - c.at));
    if (rows > (size_t)(c.end - c.at)) counting.bad = true;
  }
  if (counting.bad || (size_t)(counting.end - counting.at) != rows * (s->boot.dim + 4)) {
    return lode_sealed_damaged(err, entry, "damaged vectors");
  }
  *documents = lode_arena_array(arena, rows, sizeof **documents);
  float *scales = lode_arena_array(arena, rows, sizeof *scales);
  if (*documents == NULL || scales == NULL) return lode_error_nomem(err);
  uint64_t number = 0;
  size_t row = 0;
  for (uint64_t i = 0; i < n; i++) {
    const uint64_t more = lode_cursor_number(&c);
    if (more == 0 || more > UINT32_MAX || (number += more) > UINT32_MAX) {
      return lode_sealed_damaged(err, entry, "damaged vectors");
    }
    for (uint64_t k = lode_cursor_number(&c); k > 0; k--) (*documents)[row++] = (int64_t)number;
  }
  for (size_t i = 0; i < rows; i++) scales[i] = lode_cursor_float(&c);
  *out = (lode_vectors_segment){.count = rows, .rows = c.at, .scales = scales};
  return LODE_OK;
}

lode_status lode_sealed_vectors(lode_sealed *s, const lode_store_vectors **out, lode_error *err) {
  *out = &s->vectors;
  if (s->vectors_there) return LODE_OK;
  const lode_sealed_entries *entries = &s->boot.lists[LODE_SEALED_ROWS];
  const size_t n = s->boot.dim > 0 ? entries->count : 0;
  bool missing = false;
  for (size_t i = 0; i < n; i++) {
    const lode_status status = lode_sealed_ask(s, &entries->list[i], &missing, err);
    if (status != LODE_OK) return status;
  }
  if (missing) return LODE_E_BUSY;
  lode_arena_free(&s->vectors_arena);
  lode_arena *arena = &s->vectors_arena;
  lode_vectors_segment *segments = lode_arena_array(arena, n, sizeof *segments);
  int64_t *ids = lode_arena_array(arena, n, sizeof *ids);
  int64_t **documents = lode_arena_array(arena, n, sizeof *documents);
  if (segments == NULL || ids == NULL || documents == NULL) return lode_error_nomem(err);
  size_t rows = 0;
  for (size_t i = 0; i < n; i++) {
    lode_cursor c;
    lode_status status = lode_sealed_get(s, &entries->list[i], "LSV1", &c, err);
    if (status == LODE_OK) {
      status = read_segment(s, &entries->list[i], c, arena, &segments[i], &documents[i], err);
    }
    if (status != LODE_OK) return status;
    ids[i] = (int64_t)i + 1;
    rows += segments[i].count;
  }
  s->vectors = (lode_store_vectors){.dim = s->boot.dim,
                                    .dtype = LODE_DTYPE_I8,
                                    .rows = rows,
                                    .count = n,
                                    .segments = segments,
                                    .ids = ids,
                                    .documents = (const int64_t *const *)documents};
  s->vectors_there = true;
  return LODE_OK;
}

lode_status lode_sealed_rows_of(const lode_sealed *s, int64_t id, int64_t *segment, uint32_t *row) {
  *segment = 0;
  *row = 0;
  if (!s->vectors_there) return LODE_OK;
  char key[8];
  lode_sealed_number_key((uint64_t)id, key);
  const lode_sealed_entries *entries = &s->boot.lists[LODE_SEALED_ROWS];
  const lode_sealed_entry *entry = lode_sealed_find(entries, (lode_text){key, sizeof key});
  if (entry == NULL) return LODE_OK;
  const size_t at = (size_t)(entry - entries->list);
  const int64_t *documents = s->vectors.documents[at];
  size_t low = 0;
  size_t high = s->vectors.segments[at].count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (documents[middle] < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low < s->vectors.segments[at].count && documents[low] == id) {
    *segment = (int64_t)at + 1;
    *row = (uint32_t)low;
  }
  return LODE_OK;
}
