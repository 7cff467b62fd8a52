/* Roots that were indexed. */
#include <string.h>

#include "index/store/parts.h"

lode_status lode_store_source_put(lode_store *store, const char *root, const char *options,
                                  int64_t *id, lode_error *err) {
  lode_status status = lode_store_writing(store, err);
  if (status == LODE_OK)
    status = lode_store_check_utf8(store, (lode_text){root, strlen(root)}, "a root", -1, err);
  if (status == LODE_OK) {
    status = lode_store_check_utf8(store, (lode_text){options, strlen(options)}, "a root's options",
                                   -1, err);
  }
  if (status != LODE_OK) return status;
  lode_sql q = lode_sql_open(store, LODE_SQL_SOURCE_PUT);
  lode_sql_string(&q, root);
  lode_sql_string(&q, options);
  status = lode_sql_run(&q, err);
  if (status != LODE_OK) return lode_store_lost(store, status);
  q = lode_sql_open(store, LODE_SQL_SOURCE_ID);
  lode_sql_string(&q, root);
  bool row;
  status = lode_sql_step(&q, &row, err);
  int64_t found = 0;
  if (status == LODE_OK && !row) status = lode_store_damaged(store, err, "source was not found");
  if (status == LODE_OK) status = lode_sql_get_int(&q, 0, "source.id", 1, INT64_MAX, &found, err);
  lode_sql_close(&q);
  if (status != LODE_OK) return lode_store_lost(store, status);
  *id = found;
  return LODE_OK;
}

/* The first of its documents; 0: none is left. */
static lode_status next_document(lode_store *store, int64_t source, int64_t *out, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_SOURCE_DOCUMENT);
  lode_sql_int(&q, source);
  bool row;
  *out = 0;
  lode_status status = lode_sql_step(&q, &row, err);
  if (status == LODE_OK && row)
    status = lode_sql_get_int(&q, 0, "document.id", 1, INT64_MAX, out, err);
  lode_sql_close(&q);
  return status;
}

lode_status lode_store_source_remove(lode_store *store, int64_t id, lode_error *err) {
  lode_status status = lode_store_writing(store, err);
  int64_t document = 1;
  while (status == LODE_OK) {
    status = next_document(store, id, &document, err);
    if (document == 0) break;
    if (status == LODE_OK) status = lode_store_remove(store, document, err);
    /* A document that is in the index of documents and not in their table. */
    if (status == LODE_E_NOT_FOUND)
      status = lode_store_damaged(store, err, "document %lld is missing", (long long)document);
  }
  if (status != LODE_OK) return lode_store_lost(store, status);
  lode_sql q = lode_sql_open(store, LODE_SQL_SOURCE_REMOVE);
  lode_sql_int(&q, id);
  status = lode_sql_run(&q, err);
  if (status != LODE_OK) return lode_store_lost(store, status);
  if (sqlite3_changes(store->db) > 0) return LODE_OK;
  return lode_store_error(store, err, LODE_E_NOT_FOUND, -1, -1, "has no source %lld",
                          (long long)id);
}

static lode_status read_source(lode_sql *q, lode_arena *arena, lode_store_source *out,
                               lode_error *err) {
  lode_text root = {0};
  lode_text options = {0};
  lode_status status = lode_sql_get_int(q, 0, "source.id", 1, INT64_MAX, &out->id, err);
  if (status == LODE_OK) status = lode_sql_get_text(q, 1, "source.root", arena, &root, err);
  if (status == LODE_OK) status = lode_sql_get_text(q, 2, "source.options", arena, &options, err);
  out->root = root.data;
  out->options = options.data;
  return status;
}

lode_status lode_store_sources(lode_store *store, lode_arena *arena, lode_store_source **list,
                               size_t *count, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_SOURCE_LIST);
  lode_buffer found = {0};
  size_t n = 0;
  bool row;
  lode_status status;
  while ((status = lode_sql_step(&q, &row, err)) == LODE_OK && row) {
    if (!lode_buffer_reserve(&found, n + 1, sizeof **list, n * sizeof **list)) {
      status = lode_error_nomem(err);
      break;
    }
    status = read_source(&q, arena, (lode_store_source *)found.data + n, err);
    if (status != LODE_OK) break;
    n++;
  }
  lode_sql_close(&q);
  if (status == LODE_OK) {
    lode_store_source *copy = lode_arena_array(arena, n, sizeof *copy);
    if (copy == NULL) status = lode_error_nomem(err);
    if (copy != NULL && n > 0) memcpy(copy, found.data, n * sizeof *copy);
    *list = copy;
    *count = n;
  }
  lode_buffer_free(&found);
  return status;
}
