#include "index/store/parts.h"

/* ---------------------------------------------------------------- states */

lode_status lode_store_writing(lode_store *store, lode_error *err) {
  if (store->state != LODE_STORE_WRITING)
    return lode_store_error(store, err, LODE_E_ARG, -1, -1, "written to outside of a transaction");
  /* SQLite ends a transaction by itself after some failures, of reading too. */
  if (store->failed || sqlite3_get_autocommit(store->db) != 0) {
    return lode_store_error(store, err, LODE_E_ARG, -1, -1,
                            "written to in a transaction that has failed");
  }
  return LODE_OK;
}

lode_status lode_store_lost(lode_store *store, lode_status status) {
  if (status != LODE_OK) store->failed = true;
  return status;
}

static lode_status idle(lode_store *store, lode_error *err) {
  if (store->state == LODE_STORE_IDLE) return LODE_OK;
  return lode_store_error(store, err, LODE_E_ARG, -1, -1, "a transaction is open already");
}

/* What may have been begun is ended; SQLite itself has, after some failures. Should there be no
 * memory even for this, the next transaction begins with it. */
static void undo(lode_store *store) {
  if (sqlite3_get_autocommit(store->db) == 0) {
    /* A caller who cancels does not cancel this. */
    sqlite3_progress_handler(store->db, 0, NULL, NULL);
    (void)lode_sql_do(store, LODE_SQL_ROLLBACK, NULL);
    lode_store_watch_progress(store);
  }
  store->state = LODE_STORE_IDLE;
}

static lode_status start(lode_store *store, lode_sql_id begin, lode_store_state state,
                         lode_error *err) {
  undo(store);
  lode_status status = lode_sql_do(store, begin, err);
  if (status != LODE_OK) return status;
  store->state = state;
  status = lode_store_check_schema(store, err);
  if (status == LODE_OK) status = lode_store_meta_read(store, err);
  if (status != LODE_OK) undo(store);
  return status;
}

/* ---------------------------------------------------------------- writing */

lode_status lode_store_begin(lode_store *store, lode_error *err) {
  if (store->mode == LODE_STORE_READ)
    return lode_store_error(store, err, LODE_E_ARG, -1, -1, "was opened for reading");
  lode_status status = idle(store, err);
  if (status != LODE_OK) return status;
  store->failed = false;
  store->vectors_changed = false;
  lode_store_segments_forget(store);
  return start(store, LODE_SQL_BEGIN_WRITE, LODE_STORE_WRITING, err);
}

lode_status lode_store_commit(lode_store *store, lode_error *err) {
  lode_status status = lode_store_writing(store, err);
  if (store->state != LODE_STORE_WRITING) return status;
  if (status == LODE_OK) status = lode_store_segments_settle(store, err);
  if (status == LODE_OK) {
    if (store->vectors_changed) store->meta.generation++;
    status = lode_store_meta_write(store, err);
  }
  if (status == LODE_OK) status = lode_sql_do(store, LODE_SQL_COMMIT, err);
  lode_store_segments_forget(store);
  if (status != LODE_OK) undo(store);
  store->state = LODE_STORE_IDLE;
  return status;
}

void lode_store_rollback(lode_store *store) {
  if (store->state != LODE_STORE_WRITING) return;
  lode_store_segments_forget(store);
  undo(store);
}

/* ---------------------------------------------------------------- reading */

lode_status lode_store_read_begin(lode_store *store, lode_error *err) {
  const lode_status status = idle(store, err);
  return status == LODE_OK ? start(store, LODE_SQL_BEGIN_READ, LODE_STORE_READING, err) : status;
}

void lode_store_read_end(lode_store *store) {
  if (store->state == LODE_STORE_READING) undo(store);
}

lode_status lode_store_reading(lode_store *store, bool *began, lode_error *err) {
  *began = store->state == LODE_STORE_IDLE;
  if (!*began) return LODE_OK;
  const lode_status status = lode_store_read_begin(store, err);
  if (status != LODE_OK) *began = false;
  return status;
}

void lode_store_read_done(lode_store *store, bool began) {
  if (began) lode_store_read_end(store);
}
