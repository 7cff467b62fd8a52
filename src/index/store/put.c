/* Writing documents. What the caller can have done wrong is found before anything is changed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "index/store/parts.h"

/* A chunk of the document as it is in the store. */
typedef struct old_chunk {
  uint8_t hash[LODE_STORE_CHUNK_HASH_SIZE];
  int64_t segment; /* 0: no vector */
  uint32_t row;
  bool kept; /* its row goes on as that of a new chunk */
} old_chunk;

/* Where the vector of a new chunk comes from. */
typedef struct vector_source {
  enum { NO_VECTOR = 0, NEW_VECTOR, KEPT_ROW, COPIED_ROW } kind;
  int64_t segment; /* of the row */
  uint32_t row;
} vector_source;

/* One call of lode_store_put. */
typedef struct putting {
  lode_store *store;
  const lode_store_document_put *new;
  int64_t id;      /* 0: there is no document with this key yet */
  lode_buffer old; /* old_chunk [old_count] */
  size_t old_count;
  vector_source *from; /* [new->chunk_count] */
} putting;

/* ---------------------------------------------------------------- what is put */

static lode_status check_strings(const putting *p, lode_error *err) {
  const lode_store_document_put *d = p->new;
  const struct {
    lode_text text;
    const char *what;
  } strings[] = {{d->key, "the key"},           {d->title, "the title"},
                 {d->url, "the URL"},           {d->metadata, "the metadata"},
                 {d->headings, "the headings"}, {d->body, "the body"}};
  size_t total = 0;
  for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
    if (!lode_size_add(total, strings[i].text.size, &total) || total > LODE_STORE_DOCUMENT_MAX) {
      return lode_store_error(p->store, err, LODE_E_UNSUPPORTED, -1, -1,
                              "a document of more than %zu bytes", LODE_STORE_DOCUMENT_MAX);
    }
    const lode_status status =
        lode_store_check_utf8(p->store, strings[i].text, strings[i].what, -1, err);
    if (status != LODE_OK) return status;
  }
  if (d->key.size == 0)
    return lode_store_error(p->store, err, LODE_E_ARG, -1, -1, "a document without a key");
  if ((unsigned)d->language >= LODE_LANGUAGE_COUNT || (unsigned)d->format > LODE_FORMAT_CODE)
    return lode_store_error(p->store, err, LODE_E_ARG, -1, -1, "no such language or format");
  return LODE_OK;
}

static bool is_boundary(lode_text text, size_t at) {
  return at == text.size || (at < text.size && ((unsigned char)text.data[at] & 0xc0) != 0x80);
}

static bool is_finite(const float *vector, int64_t dim) {
  for (int64_t i = 0; i < dim; i++) {
    if (!isfinite(vector[i])) return false;
  }
  return true;
}

static lode_status check_chunk(const putting *p, size_t i, lode_error *err) {
  const lode_store_chunk_put *c = &p->new->chunks[i];
  lode_status status = lode_store_check_utf8(p->store, c->path, "a chunk's path", (int64_t)i, err);
  if (status == LODE_OK)
    status = lode_store_check_utf8(p->store, c->anchor, "a chunk's anchor", (int64_t)i, err);
  if (status != LODE_OK) return status;
  if (c->begin > c->end || c->source_begin > c->source_end ||
      !is_boundary(p->new->body, c->begin) || !is_boundary(p->new->body, c->end)) {
    return lode_store_error(p->store, err, LODE_E_ARG, (int64_t)i, -1,
                            "chunk %zu is not a range of characters of the body", i);
  }
  if (p->new->vectors && c->vector != NULL && !is_finite(c->vector, p->store->meta.dim)) {
    return lode_store_error(p->store, err, LODE_E_ARG, (int64_t)i, -1,
                            "the vector of chunk %zu has NaN or infinities", i);
  }
  return LODE_OK;
}

static lode_status check_source(const putting *p, lode_error *err) {
  lode_sql q = lode_sql_open(p->store, LODE_SQL_SOURCE_HAS);
  lode_sql_int(&q, p->new->source);
  bool row;
  const lode_status status = lode_sql_step(&q, &row, err);
  lode_sql_close(&q);
  if (status != LODE_OK || row) return status;
  return lode_store_error(p->store, err, LODE_E_ARG, -1, -1, "has no source %lld",
                          (long long)p->new->source);
}

static lode_status check(const putting *p, lode_error *err) {
  lode_status status = check_strings(p, err);
  if (status == LODE_OK && p->new->chunk_count > UINT32_MAX)
    status = lode_store_error(p->store, err, LODE_E_UNSUPPORTED, -1, -1, "too many chunks");
  if (status == LODE_OK && p->new->vectors && p->store->meta.dim == 0)
    status = lode_store_error(p->store, err, LODE_E_ARG, -1, -1, "has no model to have vectors of");
  for (size_t i = 0; i < p->new->chunk_count &&status == LODE_OK; i++)
    status = check_chunk(p, i, err);
  return status == LODE_OK ? check_source(p, err) : status;
}

/* ---------------------------------------------------------------- what is there */

static lode_status find_id(lode_store *store, lode_text key, int64_t *id, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_DOCUMENT_ID);
  lode_sql_text(&q, key);
  bool row;
  *id = 0;
  lode_status status = lode_sql_step(&q, &row, err);
  if (status == LODE_OK && row)
    status = lode_sql_get_int(&q, 0, "document.id", 1, INT64_MAX, id, err);
  lode_sql_close(&q);
  return status;
}

static lode_status read_old_chunk(lode_sql *q, old_chunk *out, lode_error *err) {
  const void *hash = NULL;
  int64_t row = 0;
  lode_status status =
      lode_sql_get_blob(q, 1, "chunk.hash", LODE_STORE_CHUNK_HASH_SIZE, &hash, err);
  *out = (old_chunk){0};
  if (status == LODE_OK) memcpy(out->hash, hash, sizeof out->hash);
  if (status == LODE_OK && !lode_sql_is_null(q, 2)) {
    status = lode_sql_get_int(q, 2, "chunk.segment", 1, INT64_MAX, &out->segment, err);
    if (status == LODE_OK)
      status = lode_sql_get_int(q, 3, "chunk.row", 0, LODE_STORE_SEGMENT_ROWS - 1, &row, err);
    out->row = (uint32_t)row;
  }
  return status;
}

static lode_status read_old_chunks(lode_store *store, int64_t document, lode_buffer *out,
                                   size_t *count, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_CHUNK_ROWS);
  lode_sql_int(&q, document);
  bool row;
  lode_status status;
  size_t n = 0;
  while ((status = lode_sql_step(&q, &row, err)) == LODE_OK && row) {
    if (!lode_buffer_reserve(out, n + 1, sizeof(old_chunk), n * sizeof(old_chunk))) {
      status = lode_error_nomem(err);
      break;
    }
    status = read_old_chunk(&q, (old_chunk *)out->data + n, err);
    if (status != LODE_OK) break;
    n++;
  }
  lode_sql_close(&q);
  *count = n;
  return status;
}

/* ---------------------------------------------------------------- vectors taken over */

static int by_hash(const void *a, const void *b) {
  const old_chunk *x = a;
  const old_chunk *y = b;
  const int order = memcmp(x->hash, y->hash, sizeof x->hash);
  if (order != 0) return order;
  if (x->segment != y->segment) return x->segment < y->segment ? -1 : 1;
  return x->row < y->row ? -1 : x->row > y->row;
}

/* The first of the sorted old chunks whose hash is not less. */
static size_t first_with(const putting *p, const uint8_t *hash) {
  const old_chunk *old = p->old.data;
  size_t least = 0;
  size_t most = p->old_count;
  while (least < most) {
    const size_t middle = least + (most - least) / 2;
    if (memcmp(old[middle].hash, hash, sizeof old->hash) < 0) {
      least = middle + 1;
    } else {
      most = middle;
    }
  }
  return least;
}

static lode_status find_anywhere(lode_store *store, const uint8_t *hash, int64_t *segment,
                                 uint32_t *row, bool *found, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_CHUNK_BY_HASH);
  lode_sql_blob(&q, hash, LODE_STORE_CHUNK_HASH_SIZE);
  int64_t at = 0;
  lode_status status = lode_sql_step(&q, found, err);
  if (status == LODE_OK && *found)
    status = lode_sql_get_int(&q, 0, "chunk.segment", 1, INT64_MAX, segment, err);
  if (status == LODE_OK && *found)
    status = lode_sql_get_int(&q, 1, "chunk.row", 0, LODE_STORE_SEGMENT_ROWS - 1, &at, err);
  *row = (uint32_t)at;
  lode_sql_close(&q);
  return status;
}

lode_status lode_store_has_vector(lode_store *store, const uint8_t hash[LODE_STORE_CHUNK_HASH_SIZE],
                                  bool *out, lode_error *err) {
  int64_t segment;
  uint32_t row;
  bool found;
  const lode_status status = find_anywhere(store, hash, &segment, &row, &found, err);
  if (status == LODE_OK) *out = found;
  return status;
}

/* A row of the document's own goes on; one that goes on already, or another document's, is
 * copied. */
static lode_status choose_row(putting *p, size_t i, lode_error *err) {
  const uint8_t *hash = p->new->chunks[i].hash;
  vector_source *from = &p->from[i];
  old_chunk *old = p->old.data;
  for (size_t k = first_with(p, hash); k < p->old_count; k++) {
    old_chunk *c = &old[k];
    if (memcmp(c->hash, hash, sizeof c->hash) != 0) break;
    if (c->segment == 0) continue;
    *from = (vector_source){c->kept ? COPIED_ROW : KEPT_ROW, c->segment, c->row};
    if (!c->kept) {
      c->kept = true;
      return LODE_OK;
    }
  }
  if (from->kind == COPIED_ROW) return LODE_OK;
  bool found;
  const lode_status status = find_anywhere(p->store, hash, &from->segment, &from->row, &found, err);
  if (status != LODE_OK) return status;
  if (!found) {
    return lode_store_error(p->store, err, LODE_E_NOT_FOUND, (int64_t)i, -1,
                            "no chunk has the vector that chunk %zu should take over", i);
  }
  from->kind = COPIED_ROW;
  return LODE_OK;
}

static lode_status choose_rows(putting *p, lode_error *err) {
  const size_t n = p->new->chunk_count;
  p->from = calloc(n > 0 ? n : 1, sizeof *p->from);
  if (p->from == NULL) return lode_error_nomem(err);
  if (p->old_count > 1) qsort(p->old.data, p->old_count, sizeof(old_chunk), by_hash);
  lode_status status = LODE_OK;
  for (size_t i = 0; i < n && status == LODE_OK && p->new->vectors; i++) {
    if (p->new->chunks[i].vector != NULL) {
      p->from[i].kind = NEW_VECTOR;
    } else {
      status = choose_row(p, i, err);
    }
  }
  return status;
}

/* ---------------------------------------------------------------- texts */

static bool same(lode_text a, lode_text b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static lode_status write_words(lode_store *store, lode_sql_id id, int64_t document,
                               lode_language language, const lode_text columns[3],
                               lode_error *err) {
  lode_fts5_set_language(store->fts5, language);
  lode_sql q = lode_sql_open(store, id);
  lode_sql_int(&q, document);
  for (size_t i = 0; i < 3; i++) lode_sql_text(&q, columns[i]);
  return lode_sql_run(&q, err);
}

/* FTS5 splits the old text again to find the words that it has to forget; in the language in
 * which it was indexed. `new`: keep everything if it is the same as that; NULL: it goes. */
static lode_status remove_text(lode_store *store, int64_t document,
                               const lode_store_document_put *new, bool *unchanged,
                               lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_TEXT_GET);
  lode_sql_int(&q, document);
  bool row;
  lode_text columns[3] = {{0}};
  int64_t language = 0;
  lode_status status = lode_sql_step(&q, &row, err);
  if (status == LODE_OK && !row)
    status = lode_store_damaged(store, err, "document %lld has no text", (long long)document);
  static const char *const names[] = {"text.title", "text.headings", "text.body"};
  for (int i = 0; i < 3 && status == LODE_OK; i++)
    status = lode_sql_get_text(&q, i, names[i], NULL, &columns[i], err);
  if (status == LODE_OK) {
    status =
        lode_sql_get_int(&q, 3, "document.language", 0, LODE_LANGUAGE_COUNT - 1, &language, err);
  }
  *unchanged = status == LODE_OK &&
               new != NULL &&language == (int64_t)new->language &&same(columns[0], new->title) &&
               same(columns[1], new->headings) && same(columns[2], new->body);
  if (status == LODE_OK && !*unchanged) {
    status =
        write_words(store, LODE_SQL_WORDS_REMOVE, document, (lode_language)language, columns, err);
  }
  lode_sql_close(&q);
  if (status != LODE_OK || *unchanged) return status;
  q = lode_sql_open(store, LODE_SQL_TEXT_REMOVE);
  lode_sql_int(&q, document);
  return lode_sql_run(&q, err);
}

static lode_status insert_text(const putting *p, lode_error *err) {
  const lode_text columns[3] = {p->new->title, p->new->headings, p->new->body};
  lode_sql q = lode_sql_open(p->store, LODE_SQL_TEXT_INSERT);
  lode_sql_int(&q, p->id);
  for (size_t i = 0; i < 3; i++) lode_sql_text(&q, columns[i]);
  const lode_status status = lode_sql_run(&q, err);
  if (status != LODE_OK) return status;
  p->store->meta.languages |= LODE_LANGUAGE_BIT(p->new->language);
  return write_words(p->store, LODE_SQL_WORDS_INSERT, p->id, p->new->language, columns, err);
}

/* ---------------------------------------------------------------- rows of the tables */

static lode_status write_document(putting *p, lode_error *err) {
  const lode_store_document_put *d = p->new;
  const bool insert = p->id == 0;
  lode_sql q =
      lode_sql_open(p->store, insert ? LODE_SQL_DOCUMENT_INSERT : LODE_SQL_DOCUMENT_UPDATE);
  lode_sql_int(&q, d->source);
  lode_sql_text(&q, d->key);
  lode_sql_text(&q, d->url);
  lode_sql_text(&q, d->metadata);
  lode_sql_int(&q, d->language);
  lode_sql_int(&q, d->format);
  lode_sql_blob(&q, d->hash, sizeof d->hash);
  lode_sql_int(&q, d->size);
  lode_sql_int(&q, d->mtime_ns);
  lode_sql_int(&q, (int64_t)d->body.size);
  if (!insert) lode_sql_int(&q, p->id);
  const lode_status status = lode_sql_run(&q, err);
  if (status != LODE_OK || !insert) return status;
  p->store->meta.documents++;
  p->id = sqlite3_last_insert_rowid(p->store->db);
  return LODE_OK;
}

static lode_status remove_chunks(lode_store *store, int64_t document, size_t count,
                                 lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_CHUNK_REMOVE);
  lode_sql_int(&q, document);
  store->meta.chunks -= (int64_t)count;
  return lode_sql_run(&q, err);
}

static lode_status kill_rows(lode_store *store, const old_chunk *old, size_t count,
                             lode_error *err) {
  lode_status status = LODE_OK;
  for (size_t i = 0; i < count && status == LODE_OK; i++) {
    if (old[i].segment != 0 && !old[i].kept)
      status = lode_store_row_kill(store, old[i].segment, old[i].row, err);
  }
  return status;
}

static lode_status place_vector(putting *p, size_t i, int64_t *segment, uint32_t *row,
                                lode_error *err) {
  const vector_source *from = &p->from[i];
  switch (from->kind) {
    case NEW_VECTOR:
      return lode_store_row_add(p->store, p->id, p->new->chunks[i].vector, segment, row, err);
    case COPIED_ROW:
      return lode_store_row_copy(p->store, p->id, from->segment, from->row, segment, row, err);
    case KEPT_ROW:
    case NO_VECTOR:
      break;
  }
  *segment = from->segment;
  *row = from->row;
  return LODE_OK;
}

static lode_status insert_chunk(putting *p, size_t i, lode_error *err) {
  const lode_store_chunk_put *c = &p->new->chunks[i];
  int64_t segment;
  uint32_t row;
  const lode_status status = place_vector(p, i, &segment, &row, err);
  if (status != LODE_OK) return status;
  lode_sql q = lode_sql_open(p->store, LODE_SQL_CHUNK_INSERT);
  lode_sql_int(&q, p->id);
  lode_sql_int(&q, (int64_t)i);
  lode_sql_int(&q, c->begin);
  lode_sql_int(&q, c->end);
  lode_sql_int(&q, c->source_begin);
  lode_sql_int(&q, c->source_end);
  lode_sql_text(&q, c->path);
  lode_sql_text(&q, c->anchor);
  lode_sql_blob(&q, c->hash, sizeof c->hash);
  if (segment != 0) {
    lode_sql_int(&q, segment);
    lode_sql_int(&q, row);
  } else {
    lode_sql_null(&q);
    lode_sql_null(&q);
  }
  return lode_sql_run(&q, err);
}

/* ---------------------------------------------------------------- the calls */

static lode_status write_all(putting *p, lode_error *err) {
  lode_store *store = p->store;
  bool unchanged = false;
  lode_status status = LODE_OK;
  if (p->id != 0) {
    status = remove_text(store, p->id, p->new, &unchanged, err);
    if (status == LODE_OK) status = remove_chunks(store, p->id, p->old_count, err);
  }
  if (status == LODE_OK) status = write_document(p, err);
  if (status == LODE_OK && !unchanged) status = insert_text(p, err);
  for (size_t i = 0; i < p->new->chunk_count &&status == LODE_OK; i++)
    status = insert_chunk(p, i, err);
  store->meta.chunks += (int64_t)p->new->chunk_count;
  if (status == LODE_OK) status = kill_rows(store, p->old.data, p->old_count, err);
  return lode_store_lost(store, status);
}

/* Then nothing has been changed. */
static bool is_callers_mistake(lode_status status) {
  return status == LODE_E_ARG || status == LODE_E_UTF8 || status == LODE_E_NOT_FOUND ||
         status == LODE_E_UNSUPPORTED;
}

lode_status lode_store_put(lode_store *store, const lode_store_document_put *document, int64_t *id,
                           lode_error *err) {
  lode_status status = lode_store_writing(store, err);
  if (status != LODE_OK) return status;
  putting p = {.store = store, .new = document};
  status = check(&p, err);
  if (status == LODE_OK) status = find_id(store, document->key, &p.id, err);
  if (status == LODE_OK && p.id != 0)
    status = read_old_chunks(store, p.id, &p.old, &p.old_count, err);
  if (status == LODE_OK) status = choose_rows(&p, err);
  if (status == LODE_OK) status = write_all(&p, err);
  if (status == LODE_OK && id != NULL) *id = p.id;
  if (!is_callers_mistake(status)) status = lode_store_lost(store, status);
  lode_buffer_free(&p.old);
  free(p.from);
  return status;
}

lode_status lode_store_touch(lode_store *store, int64_t document, int64_t size, int64_t mtime_ns,
                             lode_error *err) {
  lode_status status = lode_store_writing(store, err);
  if (status != LODE_OK) return status;
  lode_sql q = lode_sql_open(store, LODE_SQL_DOCUMENT_TOUCH);
  lode_sql_int(&q, document);
  lode_sql_int(&q, size);
  lode_sql_int(&q, mtime_ns);
  status = lode_sql_run(&q, err);
  if (status != LODE_OK) return lode_store_lost(store, status);
  if (sqlite3_changes(store->db) > 0) return LODE_OK;
  return lode_store_error(store, err, LODE_E_NOT_FOUND, -1, -1, "has no document %lld",
                          (long long)document);
}

static lode_status has_document(lode_store *store, int64_t document, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_DOCUMENT_HAS);
  lode_sql_int(&q, document);
  bool row;
  const lode_status status = lode_sql_step(&q, &row, err);
  lode_sql_close(&q);
  if (status != LODE_OK || row) return status;
  return lode_store_error(store, err, LODE_E_NOT_FOUND, -1, -1, "has no document %lld",
                          (long long)document);
}

lode_status lode_store_remove(lode_store *store, int64_t document, lode_error *err) {
  lode_status status = lode_store_writing(store, err);
  if (status != LODE_OK) return status;
  status = has_document(store, document, err);
  if (status != LODE_OK)
    return is_callers_mistake(status) ? status : lode_store_lost(store, status);
  lode_buffer old = {0};
  size_t count = 0;
  bool unchanged;
  status = read_old_chunks(store, document, &old, &count, err);
  if (status == LODE_OK) status = remove_text(store, document, NULL, &unchanged, err);
  if (status == LODE_OK) status = remove_chunks(store, document, count, err);
  if (status == LODE_OK) status = kill_rows(store, old.data, count, err);
  lode_buffer_free(&old);
  if (status == LODE_OK) {
    lode_sql q = lode_sql_open(store, LODE_SQL_DOCUMENT_REMOVE);
    lode_sql_int(&q, document);
    status = lode_sql_run(&q, err);
  }
  if (status == LODE_OK) store->meta.documents--;
  return lode_store_lost(store, status);
}
