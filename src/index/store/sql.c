#include "index/store/sql.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "index/store/parts.h"
#include "index/store/system.h"

static const char *const texts[LODE_SQL_COUNT] = {
#define X(name, sql) [LODE_SQL_##name] = sql,
#include "index/store/statements.inc"
#undef X
};

/* ---------------------------------------------------------------- statements */

/* A visitor may use a statement that is on its way already: then it gets one of its own. */
lode_sql lode_sql_open(lode_store *store, lode_sql_id id) {
  lode_sql q = {.store = store};
  if (!store->in_use[id]) {
    sqlite3_stmt **kept = &store->statements[id];
    if (*kept == NULL)
      q.rc = sqlite3_prepare_v3(store->db, texts[id], -1, SQLITE_PREPARE_PERSISTENT, kept, NULL);
    q.statement = *kept;
    if (q.statement != NULL) {
      q.in_use = &store->in_use[id];
      *q.in_use = true;
    }
  } else {
    q.rc = sqlite3_prepare_v2(store->db, texts[id], -1, &q.statement, NULL);
  }
  return q;
}

static void keep(lode_sql *q, int rc) {
  if (q->rc == SQLITE_OK) q->rc = rc;
}

void lode_sql_int(lode_sql *q, int64_t value) {
  if (q->rc == SQLITE_OK) keep(q, sqlite3_bind_int64(q->statement, ++q->bound, value));
}

void lode_sql_real(lode_sql *q, double value) {
  if (q->rc == SQLITE_OK) keep(q, sqlite3_bind_double(q->statement, ++q->bound, value));
}

void lode_sql_null(lode_sql *q) {
  if (q->rc == SQLITE_OK) keep(q, sqlite3_bind_null(q->statement, ++q->bound));
}

void lode_sql_text(lode_sql *q, lode_text text) {
  if (q->rc != SQLITE_OK) return;
  const char *data = text.size > 0 ? text.data : "";
  keep(q,
       sqlite3_bind_text64(q->statement, ++q->bound, data, text.size, SQLITE_STATIC, SQLITE_UTF8));
}

void lode_sql_string(lode_sql *q, const char *text) {
  lode_sql_text(q, (lode_text){text, strlen(text)});
}

void lode_sql_blob(lode_sql *q, const void *data, size_t size) {
  if (q->rc == SQLITE_OK)
    keep(q, sqlite3_bind_blob64(q->statement, ++q->bound, data, size, SQLITE_STATIC));
}

lode_status lode_sql_step(lode_sql *q, bool *row, lode_error *err) {
  *row = false;
  if (q->rc == SQLITE_OK) {
    const int rc = sqlite3_step(q->statement);
    if (rc == SQLITE_DONE) return LODE_OK;
    if (rc == SQLITE_ROW) {
      *row = true;
      return LODE_OK;
    }
    q->rc = rc;
  }
  return lode_sql_fail(q->store, q->rc, err);
}

void lode_sql_close(lode_sql *q) {
  if (q->statement == NULL) return;
  if (q->in_use != NULL) {
    (void)sqlite3_reset(q->statement); /* says again what the step has said */
    (void)sqlite3_clear_bindings(q->statement);
    *q->in_use = false;
  } else {
    (void)sqlite3_finalize(q->statement);
  }
  q->statement = NULL;
}

lode_status lode_sql_run(lode_sql *q, lode_error *err) {
  bool row = true;
  lode_status status = LODE_OK;
  while (status == LODE_OK && row) status = lode_sql_step(q, &row, err);
  lode_sql_close(q);
  return status;
}

lode_status lode_sql_list(lode_sql *q, size_t size,
                          lode_status (*read)(lode_sql *q, lode_arena *arena, void *item,
                                              lode_error *err),
                          lode_arena *arena, void **list, size_t *count, lode_error *err) {
  lode_buffer found = {0};
  size_t n = 0;
  bool row;
  lode_status status;
  while ((status = lode_sql_step(q, &row, err)) == LODE_OK && row) {
    if (!lode_buffer_reserve(&found, n + 1, size, n * size)) {
      status = lode_error_nomem(err);
      break;
    }
    status = read(q, arena, (uint8_t *)found.data + n * size, err);
    if (status != LODE_OK) break;
    n++;
  }
  lode_sql_close(q);
  void *copy = status == LODE_OK ? lode_arena_array(arena, n, size) : NULL;
  if (copy != NULL) {
    if (n > 0) memcpy(copy, found.data, n * size);
    *list = copy;
    *count = n;
  } else if (status == LODE_OK) {
    status = lode_error_nomem(err);
  }
  lode_buffer_free(&found);
  return status;
}

lode_status lode_sql_do(lode_store *store, lode_sql_id id, lode_error *err) {
  lode_sql q = lode_sql_open(store, id);
  return lode_sql_run(&q, err);
}

lode_status lode_sql_number(lode_store *store, lode_sql_id id, int64_t *out, lode_error *err) {
  lode_sql q = lode_sql_open(store, id);
  bool row;
  const lode_status status = lode_sql_step(&q, &row, err);
  if (status == LODE_OK) *out = row ? sqlite3_column_int64(q.statement, 0) : 0;
  lode_sql_close(&q);
  return status;
}

lode_status lode_sql_script(lode_store *store, const char *sql, lode_error *err) {
  const int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
  return rc == SQLITE_OK ? LODE_OK : lode_sql_fail(store, rc, err);
}

/* ---------------------------------------------------------------- columns */

static lode_status wrong_type(lode_sql *q, const char *what, lode_error *err) {
  if (sqlite3_errcode(q->store->db) == SQLITE_NOMEM) return lode_error_nomem(err);
  return lode_store_damaged(q->store, err, "%s has a value of the wrong type", what);
}

lode_status lode_sql_get_int(lode_sql *q, int column, const char *what, int64_t least, int64_t most,
                             int64_t *out, lode_error *err) {
  if (sqlite3_column_type(q->statement, column) != SQLITE_INTEGER) return wrong_type(q, what, err);
  const int64_t value = sqlite3_column_int64(q->statement, column);
  if (value < least || value > most)
    return lode_store_damaged(q->store, err, "%s is %lld", what, (long long)value);
  *out = value;
  return LODE_OK;
}

lode_status lode_sql_get_text(lode_sql *q, int column, const char *what, lode_arena *arena,
                              lode_text *out, lode_error *err) {
  if (sqlite3_column_type(q->statement, column) != SQLITE_TEXT) return wrong_type(q, what, err);
  const char *data = (const char *)sqlite3_column_text(q->statement, column);
  if (data == NULL) return lode_error_nomem(err); /* a text that could not be loaded */
  const size_t size = (size_t)sqlite3_column_bytes(q->statement, column);
  if (lode_utf8_valid(data, size) != size)
    return lode_store_damaged(q->store, err, "%s is not UTF-8", what);
  if (arena != NULL && (data = lode_arena_string(arena, data, size)) == NULL)
    return lode_error_nomem(err);
  *out = (lode_text){data, size};
  return LODE_OK;
}

lode_status lode_sql_get_blob(lode_sql *q, int column, const char *what, size_t size,
                              const void **out, lode_error *err) {
  if (sqlite3_column_type(q->statement, column) != SQLITE_BLOB) return wrong_type(q, what, err);
  const void *data = sqlite3_column_blob(q->statement, column);
  const size_t has = (size_t)sqlite3_column_bytes(q->statement, column);
  if (has != size)
    return lode_store_damaged(q->store, err, "%s has %zu bytes, not %zu", what, has, size);
  if (data == NULL && size > 0) return lode_error_nomem(err);
  *out = data;
  return LODE_OK;
}

/* ---------------------------------------------------------------- errors */

lode_status lode_store_error(lode_store *store, lode_error *err, lode_status code, int64_t item,
                             int64_t pos, const char *fmt, ...) {
  if (err == NULL) return code;
  char text[sizeof err->text];
  va_list args;
  va_start(args, fmt);
  (void)vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  return lode_error_set(err, code, item, pos, "%s: %s", store->path, text);
}

lode_status lode_store_damaged(lode_store *store, lode_error *err, const char *fmt, ...) {
  if (err == NULL) return LODE_E_FORMAT;
  char text[sizeof err->text];
  va_list args;
  va_start(args, fmt);
  (void)vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  return lode_error_set(err, LODE_E_FORMAT, -1, -1, "%s: damaged: %s", store->path, text);
}

static lode_status fail_io(lode_store *store, int rc, lode_error *err) {
  const int number = sqlite3_system_errno(store->db);
  if (number == ENOSPC || number == EDQUOT || rc == SQLITE_FULL) {
    return lode_store_error(store, err, LODE_E_IO, -1, -1, "%s", lode_store_no_room());
  }
  if (number != 0)
    return lode_store_error(store, err, LODE_E_IO, -1, -1, "%s: %s", sqlite3_errstr(rc),
                            strerror(number));
  return lode_store_error(store, err, LODE_E_IO, -1, -1, "%s", sqlite3_errstr(rc));
}

lode_status lode_sql_fail(lode_store *store, int rc, lode_error *err) {
  switch (rc & 0xff) {
    case SQLITE_NOMEM:
      return lode_error_nomem(err);
    case SQLITE_INTERRUPT:
      return lode_store_error(store, err, LODE_E_CANCELLED, -1, -1, "cancelled");
    case SQLITE_BUSY:
    case SQLITE_PROTOCOL:
    case SQLITE_LOCKED:
      return lode_store_error(store, err, LODE_E_BUSY, -1, -1, "in use by another process");
    case SQLITE_READONLY:
      if (rc == SQLITE_READONLY_ROLLBACK || rc == SQLITE_READONLY_RECOVERY ||
          rc == SQLITE_READONLY_CANTINIT) {
        return lode_store_error(store, err, LODE_E_IO, -1, -1,
                                "its writer was interrupted: it has to be opened once where it "
                                "can be written");
      }
      return lode_store_error(store, err, LODE_E_IO, -1, -1, "cannot be written: read-only");
    case SQLITE_NOTADB:
      return lode_store_error(store, err, LODE_E_FORMAT, -1, -1, "not an index of lode");
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return fail_io(store, rc, err);
    default:
      break; /* corrupt, or against a constraint that everything was checked for before */
  }
  return lode_store_damaged(store, err, "%s", sqlite3_errmsg(store->db));
}
