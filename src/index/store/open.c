#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "index/store/parts.h"
#include "index/store/system.h"

enum {
  WAIT_MS = 5000,       /* for others, unless the caller says */
  STEPS_BETWEEN = 4000, /* of SQLite's machine, before the caller is asked whether to go on */
  WRITER_CACHE_KIB = 32768,
  READER_CACHE_KIB = 8192,
  WAL_LIMIT = 16 << 20, /* bytes that -wal keeps when it has been written back */
};

/* ---------------------------------------------------------------- waiting, cancelling */

static bool is_cancelled(const lode_store *store) {
  return store->options.cancelled != NULL && store->options.cancelled(store->options.user) != 0;
}

static int on_progress(void *user) {
  return is_cancelled(user);
}

void lode_store_watch_progress(lode_store *store) {
  if (store->options.cancelled != NULL)
    sqlite3_progress_handler(store->db, STEPS_BETWEEN, on_progress, store);
}

/* Another process has the lock: sleep, longer each time, as long as the caller wants to wait. */
static int on_busy(void *user, int times) {
  lode_store *store = user;
  const double now = lode_clock_seconds();
  if (times == 0) store->wait_since = now;
  const int wait = store->options.wait_ms;
  if (wait < 0 || now - store->wait_since >= wait / 1000.0 || is_cancelled(store)) return 0;
  (void)sqlite3_sleep(times < 5 ? 1 << times : 50);
  return 1;
}

/* ---------------------------------------------------------------- the connection */

static bool is_in_memory(const lode_store *store) {
  return store->path[0] == '\0';
}

/* "./:memory:" is a file, ":memory:" is none; "file:x" neither. */
static char *plain_name(const char *path) {
  const char *before = path[0] == '\0' ? ":memory:" : path[0] == '/' ? "" : "./";
  const size_t size = strlen(before) + strlen(path) + 1;
  char *name = malloc(size);
  if (name != NULL) (void)snprintf(name, size, "%s%s", before, path);
  return name;
}

/* "file:…?immutable=1": read without locks and without files beside it. */
static char *immutable_name(const char *path) {
  const size_t size = 3 * strlen(path) + 32;
  char *name = malloc(size);
  if (name == NULL) return NULL;
  size_t used = (size_t)snprintf(name, size, "file:%s", path[0] == '/' ? "" : "./");
  for (; *path != '\0'; path++) {
    const bool special = *path == '%' || *path == '?' || *path == '#';
    used += (size_t)snprintf(name + used, size - used, special ? "%%%02x" : "%c",
                             (unsigned)(unsigned char)*path);
  }
  (void)snprintf(name + used, size - used, "?immutable=1");
  return name;
}

static void disconnect(lode_store *store) {
  for (size_t i = 0; i < LODE_SQL_COUNT; i++) {
    (void)sqlite3_finalize(store->statements[i]);
    store->statements[i] = NULL;
  }
  (void)sqlite3_close(store->db); /* no statement is left that could keep it open */
  store->db = NULL;
}

/* The file decides nothing but data: no trigger, view or function of its schema is run, and no
 * value can be larger than the file. */
static void restrict_connection(sqlite3 *db) {
  static const struct {
    int what;
    int on;
  } settings[] = {
      {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
      {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
      {SQLITE_DBCONFIG_DQS_DDL, 0},        {SQLITE_DBCONFIG_DQS_DML, 0},
      {SQLITE_DBCONFIG_ENABLE_FKEY, 0},
  };
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
    (void)sqlite3_db_config(db, settings[i].what, settings[i].on, (int *)NULL);
  static const struct {
    int what;
    int most;
  } limits[] = {
      {SQLITE_LIMIT_SQL_LENGTH, 100000}, {SQLITE_LIMIT_COLUMN, 100},
      {SQLITE_LIMIT_EXPR_DEPTH, 100},    {SQLITE_LIMIT_ATTACHED, 1 /* VACUUM's */},
      {SQLITE_LIMIT_TRIGGER_DEPTH, 1},   {SQLITE_LIMIT_WORKER_THREADS, 0},
  };
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
    (void)sqlite3_limit(db, limits[i].what, limits[i].most);
}

static lode_status connect_as(lode_store *store, const char *name, int flags, lode_error *err) {
  const int rc = sqlite3_open_v2(name, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
  if (rc != SQLITE_OK) {
    if (store->db == NULL) return lode_error_nomem(err);
    return lode_sql_fail(store, sqlite3_extended_errcode(store->db), err);
  }
  (void)sqlite3_extended_result_codes(store->db, 1);
  restrict_connection(store->db);
  (void)sqlite3_busy_handler(store->db, on_busy, store);
  lode_store_watch_progress(store);
  char sql[128];
  (void)snprintf(sql, sizeof sql,
                 "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA cache_size = -%d",
                 store->mode == LODE_STORE_READ ? READER_CACHE_KIB : WRITER_CACHE_KIB);
  lode_status status = lode_sql_script(store, sql, err);
  /* Alone with the file SQLite asks nothing of the system that processes would share. */
  if (status == LODE_OK && !lode_store_is_shared())
    status = lode_sql_script(store, "PRAGMA locking_mode = EXCLUSIVE", err);
  if (status == LODE_OK) status = lode_fts5_register(store->db, &store->fts5, err);
  return status;
}

/* ---------------------------------------------------------------- ways to open */

static lode_status open_plain(lode_store *store, int flags, lode_error *err) {
  char *name = plain_name(store->path);
  if (name == NULL) return lode_error_nomem(err);
  lode_status status = connect_as(store, name, flags, err);
  free(name);
  if (status == LODE_OK && store->mode != LODE_STORE_READ &&
      sqlite3_db_readonly(store->db, "main") == 1) {
    return lode_store_error(store, err, LODE_E_IO, -1, -1, "cannot be written: read-only");
  }
  return status;
}

/* Are there changes that are not in the file itself yet? */
static bool has_log(const char *path) {
  return lode_store_size_of(path, "-wal") > 0 || lode_store_size_of(path, "-journal") > 0;
}

/* A file that a writer left for others to read, in a folder where nothing can be made (a CD, an
 * image of a container): it does not change, so it needs no locks. */
static lode_status open_immutable(lode_store *store, lode_error *err) {
  char *name = immutable_name(store->path);
  if (name == NULL) return lode_error_nomem(err);
  const lode_status status = connect_as(store, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
  free(name);
  return status;
}

static lode_status check_text_encoding(lode_store *store, lode_error *err) {
  sqlite3_stmt *statement = NULL;
  int rc = sqlite3_prepare_v2(store->db, "PRAGMA encoding", -1, &statement, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_step(statement);
  const char *name = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
  const bool is_utf8 = name != NULL && strcmp(name, "UTF-8") == 0;
  (void)sqlite3_finalize(statement);
  if (rc != SQLITE_ROW) return lode_sql_fail(store, rc, err);
  return is_utf8 ? LODE_OK : lode_store_damaged(store, err, "its texts are not in UTF-8");
}

/* A writer was killed, and its log has to be played back or rolled back first, which SQLite does
 * only where it may write: at the first look into the file. */
static lode_status open_after_recovery(lode_store *store, lode_error *err) {
  lode_status status = open_plain(store, SQLITE_OPEN_READWRITE, err);
  if (status == LODE_OK) {
    status = lode_sql_script(store, "SELECT count(*) FROM sqlite_schema", err);
  }
  disconnect(store);
  return status == LODE_OK ? open_plain(store, SQLITE_OPEN_READONLY, err) : status;
}

/* Where nobody else reads, a log has no use: new pages are written to their place at once, and what
 * is overwritten is kept beside the file until the commit. A file that was in the other mode is
 * brought out of it. */
static lode_status start_journal(lode_store *store, lode_error *err) {
  return lode_sql_script(store, "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL", err);
}

/* A log beside the file, so that writing does not block those who read. It takes a moment in
 * which nobody reads; where that does not come, or the file system cannot, the old way will do:
 * then a commit waits for those who read, and they for it. */
static lode_status start_log(lode_store *store, lode_error *err) {
  sqlite3_stmt *statement = NULL;
  int rc = sqlite3_prepare_v2(store->db, "PRAGMA journal_mode = WAL", -1, &statement, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_step(statement);
  const char *mode = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
  const bool wal = mode != NULL && strcmp(mode, "wal") == 0;
  (void)sqlite3_finalize(statement);
  if (rc != SQLITE_ROW && (rc & 0xff) != SQLITE_BUSY) return lode_sql_fail(store, rc, err);
  char sql[96];
  (void)snprintf(sql, sizeof sql, "PRAGMA synchronous = %s; PRAGMA journal_size_limit = %d",
                 wal ? "NORMAL" : "FULL", WAL_LIMIT);
  return lode_sql_script(store, sql, err);
}

static lode_status open_store(lode_store *store, lode_error *err) {
  static const int flags[] = {SQLITE_OPEN_READONLY, SQLITE_OPEN_READWRITE,
                              SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE};
  lode_status status = LODE_OK;
  if (!is_in_memory(store))
    status = lode_store_look_at(store->path, store->mode == LODE_STORE_CREATE, err);
  if (status != LODE_OK) return status;
  size_t count;
  const lode_store_version *list = lode_store_versions(&count);
  status = open_plain(store, flags[store->mode], err);
  if (status == LODE_OK) status = lode_store_prepare_schema(store, list, count, err);
  if (status == LODE_E_IO && store->mode == LODE_STORE_READ) {
    disconnect(store);
    status = has_log(store->path) ? open_after_recovery(store, err) : open_immutable(store, err);
    if (status == LODE_OK) status = lode_store_prepare_schema(store, list, count, err);
  }
  if (status == LODE_OK) status = check_text_encoding(store, err);
  if (status == LODE_OK && store->mode != LODE_STORE_READ)
    status = lode_store_is_shared() ? start_log(store, err) : start_journal(store, err);
  if (status == LODE_OK) status = lode_store_meta_read(store, err);
  return status;
}

/* ---------------------------------------------------------------- life */

static void free_store(lode_store *store) {
  disconnect(store);
  lode_store_segments_forget(store);
  lode_buffer_free(&store->pending.documents);
  lode_buffer_free(&store->pending.codes);
  lode_buffer_free(&store->pending.scales);
  lode_buffer_free(&store->pending.rows);
  lode_buffer_free(&store->deaths);
  lode_buffer_free(&store->scratch);
  free(store->path);
  free(store);
}

lode_status lode_store_open(const char *path, lode_store_mode mode,
                            const lode_store_options *options, lode_store **out, lode_error *err) {
  *out = NULL;
  if (path == NULL ? mode != LODE_STORE_CREATE : path[0] == '\0')
    return lode_error_set(err, LODE_E_ARG, -1, -1, "a store needs a path");
  lode_store *store = calloc(1, sizeof *store);
  if (store == NULL) return lode_error_nomem(err);
  store->mode = mode;
  if (options != NULL) store->options = *options;
  if (store->options.wait_ms == 0) store->options.wait_ms = WAIT_MS;
  const char *name = path != NULL ? path : "";
  const size_t size = strlen(name) + 1;
  store->path = malloc(size);
  if (store->path != NULL) memcpy(store->path, name, size);
  const lode_status status = store->path == NULL ? lode_error_nomem(err) : open_store(store, err);
  if (status != LODE_OK) {
    free_store(store);
    return status;
  }
  *out = store;
  return LODE_OK;
}

/* One file again, if nobody else has it open: a file in the other mode wants a folder in which
 * two more can be made, even to be read. */
static void end_log(lode_store *store) {
  (void)sqlite3_busy_handler(store->db, NULL, NULL);
  sqlite3_progress_handler(store->db, 0, NULL, NULL);
  (void)sqlite3_exec(store->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
}

void lode_store_close(lode_store *store) {
  if (store == NULL) return;
  lode_store_rollback(store);
  lode_store_read_end(store);
  if (store->mode != LODE_STORE_READ) end_log(store);
  free_store(store);
}
