#include "index/store/parts.h"

/* Which languages there are documents in: of those that were, some may have gone. */
static lode_status count_languages(lode_store *store, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_DOCUMENT_LANGUAGES);
  bool row;
  lode_languages found = 0;
  lode_status status;
  while ((status = lode_sql_step(&q, &row, err)) == LODE_OK && row) {
    int64_t language = 0;
    status =
        lode_sql_get_int(&q, 0, "document.language", 0, LODE_LANGUAGE_COUNT - 1, &language, err);
    if (status != LODE_OK) break;
    found |= LODE_LANGUAGE_BIT(language);
  }
  lode_sql_close(&q);
  if (status == LODE_OK) store->meta.languages = found;
  return status;
}

static lode_status tidy(lode_store *store, lode_error *err) {
  lode_status status = lode_store_segments_pack(store, err);
  if (status == LODE_OK) status = lode_sql_do(store, LODE_SQL_WORDS_OPTIMIZE, err);
  if (status == LODE_OK) status = count_languages(store, err);
  return lode_store_lost(store, status);
}

/* The file is written anew without the pages that are not in use, through the log, so that it is
 * the old or the new one whatever happens; then the log is written back. Those who read an older
 * state can keep that from happening now: then it happens later. */
static lode_status shrink(lode_store *store, lode_error *err) {
  int64_t unused;
  lode_status status = lode_sql_number(store, LODE_SQL_FREE_PAGES, &unused, err);
  if (status == LODE_OK && unused > 0) status = lode_sql_script(store, "VACUUM", err);
  if (status == LODE_OK) status = lode_sql_script(store, "PRAGMA wal_checkpoint(TRUNCATE)", err);
  return status == LODE_E_BUSY ? LODE_OK : status;
}

lode_status lode_store_compact(lode_store *store, lode_error *err) {
  lode_status status = lode_store_begin(store, err);
  if (status != LODE_OK) return status;
  status = tidy(store, err);
  if (status != LODE_OK) {
    lode_store_rollback(store);
    return status;
  }
  status = lode_store_commit(store, err);
  return status == LODE_OK ? shrink(store, err) : status;
}
