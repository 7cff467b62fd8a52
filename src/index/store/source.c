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

static lode_status read_source(lode_sql *q, lode_arena *arena, void *out, lode_error *err) {
  lode_store_source *source = out;
  lode_text root = {0};
  lode_text options = {0};
  lode_status status = lode_sql_get_int(q, 0, "source.id", 1, INT64_MAX, &source->id, err);
  if (status == LODE_OK) status = lode_sql_get_text(q, 1, "source.root", arena, &root, err);
  if (status == LODE_OK) status = lode_sql_get_text(q, 2, "source.options", arena, &options, err);
  source->root = root.data;
  source->options = options.data;
  return status;
}

lode_status lode_store_sources(lode_store *store, lode_arena *arena, lode_store_source **list,
                               size_t *count, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_SOURCE_LIST);
  void *found = NULL;
  const lode_status status =
      lode_sql_list(&q, sizeof **list, read_source, arena, &found, count, err);
  if (status == LODE_OK) *list = found;
  return status;
}
