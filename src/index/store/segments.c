/* Rows of vectors: in memory until a segment is full or the transaction ends, then in two tables.
 * A segment's blob never changes; what changes is which of its rows are dead.
 *
 *   table vectors, data of a segment of n rows, little-endian:
 *   offset                         size              meaning
 *   0                              8 n               int64: the document that each row belongs to
 *   8 n                            code_size n       codes, lode_vectors_code_size(dim) each
 *   + code_size n                  4 n, or 0         float: scales, for rows of int8
 *   + 4 n                          row_size n        rows: int8 or float [dim] */
#include <stdlib.h>
#include <string.h>

#include "index/store/parts.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "segments are written as they are in memory: this needs a little-endian machine"
#endif

lode_store_layout lode_store_layout_of(const lode_store *store, size_t count) {
  lode_store_layout l;
  l.codes = count * sizeof(int64_t);
  l.scales = l.codes + count * lode_vectors_code_size((size_t)store->meta.dim);
  l.rows = l.scales + count * lode_store_scale_size(store);
  l.size = l.rows + count * lode_store_row_size(store);
  return l;
}

/* ---------------------------------------------------------------- dead rows */

static bool bit_get(const uint8_t *bits, size_t i) {
  return (bits[i / 8] >> i % 8 & 1) != 0;
}

static void bit_set(uint8_t *bits, size_t i) {
  bits[i / 8] |= (uint8_t)(1u << i % 8);
}

static size_t bits_count(const uint8_t *bits, size_t n) {
  size_t count = 0;
  for (size_t i = 0; i < n; i++) count += bit_get(bits, i);
  return count;
}

lode_status lode_store_segment_read(lode_sql *q, lode_store_segment *out, lode_error *err) {
  int64_t count = 0;
  int64_t live = 0;
  lode_store_segment s = {0};
  lode_status status = lode_sql_get_int(q, 0, "segment.id", 1, INT64_MAX, &s.id, err);
  if (status == LODE_OK)
    status = lode_sql_get_int(q, 1, "segment.stamp", INT64_MIN, INT64_MAX, &s.stamp, err);
  if (status == LODE_OK)
    status = lode_sql_get_int(q, 2, "segment.count", 1, LODE_STORE_SEGMENT_ROWS, &count, err);
  if (status == LODE_OK) status = lode_sql_get_int(q, 3, "segment.live", 0, count, &live, err);
  if (status == LODE_OK && !lode_sql_is_null(q, 4)) {
    const void *dead = NULL;
    status = lode_sql_get_blob(q, 4, "segment.dead", ((size_t)count + 7) / 8, &dead, err);
    s.dead = dead;
  }
  if (status != LODE_OK) return status;
  s.count = (size_t)count;
  s.live = (size_t)live;
  if (s.count - (s.dead != NULL ? bits_count(s.dead, s.count) : 0) != s.live) {
    return lode_store_damaged(q->store, err, "segment %lld does not have %zu rows that live",
                              (long long)s.id, s.live);
  }
  *out = s;
  return LODE_OK;
}

static lode_status find_segment(lode_store *store, lode_sql *q, int64_t id, lode_store_segment *out,
                                lode_error *err) {
  *q = lode_sql_open(store, LODE_SQL_SEGMENT_GET);
  lode_sql_int(q, id);
  bool row;
  const lode_status status = lode_sql_step(q, &row, err);
  if (status != LODE_OK) return status;
  if (!row) return lode_store_damaged(store, err, "segment %lld is missing", (long long)id);
  return lode_store_segment_read(q, out, err);
}

lode_status lode_store_segment_data(lode_store *store, int64_t id, size_t size, void *out,
                                    lode_error *err) {
  sqlite3_blob *blob = NULL;
  int rc = sqlite3_blob_open(store->db, "main", "vectors", "data", id, 0, &blob);
  lode_status status = LODE_OK;
  if (rc == SQLITE_ERROR || (rc == SQLITE_OK && (size_t)sqlite3_blob_bytes(blob) != size)) {
    status = lode_store_damaged(store, err, "segment %lld does not have vectors of %zu bytes",
                                (long long)id, size);
  } else {
    if (rc == SQLITE_OK) rc = sqlite3_blob_read(blob, out, (int)size, 0);
    if (rc != SQLITE_OK) status = lode_sql_fail(store, rc, err);
  }
  (void)sqlite3_blob_close(blob);
  return status;
}

lode_status lode_store_row_kill(lode_store *store, int64_t segment, uint32_t row, lode_error *err) {
  store->vectors_changed = true;
  lode_store_pending *p = &store->pending;
  if (segment == p->id) {
    if (row >= p->count || bit_get(p->dead, row))
      return lode_store_damaged(store, err, "row %u of segment %lld is not there", row,
                                (long long)segment);
    bit_set(p->dead, row);
    p->live--;
    return LODE_OK;
  }
  const size_t n = store->death_count;
  const size_t size = sizeof(lode_store_death);
  if (!lode_buffer_reserve(&store->deaths, n + 1, size, n * size)) return lode_error_nomem(err);
  ((lode_store_death *)store->deaths.data)[n] = (lode_store_death){segment, row};
  store->death_count++;
  return LODE_OK;
}

static int by_place(const void *a, const void *b) {
  const lode_store_death *x = a;
  const lode_store_death *y = b;
  if (x->segment != y->segment) return x->segment < y->segment ? -1 : 1;
  return x->row < y->row ? -1 : x->row > y->row;
}

/* Rows of one segment. */
static lode_status bury(lode_store *store, const lode_store_death *deaths, size_t n,
                        lode_error *err) {
  lode_sql q;
  lode_store_segment s = {0};
  uint8_t dead[LODE_STORE_SEGMENT_ROWS / 8] = {0};
  lode_status status = find_segment(store, &q, deaths->segment, &s, err);
  if (status == LODE_OK && s.dead != NULL) memcpy(dead, s.dead, (s.count + 7) / 8);
  lode_sql_close(&q);
  if (status != LODE_OK) return status;
  for (size_t i = 0; i < n; i++) {
    if (deaths[i].row >= s.count || bit_get(dead, deaths[i].row)) {
      return lode_store_damaged(store, err, "row %u of segment %lld is not there", deaths[i].row,
                                (long long)s.id);
    }
    bit_set(dead, deaths[i].row);
  }
  store->meta.vectors -= (int64_t)n;
  store->meta.dead += (int64_t)n;
  q = lode_sql_open(store, LODE_SQL_SEGMENT_DEAD);
  lode_sql_int(&q, s.id);
  lode_sql_int(&q, (int64_t)(s.live - n));
  lode_sql_blob(&q, dead, (s.count + 7) / 8);
  return lode_sql_run(&q, err);
}

static lode_status bury_all(lode_store *store, lode_error *err) {
  const size_t n = store->death_count;
  lode_store_death *deaths = store->deaths.data;
  if (n > 1) qsort(deaths, n, sizeof *deaths, by_place);
  lode_status status = LODE_OK;
  for (size_t i = 0; i < n && status == LODE_OK;) {
    size_t end = i + 1;
    while (end < n && deaths[end].segment == deaths[i].segment) end++;
    status = bury(store, deaths + i, end - i, err);
    i = end;
  }
  store->death_count = 0;
  return status;
}

/* ---------------------------------------------------------------- new rows */

void lode_store_segments_forget(lode_store *store) {
  store->pending.id = 0;
  store->pending.count = 0;
  store->pending.live = 0;
  memset(store->pending.dead, 0, sizeof store->pending.dead);
  store->death_count = 0;
}

static bool reserve_more(lode_buffer *buffer, size_t n, size_t size) {
  return size == 0 || lode_buffer_reserve(buffer, n + 1, size, n * size);
}

static void append(uint8_t *blob, size_t at, const lode_buffer *from, size_t size) {
  if (size > 0) memcpy(blob + at, from->data, size);
}

/* The segment as it is in the file, in store->scratch. */
static lode_status assemble(lode_store *store, const lode_store_layout *l, lode_error *err) {
  const lode_store_pending *p = &store->pending;
  if (!lode_buffer_reserve(&store->scratch, l->size, 1, 0)) return lode_error_nomem(err);
  append(store->scratch.data, 0, &p->documents, l->codes);
  append(store->scratch.data, l->codes, &p->codes, l->scales - l->codes);
  append(store->scratch.data, l->scales, &p->scales, l->rows - l->scales);
  append(store->scratch.data, l->rows, &p->rows, l->size - l->rows);
  return LODE_OK;
}

/* Write the pending segment; nothing of it is left behind. */
static lode_status flush(lode_store *store, lode_error *err) {
  lode_store_pending *p = &store->pending;
  if (p->id == 0 || p->live == 0) { /* nothing refers to it */
    const size_t deaths = store->death_count;
    lode_store_segments_forget(store);
    store->death_count = deaths;
    return LODE_OK;
  }
  const lode_store_layout l = lode_store_layout_of(store, p->count);
  lode_status status = assemble(store, &l, err);
  if (status != LODE_OK) return status;
  int64_t stamp;
  sqlite3_randomness(sizeof stamp, &stamp);
  lode_sql q = lode_sql_open(store, LODE_SQL_SEGMENT_INSERT);
  lode_sql_int(&q, p->id);
  lode_sql_int(&q, stamp);
  lode_sql_int(&q, (int64_t)p->count);
  lode_sql_int(&q, (int64_t)p->live);
  if (p->live < p->count) {
    lode_sql_blob(&q, p->dead, (p->count + 7) / 8);
  } else {
    lode_sql_null(&q);
  }
  status = lode_sql_run(&q, err);
  if (status != LODE_OK) return status;
  q = lode_sql_open(store, LODE_SQL_VECTORS_INSERT);
  lode_sql_int(&q, p->id);
  lode_sql_blob(&q, store->scratch.data, l.size);
  status = lode_sql_run(&q, err);
  if (status != LODE_OK) return status;
  store->meta.segments++;
  store->meta.vectors += (int64_t)p->live;
  store->meta.dead += (int64_t)(p->count - p->live);
  const size_t deaths = store->death_count;
  lode_store_segments_forget(store);
  store->death_count = deaths;
  return LODE_OK;
}

/* Room for one more row, in a segment that has a number. */
static lode_status make_room(lode_store *store, lode_error *err) {
  lode_store_pending *p = &store->pending;
  if (p->count == LODE_STORE_SEGMENT_ROWS) {
    const lode_status status = flush(store, err);
    if (status != LODE_OK) return status;
  }
  if (p->id == 0) {
    if (store->meta.last_segment >= INT64_MAX - 2)
      return lode_store_damaged(store, err, "segments have no numbers left");
    p->id = ++store->meta.last_segment;
  }
  const size_t code = lode_vectors_code_size((size_t)store->meta.dim);
  if (!reserve_more(&p->documents, p->count, sizeof(int64_t)) ||
      !reserve_more(&p->codes, p->count, code) ||
      !reserve_more(&p->scales, p->count, lode_store_scale_size(store)) ||
      !reserve_more(&p->rows, p->count, lode_store_row_size(store))) {
    return lode_error_nomem(err);
  }
  return LODE_OK;
}

/* The row that make_room made room for. */
typedef struct place {
  int64_t *document;
  uint8_t *code;
  float *scale; /* NULL for f32 */
  void *row;
} place;

static place place_of(lode_store *store, size_t at) {
  lode_store_pending *p = &store->pending;
  place out = {
      .document = (int64_t *)p->documents.data + at,
      .code = (uint8_t *)p->codes.data + at * lode_vectors_code_size((size_t)store->meta.dim),
      .row = (uint8_t *)p->rows.data + at * lode_store_row_size(store),
  };
  if (lode_store_scale_size(store) > 0) out.scale = (float *)p->scales.data + at;
  return out;
}

static void take_row(lode_store *store, int64_t document, int64_t *segment, uint32_t *row) {
  lode_store_pending *p = &store->pending;
  *place_of(store, p->count).document = document;
  *segment = p->id;
  *row = (uint32_t)p->count;
  p->count++;
  p->live++;
  store->vectors_changed = true;
}

lode_status lode_store_row_add(lode_store *store, int64_t document, const float *vector,
                               int64_t *segment, uint32_t *row, lode_error *err) {
  const lode_status status = make_room(store, err);
  if (status != LODE_OK) return status;
  const place to = place_of(store, store->pending.count);
  const size_t dim = (size_t)store->meta.dim;
  const bool finite =
      lode_vectors_encode(dim, vector, to.scale != NULL ? to.row : NULL, to.scale, to.code);
  if (!finite) return lode_store_error(store, err, LODE_E_ARG, -1, -1, "a vector is not finite");
  if (to.scale == NULL) memcpy(to.row, vector, dim * sizeof(float));
  take_row(store, document, segment, row);
  return LODE_OK;
}

/* A row of a segment in memory. */
static void copy_row(lode_store *store, const uint8_t *blob, const lode_store_layout *l, size_t at,
                     const place *to) {
  const size_t code = lode_vectors_code_size((size_t)store->meta.dim);
  const size_t row = lode_store_row_size(store);
  memcpy(to->code, blob + l->codes + at * code, code);
  if (to->scale != NULL) memcpy(to->scale, blob + l->scales + at * sizeof(float), sizeof(float));
  memcpy(to->row, blob + l->rows + at * row, row);
}

/* One row out of a segment in the file, without the others. */
static lode_status fetch_row(lode_store *store, int64_t id, size_t count, size_t at,
                             const place *to, lode_error *err) {
  const lode_store_layout l = lode_store_layout_of(store, count);
  const size_t code = lode_vectors_code_size((size_t)store->meta.dim);
  const size_t row = lode_store_row_size(store);
  sqlite3_blob *blob = NULL;
  int rc = sqlite3_blob_open(store->db, "main", "vectors", "data", id, 0, &blob);
  lode_status status = LODE_OK;
  if (rc == SQLITE_ERROR || (rc == SQLITE_OK && (size_t)sqlite3_blob_bytes(blob) != l.size)) {
    status = lode_store_damaged(store, err, "segment %lld does not have the vectors of %zu rows",
                                (long long)id, count);
  } else {
    if (rc == SQLITE_OK)
      rc = sqlite3_blob_read(blob, to->code, (int)code, (int)(l.codes + at * code));
    if (rc == SQLITE_OK && to->scale != NULL) {
      rc = sqlite3_blob_read(blob, to->scale, sizeof(float), (int)(l.scales + at * sizeof(float)));
    }
    if (rc == SQLITE_OK) rc = sqlite3_blob_read(blob, to->row, (int)row, (int)(l.rows + at * row));
    if (rc != SQLITE_OK) status = lode_sql_fail(store, rc, err);
  }
  (void)sqlite3_blob_close(blob);
  return status;
}

lode_status lode_store_row_copy(lode_store *store, int64_t document, int64_t from_segment,
                                uint32_t from_row, int64_t *segment, uint32_t *row,
                                lode_error *err) {
  lode_status status = make_room(store, err);
  if (status != LODE_OK) return status;
  const place to = place_of(store, store->pending.count);
  if (from_segment == store->pending.id) {
    if (from_row >= store->pending.count)
      return lode_store_damaged(store, err, "row %u of segment %lld is not there", from_row,
                                (long long)from_segment);
    const place from = place_of(store, from_row);
    memcpy(to.code, from.code, lode_vectors_code_size((size_t)store->meta.dim));
    memcpy(to.row, from.row, lode_store_row_size(store));
    if (to.scale != NULL) *to.scale = *from.scale;
  } else {
    lode_sql q;
    lode_store_segment s = {0};
    status = find_segment(store, &q, from_segment, &s, err);
    lode_sql_close(&q);
    if (status == LODE_OK && from_row >= s.count) {
      status = lode_store_damaged(store, err, "row %u of segment %lld is not there", from_row,
                                  (long long)from_segment);
    }
    if (status == LODE_OK) status = fetch_row(store, s.id, s.count, from_row, &to, err);
    if (status != LODE_OK) return status;
  }
  take_row(store, document, segment, row);
  return LODE_OK;
}

/* ---------------------------------------------------------------- joining segments */

static lode_status move_chunk(lode_store *store, int64_t from_segment, size_t from_row,
                              int64_t segment, uint32_t row, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_CHUNK_MOVE);
  lode_sql_int(&q, from_segment);
  lode_sql_int(&q, (int64_t)from_row);
  lode_sql_int(&q, segment);
  lode_sql_int(&q, row);
  const lode_status status = lode_sql_run(&q, err);
  if (status != LODE_OK || sqlite3_changes(store->db) == 1) return status;
  return lode_store_damaged(store, err, "row %zu of segment %lld has no chunk", from_row,
                            (long long)from_segment);
}

static lode_status drop(lode_store *store, const lode_store_segment *s, lode_error *err) {
  static const lode_sql_id both[] = {LODE_SQL_SEGMENT_REMOVE, LODE_SQL_VECTORS_REMOVE};
  for (size_t i = 0; i < 2; i++) {
    lode_sql q = lode_sql_open(store, both[i]);
    lode_sql_int(&q, s->id);
    const lode_status status = lode_sql_run(&q, err);
    if (status != LODE_OK) return status;
  }
  store->meta.segments--;
  store->meta.vectors -= (int64_t)s->live;
  store->meta.dead -= (int64_t)(s->count - s->live);
  store->vectors_changed = true;
  return LODE_OK;
}

/* The rows of a segment that live become pending rows, and the segment goes. */
static lode_status move_segment(lode_store *store, const lode_store_segment *s, lode_error *err) {
  const lode_store_layout l = lode_store_layout_of(store, s->count);
  lode_buffer blob = {0};
  if (!lode_buffer_reserve(&blob, l.size, 1, 0)) return lode_error_nomem(err);
  lode_status status = lode_store_segment_data(store, s->id, l.size, blob.data, err);
  for (size_t i = 0; i < s->count && status == LODE_OK; i++) {
    if (s->dead != NULL && bit_get(s->dead, i)) continue;
    status = make_room(store, err);
    if (status != LODE_OK) break;
    const place to = place_of(store, store->pending.count);
    copy_row(store, blob.data, &l, i, &to);
    int64_t document;
    memcpy(&document, (const uint8_t *)blob.data + i * sizeof document, sizeof document);
    int64_t segment;
    uint32_t row;
    take_row(store, document, &segment, &row);
    status = move_chunk(store, s->id, i, segment, row, err);
  }
  lode_buffer_free(&blob);
  return status == LODE_OK ? drop(store, s, err) : status;
}

/* All segments, with copies of their bitmaps. */
static lode_status list_segments(lode_store *store, lode_arena *arena, lode_buffer *out, size_t *n,
                                 lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_SEGMENT_LIST);
  bool row;
  lode_status status;
  const size_t size = sizeof(lode_store_segment);
  while ((status = lode_sql_step(&q, &row, err)) == LODE_OK && row) {
    lode_store_segment s = {0};
    status = lode_store_segment_read(&q, &s, err);
    if (status != LODE_OK) break;
    if (s.dead != NULL)
      s.dead = (const uint8_t *)lode_arena_string(arena, (const char *)s.dead, (s.count + 7) / 8);
    if ((s.dead == NULL && s.live < s.count) ||
        !lode_buffer_reserve(out, *n + 1, size, *n * size)) {
      status = lode_error_nomem(err);
      break;
    }
    ((lode_store_segment *)out->data)[(*n)++] = s;
  }
  lode_sql_close(&q);
  return status;
}

/* How small a segment is: 0 for less than 8 rows that live, 1 for less than 64, then 512, and half
 * of what is possible. Those of the last kind, with more, stay as they are until the store is
 * compacted, or else a few dead rows in each of eight would move 30,000 others. */
enum { TIERS = 5, TIER_SEGMENTS = 8 };

static int tier_of(const lode_store_segment *s) {
  static const size_t below[TIERS - 1] = {8, 64, 512, LODE_STORE_SEGMENT_ROWS / 2};
  int tier = 0;
  while (tier < TIERS - 1 && s->live >= below[tier]) tier++;
  return tier;
}

/* Eight small segments of one size become one of the next: so there are few, and a row is moved
 * four times at most in its life. */
static lode_status join(lode_store *store, lode_error *err) {
  lode_arena arena = {0};
  lode_buffer list = {0};
  size_t n = 0;
  lode_status status = list_segments(store, &arena, &list, &n, err);
  lode_store_segment *segments = list.data;
  size_t counts[TIERS] = {0};
  for (size_t i = 0; i < n; i++) counts[tier_of(&segments[i])] += segments[i].live > 0;
  for (size_t i = 0; i < n && status == LODE_OK; i++) {
    const int tier = tier_of(&segments[i]);
    if (segments[i].live == 0) {
      status = drop(store, &segments[i], err);
    } else if (tier < TIERS - 1 && counts[tier] >= TIER_SEGMENTS) {
      status = move_segment(store, &segments[i], err);
    }
  }
  if (status == LODE_OK) status = flush(store, err);
  lode_buffer_free(&list);
  lode_arena_free(&arena);
  return status;
}

lode_status lode_store_segments_settle(lode_store *store, lode_error *err) {
  lode_status status = flush(store, err);
  if (status == LODE_OK) status = bury_all(store, err);
  if (status == LODE_OK && store->vectors_changed) status = join(store, err);
  return status;
}

lode_status lode_store_segments_pack(lode_store *store, lode_error *err) {
  lode_arena arena = {0};
  lode_buffer list = {0};
  size_t n = 0;
  lode_status status = list_segments(store, &arena, &list, &n, err);
  lode_store_segment *segments = list.data;
  size_t open = 0; /* with room or dead rows */
  size_t dead = 0;
  for (size_t i = 0; i < n; i++) {
    open += segments[i].live < LODE_STORE_SEGMENT_ROWS;
    dead += segments[i].live < segments[i].count;
  }
  /* One that has room and no dead rows is as it would be afterwards. */
  if (open > 1 || dead > 0) {
    for (size_t i = 0; i < n && status == LODE_OK; i++) {
      if (segments[i].live < LODE_STORE_SEGMENT_ROWS)
        status = move_segment(store, &segments[i], err);
    }
  }
  if (status == LODE_OK) status = flush(store, err);
  lode_buffer_free(&list);
  lode_arena_free(&arena);
  return status;
}
