/* Reading documents, their texts and their chunks. */
#include <string.h>

#include "base/utf8.h"
#include "index/store/parts.h"

lode_status lode_store_check_utf8(lode_store *store, lode_text text, const char *what, int64_t item,
                                  lode_error *err) {
  const size_t good = text.size > 0 ? lode_utf8_valid(text.data, text.size) : 0;
  if (good == text.size) return LODE_OK;
  return lode_store_error(store, err, LODE_E_UTF8, item, (int64_t)good,
                          "%s is not UTF-8 at byte %zu", what, good);
}

/* ---------------------------------------------------------------- documents */

static lode_status read_document(lode_sql *q, lode_arena *arena, lode_store_document *out,
                                 lode_error *err) {
  lode_store_document d = {0};
  int64_t language = 0;
  int64_t format = 0;
  const void *hash = NULL;
  lode_status status = lode_sql_get_int(q, 0, "document.id", 1, INT64_MAX, &d.id, err);
  if (status == LODE_OK)
    status = lode_sql_get_int(q, 1, "document.source", 1, INT64_MAX, &d.source, err);
  if (status == LODE_OK) status = lode_sql_get_text(q, 2, "document.key", arena, &d.key, err);
  if (status == LODE_OK) status = lode_sql_get_text(q, 3, "text.title", arena, &d.title, err);
  if (status == LODE_OK) status = lode_sql_get_text(q, 4, "document.url", arena, &d.url, err);
  if (status == LODE_OK)
    status = lode_sql_get_text(q, 5, "document.metadata", arena, &d.metadata, err);
  if (status == LODE_OK) {
    status =
        lode_sql_get_int(q, 6, "document.language", 0, LODE_LANGUAGE_COUNT - 1, &language, err);
  }
  if (status == LODE_OK)
    status = lode_sql_get_int(q, 7, "document.format", 0, LODE_FORMAT_CODE, &format, err);
  if (status == LODE_OK)
    status = lode_sql_get_blob(q, 8, "document.hash", LODE_STORE_HASH_SIZE, &hash, err);
  if (status == LODE_OK)
    status = lode_sql_get_int(q, 9, "document.size", INT64_MIN, INT64_MAX, &d.size, err);
  if (status == LODE_OK)
    status = lode_sql_get_int(q, 10, "document.mtime_ns", INT64_MIN, INT64_MAX, &d.mtime_ns, err);
  if (status == LODE_OK) {
    status = lode_sql_get_int(q, 11, "document.body_size", 0, (int64_t)LODE_STORE_DOCUMENT_MAX,
                              &d.body_size, err);
  }
  if (status != LODE_OK) return status;
  d.language = (lode_language)language;
  d.format = (lode_format)format;
  memcpy(d.hash, hash, sizeof d.hash);
  *out = d;
  return LODE_OK;
}

static lode_status find_one(lode_sql *q, lode_arena *arena, lode_store_document *out,
                            lode_error *err) {
  bool row;
  lode_status status = lode_sql_step(q, &row, err);
  if (status == LODE_OK && !row)
    status = lode_store_error(q->store, err, LODE_E_NOT_FOUND, -1, -1, "has no such document");
  if (status == LODE_OK) status = read_document(q, arena, out, err);
  lode_sql_close(q);
  return status;
}

lode_status lode_store_find(lode_store *store, lode_text key, lode_arena *arena,
                            lode_store_document *out, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_DOCUMENT_BY_KEY);
  lode_sql_text(&q, key);
  return find_one(&q, arena, out, err);
}

lode_status lode_store_document_get(lode_store *store, int64_t id, lode_arena *arena,
                                    lode_store_document *out, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_DOCUMENT_BY_ID);
  lode_sql_int(&q, id);
  return find_one(&q, arena, out, err);
}

/* Closes the statement. */
static lode_status visit(lode_sql *q, lode_store_document_fn *fn, void *user, lode_error *err) {
  bool row;
  lode_status status;
  while ((status = lode_sql_step(q, &row, err)) == LODE_OK && row) {
    lode_store_document document;
    status = read_document(q, NULL, &document, err);
    if (status == LODE_OK) status = fn(user, &document, err);
    if (status != LODE_OK) break;
  }
  lode_sql_close(q);
  return status;
}

lode_status lode_store_documents(lode_store *store, int64_t source, lode_store_document_fn *fn,
                                 void *user, lode_error *err) {
  lode_sql q =
      lode_sql_open(store, source == 0 ? LODE_SQL_DOCUMENT_LIST : LODE_SQL_DOCUMENT_LIST_OF);
  if (source != 0) lode_sql_int(&q, source);
  return visit(&q, fn, user, err);
}

lode_status lode_store_documents_after(lode_store *store, lode_text after,
                                       lode_store_document_fn *fn, void *user, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_DOCUMENT_LIST_AFTER);
  lode_sql_text(&q, after);
  return visit(&q, fn, user, err);
}

lode_status lode_store_headings(lode_store *store, int64_t document, lode_arena *arena,
                                lode_text *out, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_HEADINGS_GET);
  lode_sql_int(&q, document);
  bool row;
  lode_status status = lode_sql_step(&q, &row, err);
  if (status == LODE_OK && !row) {
    status = lode_store_error(store, err, LODE_E_NOT_FOUND, -1, -1, "has no such document");
  }
  if (status == LODE_OK) status = lode_sql_get_text(&q, 0, "text.headings", arena, out, err);
  lode_sql_close(&q);
  return status;
}

/* ---------------------------------------------------------------- the body */

static bool is_boundary(const char *text, size_t size) {
  return size == 0 || ((unsigned char)text[0] & 0xc0) != 0x80;
}

/* Only the pages of the range are read, and one byte more, to see where a character begins. */
static lode_status read_range(lode_store *store, sqlite3_blob *blob, size_t begin, size_t end,
                              lode_arena *arena, lode_text *out, lode_error *err) {
  const size_t size = (size_t)sqlite3_blob_bytes(blob);
  if (end > size) end = size;
  if (begin > end) begin = end;
  const size_t more = end < size ? 1 : 0;
  char *copy = lode_arena_alloc(arena, end - begin + 2);
  if (copy == NULL) return lode_error_nomem(err);
  const int rc = sqlite3_blob_read(blob, copy, (int)(end - begin + more), (int)begin);
  if (rc != SQLITE_OK) return lode_sql_fail(store, rc, err);
  if (!is_boundary(copy, end - begin) || !is_boundary(copy + (end - begin), more)) {
    return lode_store_error(store, err, LODE_E_ARG, -1, -1,
                            "%zu .. %zu of a body are not where characters begin", begin, end);
  }
  copy[end - begin] = '\0';
  if (lode_utf8_valid(copy, end - begin) != end - begin)
    return lode_store_damaged(store, err, "text.body is not UTF-8");
  *out = (lode_text){copy, end - begin};
  return LODE_OK;
}

lode_status lode_store_body(lode_store *store, int64_t document, size_t begin, size_t end,
                            lode_arena *arena, lode_text *out, lode_error *err) {
  sqlite3_blob *blob = NULL;
  const int rc = sqlite3_blob_open(store->db, "main", "text", "body", document, 0, &blob);
  if (rc == SQLITE_ERROR) { /* what a row that is not there is, or a value that is a number */
    (void)sqlite3_blob_close(blob);
    return lode_store_error(store, err, LODE_E_NOT_FOUND, -1, -1, "has no document %lld",
                            (long long)document);
  }
  lode_status status = LODE_OK;
  if (rc != SQLITE_OK) status = lode_sql_fail(store, rc, err);
  if (status == LODE_OK) status = read_range(store, blob, begin, end, arena, out, err);
  (void)sqlite3_blob_close(blob);
  return status;
}

/* ---------------------------------------------------------------- chunks */

static lode_status read_u32(lode_sql *q, int column, const char *what, uint32_t *out,
                            lode_error *err) {
  int64_t value = 0;
  const lode_status status = lode_sql_get_int(q, column, what, 0, UINT32_MAX, &value, err);
  *out = (uint32_t)value;
  return status;
}

static lode_status read_chunk(lode_sql *q, lode_arena *arena, void *out, lode_error *err) {
  lode_store_chunk c = {0};
  const void *hash = NULL;
  lode_status status = lode_sql_get_int(q, 0, "chunk.document", 1, INT64_MAX, &c.document, err);
  if (status == LODE_OK) status = read_u32(q, 1, "chunk.ordinal", &c.ordinal, err);
  if (status == LODE_OK) status = read_u32(q, 2, "chunk.begin", &c.begin, err);
  if (status == LODE_OK) status = read_u32(q, 3, "chunk.end", &c.end, err);
  if (status == LODE_OK) status = read_u32(q, 4, "chunk.source_begin", &c.source_begin, err);
  if (status == LODE_OK) status = read_u32(q, 5, "chunk.source_end", &c.source_end, err);
  if (status == LODE_OK && c.begin > c.end)
    status = lode_store_damaged(q->store, err, "a chunk ends before it begins");
  if (status == LODE_OK) status = lode_sql_get_text(q, 6, "chunk.path", arena, &c.path, err);
  if (status == LODE_OK) status = lode_sql_get_text(q, 7, "chunk.anchor", arena, &c.anchor, err);
  if (status == LODE_OK)
    status = lode_sql_get_blob(q, 8, "chunk.hash", LODE_STORE_CHUNK_HASH_SIZE, &hash, err);
  if (status == LODE_OK) memcpy(c.hash, hash, sizeof c.hash);
  if (status == LODE_OK && !lode_sql_is_null(q, 9)) {
    status = lode_sql_get_int(q, 9, "chunk.segment", 1, INT64_MAX, &c.segment, err);
    if (status == LODE_OK) status = read_u32(q, 10, "chunk.row", &c.row, err);
  }
  if (status == LODE_OK) *(lode_store_chunk *)out = c;
  return status;
}

lode_status lode_store_chunks(lode_store *store, int64_t document, lode_arena *arena,
                              lode_store_chunk **list, size_t *count, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_CHUNK_LIST);
  lode_sql_int(&q, document);
  void *found = NULL;
  const lode_status status =
      lode_sql_list(&q, sizeof **list, read_chunk, arena, &found, count, err);
  if (status == LODE_OK) *list = found;
  return status;
}

lode_status lode_store_chunk_count(lode_store *store, int64_t document, int64_t *out,
                                   lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_CHUNK_COUNT);
  lode_sql_int(&q, document);
  bool row;
  lode_status status = lode_sql_step(&q, &row, err);
  if (status == LODE_OK) {
    status = lode_sql_get_int(&q, 0, "count of chunks", 0, UINT32_MAX, out, err);
  }
  lode_sql_close(&q);
  return status;
}

lode_status lode_store_chunk_of_row(lode_store *store, int64_t segment, uint32_t row,
                                    lode_arena *arena, lode_store_chunk *out, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_CHUNK_OF_ROW);
  lode_sql_int(&q, segment);
  lode_sql_int(&q, row);
  bool found;
  lode_status status = lode_sql_step(&q, &found, err);
  if (status == LODE_OK && !found) {
    status = lode_store_error(store, err, LODE_E_NOT_FOUND, -1, -1,
                              "has no chunk for row %u of segment %lld", row, (long long)segment);
  }
  if (status == LODE_OK) status = read_chunk(&q, arena, out, err);
  lode_sql_close(&q);
  return status;
}
