/* Is everything in the file as it should be? Reads all of it, in one state, in the order of the
 * tables' own keys. */
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "index/store/parts.h"

/* What is counted on the way, to be compared with the table meta. */
typedef struct counts {
  int64_t documents;
  int64_t chunks;
  int64_t vectors;
  int64_t dead;
  int64_t segments;
} counts;

static lode_status check_pages(lode_store *store, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_CHECK_PAGES);
  bool row;
  lode_text text = {0};
  lode_status status = lode_sql_step(&q, &row, err);
  if (status == LODE_OK) status = lode_sql_get_text(&q, 0, "integrity_check", NULL, &text, err);
  if (status == LODE_OK && strcmp(text.data, "ok") != 0)
    status = lode_store_damaged(store, err, "%s", text.data);
  lode_sql_close(&q);
  return status;
}

/* Rows that refer to others which are not there: each of these queries should find none. */
static lode_status check_references(lode_store *store, lode_error *err) {
  static const struct {
    lode_sql_id id;
    const char *what;
  } checks[] = {
      {LODE_SQL_CHECK_SOURCES, "document %lld has no source"},
      {LODE_SQL_CHECK_TEXTS, "document %lld has no text"},
      {LODE_SQL_CHECK_NO_DOCUMENT, "text %lld has no document"},
      {LODE_SQL_CHECK_CHUNKS, "document %lld is not there, but has chunks"},
      {LODE_SQL_CHECK_VECTORS, "segment %lld is not there, but has vectors"},
  };
  for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
    lode_sql q = lode_sql_open(store, checks[i].id);
    bool row;
    lode_status status = lode_sql_step(&q, &row, err);
    if (status == LODE_OK && row) {
      char text[80];
      (void)sqlite3_snprintf(sizeof text, text, checks[i].what,
                             sqlite3_column_int64(q.statement, 0));
      status = lode_store_damaged(store, err, "%s", text);
    }
    lode_sql_close(&q);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- documents and their chunks */

static bool is_boundary(lode_text text, size_t at) {
  return at == text.size || (at < text.size && ((unsigned char)text.data[at] & 0xc0) != 0x80);
}

static lode_status check_chunks(lode_store *store, const lode_store_document *document,
                                lode_text body, counts *n, lode_error *err) {
  lode_arena arena = {0};
  lode_store_chunk *list = NULL;
  size_t count = 0;
  lode_status status = lode_store_chunks(store, document->id, &arena, &list, &count, err);
  for (size_t i = 0; i < count && status == LODE_OK; i++) {
    const lode_store_chunk *c = &list[i];
    if (c->ordinal != i || !is_boundary(body, c->begin) || !is_boundary(body, c->end) ||
        c->source_begin > c->source_end) {
      status = lode_store_damaged(store, err, "chunk %u of document %lld is not where it could be",
                                  c->ordinal, (long long)document->id);
    }
  }
  n->chunks += (int64_t)count;
  lode_arena_free(&arena);
  return status;
}

typedef struct walk {
  lode_store *store;
  counts *counts;
  lode_store_words_check *words;
} walk;

static lode_status check_document(void *user, const lode_store_document *document,
                                  lode_error *err) {
  const walk *w = user;
  lode_store *store = w->store;
  w->counts->documents++;
  if ((store->meta.languages & LODE_LANGUAGE_BIT(document->language)) == 0) {
    return lode_store_damaged(store, err, "no question is asked in the language of document %lld",
                              (long long)document->id);
  }
  lode_sql q = lode_sql_open(store, LODE_SQL_TEXT_GET);
  lode_sql_int(&q, document->id);
  bool row;
  lode_text columns[3] = {{0}};
  lode_status status = lode_sql_step(&q, &row, err);
  static const char *const names[] = {"text.title", "text.headings", "text.body"};
  for (int i = 0; i < 3 && status == LODE_OK; i++)
    status = lode_sql_get_text(&q, i, names[i], NULL, &columns[i], err);
  if (status == LODE_OK && columns[2].size != (uint64_t)document->body_size) {
    status = lode_store_damaged(store, err, "the body of document %lld has %zu bytes, not %lld",
                                (long long)document->id, columns[2].size,
                                (long long)document->body_size);
  }
  if (status == LODE_OK) status = check_chunks(store, document, columns[2], w->counts, err);
  if (status == LODE_OK)
    status = lode_store_words_check_text(w->words, document->id, document->language, columns, err);
  lode_sql_close(&q);
  return status;
}

static lode_status check_documents(lode_store *store, counts *n, lode_error *err) {
  lode_store_words_check *words = NULL;
  lode_status status = lode_store_words_check_new(store, &words, err);
  if (status != LODE_OK) return status;
  walk w = {store, n, words};
  status = lode_store_documents(store, 0, check_document, &w, err);
  if (status == LODE_OK) status = lode_store_words_check_index(words, err);
  lode_store_words_check_free(words);
  return status;
}

/* ---------------------------------------------------------------- rows of vectors */

static bool are_finite(const uint8_t *bytes, size_t n) {
  for (size_t i = 0; i < n; i++) {
    float value;
    memcpy(&value, bytes + i * sizeof value, sizeof value);
    if (!isfinite(value)) return false;
  }
  return true;
}

/* Each row that is not dead belongs to one chunk, of the document that the row says; chunks come
 * in the order of their rows. */
static lode_status check_rows(lode_store *store, const lode_store_segment *s, const uint8_t *blob,
                              lode_sql *chunks, bool *more, lode_error *err) {
  for (size_t i = 0; i < s->count; i++) {
    if (s->dead != NULL && (s->dead[i / 8] >> i % 8 & 1) != 0) continue;
    int64_t document;
    memcpy(&document, blob + i * sizeof document, sizeof document);
    if (!*more || sqlite3_column_int64(chunks->statement, 0) != s->id ||
        sqlite3_column_int64(chunks->statement, 1) != (int64_t)i ||
        sqlite3_column_int64(chunks->statement, 2) != document) {
      return lode_store_damaged(store, err, "row %zu of segment %lld and its chunk do not agree", i,
                                (long long)s->id);
    }
    const lode_status status = lode_sql_step(chunks, more, err);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

static lode_status check_segment(lode_store *store, const lode_store_segment *s, lode_sql *chunks,
                                 bool *more, lode_error *err) {
  if (store->meta.dim == 0) return lode_store_damaged(store, err, "vectors without a model");
  const lode_store_layout l = lode_store_layout_of(store, s->count);
  if (!lode_buffer_reserve(&store->scratch, l.size, 1, 0)) return lode_error_nomem(err);
  const uint8_t *blob = store->scratch.data;
  lode_status status = lode_store_segment_data(store, s->id, l.size, store->scratch.data, err);
  const bool f32 = store->meta.dtype == LODE_DTYPE_F32;
  const size_t floats = f32 ? s->count * (size_t)store->meta.dim : s->count;
  if (status == LODE_OK && !are_finite(blob + (f32 ? l.rows : l.scales), floats)) {
    status = lode_store_damaged(store, err, "segment %lld has NaN or infinities", (long long)s->id);
  }
  if (status == LODE_OK && s->id > store->meta.last_segment)
    status = lode_store_damaged(store, err, "segment %lld is of the future", (long long)s->id);
  return status == LODE_OK ? check_rows(store, s, blob, chunks, more, err) : status;
}

static lode_status check_segments(lode_store *store, counts *n, lode_error *err) {
  lode_sql chunks = lode_sql_open(store, LODE_SQL_CHECK_ROWS);
  lode_sql q = lode_sql_open(store, LODE_SQL_SEGMENT_LIST);
  bool more = false;
  bool row = true;
  lode_status status = lode_sql_step(&chunks, &more, err);
  while (status == LODE_OK) {
    lode_store_segment s;
    status = lode_sql_step(&q, &row, err);
    if (status != LODE_OK || !row) break;
    status = lode_store_segment_read(&q, &s, err);
    if (status == LODE_OK) status = check_segment(store, &s, &chunks, &more, err);
    n->segments++;
    n->vectors += status == LODE_OK ? (int64_t)s.live : 0;
    n->dead += status == LODE_OK ? (int64_t)(s.count - s.live) : 0;
  }
  if (status == LODE_OK && more) {
    status = lode_store_damaged(store, err,
                                "a chunk has row %lld of segment %lld, which is not "
                                "there",
                                (long long)sqlite3_column_int64(chunks.statement, 1),
                                (long long)sqlite3_column_int64(chunks.statement, 0));
  }
  lode_sql_close(&q);
  lode_sql_close(&chunks);
  return status;
}

/* ---------------------------------------------------------------- all of it */

static lode_status check_counts(lode_store *store, const counts *n, lode_error *err) {
  const lode_store_meta *meta = &store->meta;
  const struct {
    const char *what;
    int64_t counted;
    int64_t said;
  } all[] = {
      {"documents", n->documents, meta->documents}, {"chunks", n->chunks, meta->chunks},
      {"vectors", n->vectors, meta->vectors},       {"dead rows", n->dead, meta->dead},
      {"segments", n->segments, meta->segments},
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    if (all[i].counted == all[i].said) continue;
    return lode_store_damaged(store, err, "has %lld %s, not %lld", (long long)all[i].counted,
                              all[i].what, (long long)all[i].said);
  }
  return LODE_OK;
}

static lode_status check_model(lode_store *store, lode_error *err) {
  if (store->meta.dim == 0) return LODE_OK;
  lode_arena arena = {0};
  lode_store_model model;
  const lode_status status = lode_store_model_get(store, &arena, &model, err);
  lode_arena_free(&arena);
  return status;
}

static lode_status check_all(lode_store *store, lode_error *err) {
  counts n = {0};
  lode_status status = check_pages(store, err);
  /* Not FTS5's own check: it knows one language only, has to be written, and SQLite 3.40 may crash
   * in it on a damaged index. check_documents compares the words with the texts. */
  if (status == LODE_OK) status = check_references(store, err);
  if (status == LODE_OK) status = check_model(store, err);
  if (status == LODE_OK) status = check_documents(store, &n, err);
  if (status == LODE_OK) status = check_segments(store, &n, err);
  return status == LODE_OK ? check_counts(store, &n, err) : status;
}

lode_status lode_store_verify(lode_store *store, lode_error *err) {
  const bool read = store->mode == LODE_STORE_READ;
  bool began = true;
  lode_status status = read ? lode_store_reading(store, &began, err) : lode_store_begin(store, err);
  if (status != LODE_OK) return status;
  status = check_all(store, err);
  if (read) {
    lode_store_read_done(store, began);
  } else {
    lode_store_rollback(store);
  }
  return status;
}
