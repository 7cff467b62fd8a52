/* A statement on its way: parameters in their order, then rows, then done. What goes wrong before
 * the first row is told by lode_sql_step, so that a call is
 *
 *   lode_sql q = lode_sql_open(store, LODE_SQL_SOURCE_HAS);
 *   lode_sql_int(&q, id);
 *   bool row;
 *   status = lode_sql_step(&q, &row, err);   ... lode_sql_column_int(&q, 0) ...
 *   lode_sql_close(&q);
 *
 * Columns are checked: a value of another type than the table's is a damaged file. */
#ifndef LODE_INDEX_STORE_SQL_H
#define LODE_INDEX_STORE_SQL_H

#include <sqlite3.h>

#include "index/store/store.h"

typedef enum lode_sql_id {
#define X(name, sql) LODE_SQL_##name,
#include "index/store/statements.inc"
#undef X
  LODE_SQL_COUNT
} lode_sql_id;

typedef struct lode_sql {
  lode_store *store;
  sqlite3_stmt *statement; /* NULL: could not be prepared */
  int rc;                  /* the first failure so far */
  int bound;               /* parameters */
  bool *in_use;            /* of a kept statement; NULL: this one is finalized in the end */
} lode_sql;

lode_sql lode_sql_open(lode_store *store, lode_sql_id id);
void lode_sql_int(lode_sql *q, int64_t value);
void lode_sql_real(lode_sql *q, double value);
void lode_sql_null(lode_sql *q);
/* Borrowed until lode_sql_close. */
void lode_sql_text(lode_sql *q, lode_text text);
void lode_sql_string(lode_sql *q, const char *text);
void lode_sql_blob(lode_sql *q, const void *data, size_t size);
/* *row: there is one; false: done. */
lode_status lode_sql_step(lode_sql *q, bool *row, lode_error *err);
void lode_sql_close(lode_sql *q);
/* Step to the end, and close. */
lode_status lode_sql_run(lode_sql *q, lode_error *err);
/* All its rows, read one by one into items of `size` bytes, and close. *list lives in the arena; on
 * failure the outputs are untouched. */
lode_status lode_sql_list(lode_sql *q, size_t size,
                          lode_status (*read)(lode_sql *q, lode_arena *arena, void *item,
                                              lode_error *err),
                          lode_arena *arena, void **list, size_t *count, lode_error *err);
/* lode_sql_run of a statement without parameters. */
lode_status lode_sql_do(lode_store *store, lode_sql_id id, lode_error *err);
/* For a PRAGMA or the like that gives one number. */
lode_status lode_sql_number(lode_store *store, lode_sql_id id, int64_t *out, lode_error *err);
/* SQL that is used once: many statements, results ignored. */
lode_status lode_sql_script(lode_store *store, const char *sql, lode_error *err);

/* Of the row at hand. Integers outside of least .. most, texts that are not UTF-8 and blobs that
 * do not have `size` bytes are a damaged file; what they are is `what` ("chunk.begin"). */
lode_status lode_sql_get_int(lode_sql *q, int column, const char *what, int64_t least, int64_t most,
                             int64_t *out, lode_error *err);
/* With arena NULL the text lives until the next step. */
lode_status lode_sql_get_text(lode_sql *q, int column, const char *what, lode_arena *arena,
                              lode_text *out, lode_error *err);
/* Lives until the next step. */
lode_status lode_sql_get_blob(lode_sql *q, int column, const char *what, size_t size,
                              const void **out, lode_error *err);
static inline bool lode_sql_is_null(lode_sql *q, int column) {
  return sqlite3_column_type(q->statement, column) == SQLITE_NULL;
}

/* What an SQLite result code is to the caller of the store: "NAME: reason". */
lode_status lode_sql_fail(lode_store *store, int rc, lode_error *err);
/* LODE_E_FORMAT: "NAME: damaged: …". */
lode_status lode_store_damaged(lode_store *store, lode_error *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Any other: "NAME: …". */
lode_status lode_store_error(lode_store *store, lode_error *err, lode_status code, int64_t item,
                             int64_t pos, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

#endif
