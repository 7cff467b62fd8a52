/* Segments in memory. They are shared by the sets that have them, which are made one after the
 * other as the file changes: only new segments are read. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "index/store/parts.h"

/* A segment as it is in the file. It never changes; the last set that has it frees it. */
typedef struct block {
  atomic_size_t owners;
  int64_t id;
  int64_t stamp; /* another file, or a copy of this one, may have another segment of this number */
  size_t count;
  size_t size;
  void *bytes; /* aligned to LODE_ALIGN */
} block;

typedef struct lode_store_vector_set {
  lode_store_vectors public; /* what the caller has a pointer to */
  block **blocks;            /* [capacity], those that there are so far: [public.count] */
  lode_vectors_segment *segments;
  int64_t *ids;
  const int64_t **documents;
  size_t capacity;
  lode_arena arena; /* bitmaps of dead rows */
} vector_set;

static void block_free(block *b) {
  if (b == NULL || atomic_fetch_sub(&b->owners, 1) != 1) return;
  lode_aligned_free(b->bytes);
  free(b);
}

void lode_store_vectors_free(lode_store_vectors *vectors) {
  if (vectors == NULL) return;
  vector_set *set = vectors->set;
  for (size_t i = 0; i < set->public.count; i++) block_free(set->blocks[i]);
  free(set->blocks);
  free(set->segments);
  free(set->ids);
  free(set->documents);
  lode_arena_free(&set->arena);
  free(set);
}

/* Room for one more segment in each of the arrays. */
static bool grow(vector_set *set) {
  if (set->public.count < set->capacity) return true;
  const size_t n = set->capacity > 0 ? 2 * set->capacity : 16;
  void *p = realloc(set->blocks, n * sizeof(block *));
  if (p == NULL) return false;
  set->blocks = p;
  p = realloc(set->segments, n * sizeof *set->segments);
  if (p == NULL) return false;
  set->segments = p;
  p = realloc(set->ids, n * sizeof *set->ids);
  if (p == NULL) return false;
  set->ids = p;
  p = realloc(set->documents, n * sizeof *set->documents);
  if (p == NULL) return false;
  set->documents = p;
  set->capacity = n;
  return true;
}

/* The block of this segment in an older set, with one more owner; NULL: it has none. Both are in
 * the order of ids. */
static block *share(const vector_set *previous, size_t *at, const lode_store_segment *s) {
  if (previous == NULL) return NULL;
  while (*at < previous->public.count && previous->blocks[*at]->id < s->id) ++*at;
  if (*at == previous->public.count) return NULL;
  block *b = previous->blocks[*at];
  if (b->id != s->id || b->stamp != s->stamp || b->count != s->count) return NULL;
  atomic_fetch_add(&b->owners, 1);
  return b;
}

/* NULL: *status has become a failure. */
static block *read_block(lode_store *store, const lode_store_segment *s, size_t size,
                         lode_status *status, lode_error *err) {
  block *b = calloc(1, sizeof *b);
  if (b == NULL) {
    *status = lode_error_nomem(err);
    return NULL;
  }
  atomic_init(&b->owners, 1);
  b->id = s->id;
  b->stamp = s->stamp;
  b->count = s->count;
  b->size = size;
  b->bytes = lode_aligned_alloc(size);
  *status = b->bytes == NULL ? lode_error_nomem(err)
                             : lode_store_segment_data(store, s->id, size, b->bytes, err);
  if (*status == LODE_OK) return b;
  block_free(b);
  return NULL;
}

static lode_status add_segment(lode_store *store, vector_set *set, const vector_set *previous,
                               size_t *at, const lode_store_segment *s, lode_error *err) {
  if (!grow(set)) return lode_error_nomem(err);
  const uint8_t *dead = NULL;
  if (s->dead != NULL) {
    dead =
        (const uint8_t *)lode_arena_string(&set->arena, (const char *)s->dead, (s->count + 7) / 8);
    if (dead == NULL) return lode_error_nomem(err);
  }
  const lode_store_layout l = lode_store_layout_of(store, s->count);
  block *b = share(previous, at, s);
  if (b != NULL && b->size != l.size) { /* of another model: then of another file */
    block_free(b);
    b = NULL;
  }
  if (b == NULL) {
    lode_status status = LODE_OK;
    b = read_block(store, s, l.size, &status, err);
    if (b == NULL) return status;
  }
  const char *bytes = b->bytes;
  const void *scales = bytes + l.scales;
  const size_t i = set->public.count++;
  set->blocks[i] = b;
  set->ids[i] = s->id;
  set->documents[i] = b->bytes;
  set->segments[i] = (lode_vectors_segment){
      .count = s->count,
      .rows = bytes + l.rows,
      .scales = l.rows > l.scales ? scales : NULL,
      .codes = (const uint8_t *)bytes + l.codes,
      .dead = dead,
  };
  set->public.rows += s->live;
  return LODE_OK;
}

/* In a hostile file many segments could be the same pages. */
static lode_status check_total(lode_store *store, size_t total, int64_t file, lode_error *err) {
  if (total <= (uint64_t)file) return LODE_OK;
  return lode_store_damaged(store, err, "its vectors take more room than the file");
}

static lode_status load(lode_store *store, vector_set *set, const vector_set *previous,
                        lode_error *err) {
  int64_t pages = 0;
  int64_t page = 0;
  lode_status status = lode_sql_number(store, LODE_SQL_PAGE_COUNT, &pages, err);
  if (status == LODE_OK) status = lode_sql_number(store, LODE_SQL_PAGE_SIZE, &page, err);
  if (status != LODE_OK) return status;
  lode_sql q = lode_sql_open(store, LODE_SQL_SEGMENT_LIST);
  bool row;
  size_t total = 0;
  size_t at = 0;
  while ((status = lode_sql_step(&q, &row, err)) == LODE_OK && row) {
    lode_store_segment s;
    status = lode_store_segment_read(&q, &s, err);
    if (status == LODE_OK && store->meta.dim == 0)
      status = lode_store_damaged(store, err, "vectors without a model");
    if (status != LODE_OK) break;
    total += lode_store_layout_of(store, s.count).size;
    status = check_total(store, total, pages * page, err);
    if (status == LODE_OK) status = add_segment(store, set, previous, &at, &s, err);
    if (status != LODE_OK) break;
  }
  lode_sql_close(&q);
  return status;
}

lode_status lode_store_vectors_load(lode_store *store, const lode_store_vectors *previous,
                                    lode_store_vectors **out, lode_error *err) {
  if (store->state == LODE_STORE_WRITING) {
    return lode_store_error(store, err, LODE_E_ARG, -1, -1,
                            "vectors are loaded outside of a transaction that writes");
  }
  bool began;
  lode_status status = lode_store_reading(store, &began, err);
  if (status != LODE_OK) return status;
  vector_set *set = calloc(1, sizeof *set);
  if (set == NULL) {
    lode_store_read_done(store, began);
    return lode_error_nomem(err);
  }
  set->public.set = set;
  set->public.generation = store->meta.generation;
  set->public.dim = (size_t)store->meta.dim;
  set->public.dtype = (lode_dtype)store->meta.dtype;
  status = load(store, set, previous != NULL ? previous->set : NULL, err);
  lode_store_read_done(store, began);
  if (status != LODE_OK) {
    lode_store_vectors_free(&set->public);
    return status;
  }
  set->public.segments = set->segments;
  set->public.ids = set->ids;
  set->public.documents = set->documents;
  *out = &set->public;
  return LODE_OK;
}
