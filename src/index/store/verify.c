#include <string.h>

#include "index/store/parts.h"

static lode_status check_pages(lode_store *store, lode_error *err) {
  sqlite3_stmt *q = NULL;
  int rc = sqlite3_prepare_v2(store->db, "PRAGMA integrity_check(1)", -1, &q, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_step(q);
  lode_status status = LODE_OK;
  if (rc == SQLITE_ROW) {
    const char *text = (const char *)sqlite3_column_text(q, 0);
    if (text == NULL) {
      status = lode_error_nomem(err);
    } else if (strcmp(text, "ok") != 0) {
      status = lode_store_damaged(store, err, "%s", text);
    }
  } else {
    status = lode_sql_fail(store, rc, err);
  }
  (void)sqlite3_finalize(q);
  return status;
}

lode_status lode_store_verify(lode_store *store, lode_error *err) {
  bool began;
  lode_status status = lode_store_reading(store, &began, err);
  if (status == LODE_OK) status = check_pages(store, err);
  lode_store_read_done(store, began);
  return status;
}
