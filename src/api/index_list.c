/* Reading what is in a collection: its documents in order, their texts, passages and vectors. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/index.h"

enum { DEFAULT_LIMIT = 100, MOST_LIMIT = 10000, FIRST_ROOM = 16 };
enum { ALL_PARTS = LODE_INDEX_TEXT | LODE_INDEX_CHUNKS | LODE_INDEX_VECTORS };
/* A list ends before a document when it has more than this. */
static const size_t MOST_BYTES = (size_t)4 << 20;

typedef struct owned_entries {
  lode_index_entries entries; /* first: it is what the caller holds */
  lode_arena arena;
  lode_buffer list;
} owned_entries;

/* A list that is being made. */
typedef struct listing {
  lode_index *index;
  owned_entries *owned;
  uint32_t parts;
  size_t limit;
  size_t bytes; /* that its documents take, about */
} listing;

static lode_status damaged(const listing *l, const lode_index_entry *entry, const char *what,
                           lode_error *err) {
  return lode_error_set(err, LODE_E_FORMAT, -1, -1, "%s: damaged: %s of \"%.200s\"", l->index->path,
                        what, entry->id);
}

/* ---- vectors */

static int by_id(const void *key, const void *item) {
  const int64_t a = *(const int64_t *)key;
  const int64_t b = *(const int64_t *)item;
  return a < b ? -1 : a > b;
}

/* False: there is no such row, or it is not a vector. */
static bool read_row(const lode_store_vectors *v, int64_t segment, uint32_t row, float *out) {
  const int64_t *id = v->count > 0 ? bsearch(&segment, v->ids, v->count, sizeof *id, by_id) : NULL;
  if (!id) return false;
  const lode_vectors_segment *in = &v->segments[id - v->ids];
  if (row >= in->count) return false;
  const size_t at = (size_t)row * v->dim;
  bool finite = true;
  if (v->dtype == LODE_DTYPE_F32) {
    memcpy(out, (const char *)in->rows + at * sizeof *out, v->dim * sizeof *out);
  } else {
    float scale;
    memcpy(&scale, (const char *)in->scales + row * sizeof scale, sizeof scale);
    for (size_t i = 0; i < v->dim; i++) out[i] = scale * (float)((const int8_t *)in->rows)[at + i];
  }
  for (size_t i = 0; i < v->dim; i++) finite = finite && isfinite(out[i]);
  return finite;
}

/* ---- passages */

static lode_status add_vectors(listing *l, const lode_store_chunk *from, const lode_index_entry *e,
                               lode_index_chunk *to, lode_error *err) {
  const size_t dim = l->index->model.dim;
  const size_t n = (size_t)e->chunk_count;
  size_t have = 0;
  for (size_t i = 0; i < n; i++) have += from[i].segment != 0;
  float *rows = lode_arena_array(&l->owned->arena, have, dim * sizeof *rows);
  if (!rows) return lode_error_nomem(err);
  for (size_t i = 0; i < n; i++) {
    if (from[i].segment == 0) continue;
    if (!read_row(l->index->vectors, from[i].segment, from[i].row, rows)) {
      return damaged(l, e, "a vector", err);
    }
    to[i].vector = rows;
    rows += dim;
  }
  l->bytes += have * dim * sizeof *rows;
  return LODE_OK;
}

static lode_status add_chunks(listing *l, const lode_store_document *document, lode_index_entry *e,
                              lode_error *err) {
  lode_arena *arena = &l->owned->arena;
  lode_store_chunk *from = NULL;
  size_t n = 0;
  lode_status status = lode_store_chunks(l->index->store, document->id, arena, &from, &n, err);
  if (status != LODE_OK) return status;
  lode_index_chunk *to = lode_arena_array(arena, n, sizeof *to);
  if (!to) return lode_error_nomem(err);
  for (size_t i = 0; i < n; i++) {
    if (from[i].end > document->body_size) return damaged(l, e, "a passage", err);
    to[i] = (lode_index_chunk){.range = {from[i].begin, from[i].end},
                               .source_begin = from[i].source_begin,
                               .source_end = from[i].source_end,
                               .heading = from[i].path.data,
                               .anchor = from[i].anchor.data};
  }
  e->chunk_count = (int64_t)n;
  e->chunks = to;
  l->bytes += n * (sizeof *from + sizeof *to);
  const bool vectors = (l->parts & LODE_INDEX_VECTORS) != 0 && l->index->has_model;
  return vectors ? add_vectors(l, from, e, to, err) : LODE_OK;
}

/* ---- documents */

static const char *keep(listing *l, lode_text text) {
  l->bytes += text.size;
  return lode_arena_string(&l->owned->arena, text.size > 0 ? text.data : "", text.size);
}

static lode_status fill_entry(listing *l, const lode_store_document *d, lode_index_entry *e,
                              lode_error *err) {
  *e = (lode_index_entry){.id = keep(l, d->key),
                          .title = keep(l, d->title),
                          .url = keep(l, d->url),
                          .metadata = d->metadata.size > 0 ? keep(l, d->metadata) : "{}",
                          .format = lode_format_name(d->format),
                          .language = lode_language_code(d->language),
                          .bytes = d->size,
                          .modified_ns = d->mtime_ns,
                          .text_bytes = d->body_size};
  if (!e->id || !e->title || !e->url || !e->metadata) return lode_error_nomem(err);
  lode_store *store = l->index->store;
  lode_status status = LODE_OK;
  if ((l->parts & LODE_INDEX_TEXT) != 0) {
    lode_text text;
    status =
        lode_store_body(store, d->id, 0, LODE_STORE_DOCUMENT_MAX, &l->owned->arena, &text, err);
    if (status != LODE_OK) return status;
    if (text.size != (size_t)d->body_size) return damaged(l, e, "the text", err);
    e->text = text.data;
    l->bytes += text.size;
  }
  if ((l->parts & (LODE_INDEX_CHUNKS | LODE_INDEX_VECTORS)) != 0) return add_chunks(l, d, e, err);
  return lode_store_chunk_count(store, d->id, &e->chunk_count, err);
}

/* LODE_E_CANCELLED: the list is full. */
static lode_status add_entry(void *user, const lode_store_document *document, lode_error *err) {
  listing *l = user;
  lode_index_entries *entries = &l->owned->entries;
  const size_t n = entries->count;
  if (n == l->limit || l->bytes > MOST_BYTES) {
    entries->more = 1;
    return LODE_E_CANCELLED;
  }
  if (n == l->owned->list.capacity / sizeof(lode_index_entry) &&
      !lode_buffer_reserve(&l->owned->list, n > 0 ? 2 * n : FIRST_ROOM, sizeof(lode_index_entry),
                           n * sizeof(lode_index_entry))) {
    return lode_error_nomem(err);
  }
  lode_index_entry *list = l->owned->list.data;
  entries->list = list;
  const lode_status status = fill_entry(l, document, &list[n], err);
  if (status == LODE_OK) entries->count++;
  return status;
}

/* ---- the calls */

static lode_status find_entry(listing *l, lode_text id, lode_error *err) {
  lode_store_document document;
  const lode_status status = lode_store_find(l->index->store, id, &l->owned->arena, &document, err);
  if (status == LODE_E_NOT_FOUND) {
    const int shown = id.size < 200 ? (int)id.size : 200;
    return lode_error_set(err, status, -1, -1, "%s: has no document \"%.*s\"", l->index->path,
                          shown, id.data);
  }
  return status == LODE_OK ? add_entry(l, &document, err) : status;
}

static lode_status read_all(listing *l, lode_text after, lode_error *err) {
  const lode_status status = lode_store_documents_after(l->index->store, after, add_entry, l, err);
  return l->owned->entries.more ? LODE_OK : status;
}

/* The file may be another by now. */
static lode_status load_vectors(listing *l, lode_error *err) {
  const lode_status status = lode_index_load_vectors(l->index, err);
  if (status != LODE_OK || l->index->vectors->dim == l->index->model.dim) return status;
  return lode_error_set(err, LODE_E_FORMAT, -1, -1,
                        "%s: damaged: its vectors' dimension has changed", l->index->path);
}

/* One state of the file: the documents behind `text`, or the one that it names. */
static lode_status make(listing *l, lode_text text, bool one, lode_index_entries **out,
                        lode_error *err) {
  l->owned = calloc(1, sizeof *l->owned);
  if (!l->owned) return lode_error_nomem(err);
  lode_status status = lode_store_read_begin(l->index->store, err);
  if (status == LODE_OK) {
    const bool vectors = (l->parts & LODE_INDEX_VECTORS) != 0 && l->index->has_model;
    if (vectors) status = load_vectors(l, err);
    if (status == LODE_OK) status = one ? find_entry(l, text, err) : read_all(l, text, err);
    lode_store_read_end(l->index->store);
  }
  if (status != LODE_OK) {
    lode_index_entries_free(&l->owned->entries);
    return status;
  }
  *out = &l->owned->entries;
  return LODE_OK;
}

static lode_status check(const lode_index *index, lode_text text, uint32_t parts,
                         lode_index_entries **out, lode_error *err) {
  if (!index || !out || (!text.data && text.size > 0)) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "index, the id or out is NULL");
  }
  if ((parts & ~(uint32_t)ALL_PARTS) != 0) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "parts is %u, more than there are",
                          (unsigned)parts);
  }
  return lode_index_check_free(index, err);
}

lode_status lode_index_list(lode_index *index, lode_text after, int64_t limit, uint32_t parts,
                            lode_index_entries **out, lode_error *err) {
  lode_error_clear(err);
  const lode_status status = check(index, after, parts, out, err);
  if (status != LODE_OK) return status;
  if (limit < 0 || limit > MOST_LIMIT) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "limit is %lld, not in 0..%d", (long long)limit,
                          MOST_LIMIT);
  }
  listing l = {.index = index, .parts = parts, .limit = limit ? (size_t)limit : DEFAULT_LIMIT};
  return make(&l, after, false, out, err);
}

lode_status lode_index_read(lode_index *index, lode_text id, uint32_t parts,
                            lode_index_entries **out, lode_error *err) {
  lode_error_clear(err);
  const lode_status status = check(index, id, parts, out, err);
  if (status != LODE_OK) return status;
  listing l = {.index = index, .parts = parts, .limit = 1};
  return make(&l, id, true, out, err);
}

void lode_index_entries_free(lode_index_entries *entries) {
  if (!entries) return;
  owned_entries *owned = (owned_entries *)entries;
  lode_buffer_free(&owned->list);
  lode_arena_free(&owned->arena);
  free(owned);
}
