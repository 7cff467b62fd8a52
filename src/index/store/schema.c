#include <string.h>

#include "index/store/parts.h"

/* The file says what it is in its header: application_id, "lode", and user_version, the version
 * of the schema. What is in it has to be exactly the objects of that version, written as they are
 * here: a trigger, a view or a default that others put in could make any statement do more than
 * it says. So a file is compared before any of its tables is touched.
 *
 * A new version is a new row of `versions`, with all its objects as sqlite_schema has them after
 * the upgrade of the one before (ALTER TABLE rewrites that text; a new table and INSERT … SELECT
 * do not). */

#define APPLICATION_ID 0x6c6f6465 /* "lode" */

#define TABLE(name, columns) {"table", #name, "CREATE TABLE " #name columns}
#define INDEX(name, on) {"index", #name, "CREATE INDEX " #name " ON " on}
#define UNIQUE_INDEX(name, on) {"index", #name, "CREATE UNIQUE INDEX " #name " ON " on}
#define VIRTUAL(name, module) {"table", #name, "CREATE VIRTUAL TABLE " #name " USING " module}
#define SHADOW(name, columns) {"table", #name, "CREATE TABLE '" #name "'" columns}

static const lode_store_object objects_1[] = {
    /* counts, the model, what the file is */
    TABLE(meta, "(key TEXT PRIMARY KEY NOT NULL, value ANY NOT NULL) STRICT, WITHOUT ROWID"),
    TABLE(source,
          "(id INTEGER PRIMARY KEY, root TEXT NOT NULL UNIQUE, options TEXT NOT NULL)"
          " STRICT"),
    {"index", "sqlite_autoindex_source_1", NULL},
    TABLE(document,
          "(id INTEGER PRIMARY KEY, source INTEGER NOT NULL, key TEXT NOT NULL UNIQUE,"
          " url TEXT NOT NULL, metadata TEXT NOT NULL, language INTEGER NOT NULL,"
          " format INTEGER NOT NULL, hash BLOB NOT NULL, size INTEGER NOT NULL,"
          " mtime_ns INTEGER NOT NULL, body_size INTEGER NOT NULL) STRICT"),
    {"index", "sqlite_autoindex_document_1", NULL},
    INDEX(document_source, "document(source)"),
    /* what FTS5 splits into words: its external content */
    TABLE(text,
          "(id INTEGER PRIMARY KEY, title TEXT NOT NULL, headings TEXT NOT NULL,"
          " body TEXT NOT NULL) STRICT"),
    VIRTUAL(keyword,
            "fts5(title, headings, body, content = 'text', content_rowid = 'id',"
            " tokenize = 'lode')"),
    SHADOW(keyword_data, "(id INTEGER PRIMARY KEY, block BLOB)"),
    SHADOW(keyword_idx, "(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID"),
    SHADOW(keyword_docsize, "(id INTEGER PRIMARY KEY, sz BLOB)"),
    SHADOW(keyword_config, "(k PRIMARY KEY, v) WITHOUT ROWID"),
    VIRTUAL(word, "fts5vocab(keyword, row)"),
    TABLE(chunk,
          "(document INTEGER NOT NULL, ordinal INTEGER NOT NULL, begin INTEGER NOT NULL,"
          " \"end\" INTEGER NOT NULL, source_begin INTEGER NOT NULL, source_end INTEGER NOT NULL,"
          " path TEXT NOT NULL, anchor TEXT NOT NULL, hash BLOB NOT NULL, segment INTEGER,"
          " row INTEGER, PRIMARY KEY(document, ordinal)) STRICT, WITHOUT ROWID"),
    UNIQUE_INDEX(chunk_row, "chunk(segment, row)"),
    INDEX(chunk_hash, "chunk(hash)"),
    /* a segment's small and changing part, and its large one that never changes */
    TABLE(segment,
          "(id INTEGER PRIMARY KEY, stamp INTEGER NOT NULL, count INTEGER NOT NULL,"
          " live INTEGER NOT NULL, dead BLOB) STRICT"),
    TABLE(vectors, "(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT"),
};

static const lode_store_version versions[] = {
    {1, objects_1, sizeof objects_1 / sizeof *objects_1, NULL},
};
_Static_assert(sizeof versions / sizeof *versions == LODE_STORE_SCHEMA, "the newest is the last");

const lode_store_version *lode_store_versions(size_t *count) {
  *count = sizeof versions / sizeof *versions;
  return versions;
}

/* ---------------------------------------------------------------- the header */

static lode_status pragma(lode_store *store, const char *sql, int64_t *out, lode_error *err) {
  sqlite3_stmt *statement = NULL;
  int rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_step(statement);
  if (rc == SQLITE_ROW) *out = sqlite3_column_int64(statement, 0);
  (void)sqlite3_finalize(statement);
  if (rc == SQLITE_ROW || rc == SQLITE_DONE) return LODE_OK;
  return lode_sql_fail(store, rc, err);
}

/* Has anything been written to this database? */
static lode_status is_empty(lode_store *store, bool *out, lode_error *err) {
  int64_t tables = 0;
  int64_t version = 0;
  int64_t application = 0;
  lode_status status = pragma(store, "SELECT count(*) FROM sqlite_schema", &tables, err);
  if (status == LODE_OK) status = pragma(store, "PRAGMA user_version", &version, err);
  if (status == LODE_OK) status = pragma(store, "PRAGMA application_id", &application, err);
  *out = tables == 0 && version == 0 && application == 0;
  return status;
}

/* ---------------------------------------------------------------- comparing */

static const lode_store_object *find_object(const lode_store_version *version, const char *name,
                                            size_t size) {
  for (size_t i = 0; i < version->count; i++) {
    const char *own = version->objects[i].name;
    if (strlen(own) == size && memcmp(own, name, size) == 0) return &version->objects[i];
  }
  return NULL;
}

/* ANALYZE makes these; they choose between plans and nothing else. */
static bool is_statistics(const char *type, const char *name, size_t size) {
  static const char *const names[] = {"sqlite_stat1", "sqlite_stat4"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strlen(names[i]) == size && memcmp(names[i], name, size) == 0)
      return strcmp(type, "table") == 0;
  }
  return false;
}

static lode_status compare_object(lode_store *store, const lode_store_version *version,
                                  sqlite3_stmt *row, size_t *found, lode_error *err) {
  const char *type = (const char *)sqlite3_column_text(row, 0);
  const char *name = (const char *)sqlite3_column_text(row, 1);
  const char *sql = (const char *)sqlite3_column_text(row, 2);
  if (type == NULL || name == NULL) {
    if (sqlite3_errcode(store->db) == SQLITE_NOMEM) return lode_error_nomem(err);
    return lode_store_damaged(store, err, "something without a name is in its schema");
  }
  const size_t size = (size_t)sqlite3_column_bytes(row, 1);
  if (is_statistics(type, name, size)) return LODE_OK;
  const lode_store_object *own = find_object(version, name, size);
  if (own == NULL || strcmp(own->type, type) != 0) {
    return lode_store_error(store, err, LODE_E_FORMAT, -1, -1, "has a %s '%s' that is not lode's",
                            type, name);
  }
  if ((own->sql == NULL) != (sql == NULL) || (sql != NULL && strcmp(sql, own->sql) != 0)) {
    if (sqlite3_errcode(store->db) == SQLITE_NOMEM) return lode_error_nomem(err);
    return lode_store_error(store, err, LODE_E_FORMAT, -1, -1,
                            "its %s '%s' is not as lode makes it", type, name);
  }
  ++*found;
  return LODE_OK;
}

static lode_status compare(lode_store *store, const lode_store_version *version, lode_error *err) {
  sqlite3_stmt *row = NULL;
  int rc =
      sqlite3_prepare_v2(store->db, "SELECT type, name, sql FROM sqlite_schema", -1, &row, NULL);
  lode_status status = LODE_OK;
  size_t found = 0;
  if (rc == SQLITE_OK) {
    while (status == LODE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW)
      status = compare_object(store, version, row, &found, err);
  }
  if (status == LODE_OK && rc != SQLITE_DONE) status = lode_sql_fail(store, rc, err);
  (void)sqlite3_finalize(row);
  if (status != LODE_OK) return status;
  if (found != version->count) { /* names are unique there, so one of ours is missing */
    return lode_store_damaged(store, err, "%zu of its %zu tables and indexes are missing",
                              version->count - found, version->count);
  }
  return pragma(store, "PRAGMA schema_version", &store->schema_version, err);
}

/* ---------------------------------------------------------------- making and upgrading */

static lode_status set_header(lode_store *store, int version, lode_error *err) {
  char sql[96];
  (void)sqlite3_snprintf(sizeof sql, sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                         APPLICATION_ID, version);
  return lode_sql_script(store, sql, err);
}

/* FTS5 makes its own tables, and SQLite some indexes. */
static bool is_made_by_others(const lode_store_object *object) {
  return object->sql == NULL || strstr(object->sql, "TABLE '") != NULL;
}

static lode_status make(lode_store *store, const lode_store_version *version, lode_error *err) {
  lode_status status = set_header(store, version->version, err);
  for (size_t i = 0; i < version->count && status == LODE_OK; i++) {
    if (!is_made_by_others(&version->objects[i]))
      status = lode_sql_script(store, version->objects[i].sql, err);
  }
  return status;
}

static lode_status upgrade(lode_store *store, const lode_store_version *version, size_t count,
                           lode_error *err) {
  lode_status status = LODE_OK;
  for (size_t i = 0; i + 1 < count && status == LODE_OK; i++) {
    status = lode_sql_script(store, version[i].upgrade, err);
    if (status == LODE_OK) status = set_header(store, version[i + 1].version, err);
    if (status == LODE_OK) status = compare(store, &version[i + 1], err);
  }
  return status;
}

/* The version of the file, by its header: an index into `list`. */
static lode_status find_version(lode_store *store, const lode_store_version *list, size_t count,
                                size_t *out, lode_error *err) {
  int64_t application = 0;
  int64_t version = 0;
  lode_status status = pragma(store, "PRAGMA application_id", &application, err);
  if (status == LODE_OK) status = pragma(store, "PRAGMA user_version", &version, err);
  if (status != LODE_OK) return status;
  if (application != APPLICATION_ID) {
    return lode_store_error(store, err, LODE_E_FORMAT, -1, -1,
                            "an SQLite database, but not an index of lode");
  }
  if (version > list[count - 1].version) {
    return lode_store_error(store, err, LODE_E_UNSUPPORTED, -1, -1,
                            "written by a newer lode (version %lld of the format; this one knows "
                            "%d)",
                            (long long)version, list[count - 1].version);
  }
  for (size_t i = 0; i < count; i++) {
    if (list[i].version == version) {
      *out = i;
      return LODE_OK;
    }
  }
  return lode_store_damaged(store, err, "version %lld of the format never was", (long long)version);
}

/* *change: the file has to be made or upgraded; then this does so, if `may` be. */
static lode_status prepare(lode_store *store, const lode_store_version *list, size_t count,
                           bool may, bool *change, lode_error *err) {
  bool empty;
  lode_status status = is_empty(store, &empty, err);
  if (status != LODE_OK) return status;
  if (empty) {
    if (store->mode != LODE_STORE_CREATE)
      return lode_store_error(store, err, LODE_E_FORMAT, -1, -1, "empty: not an index of lode");
    *change = true;
    if (!may) return LODE_OK;
    status = make(store, &list[count - 1], err);
    return status == LODE_OK ? compare(store, &list[count - 1], err) : status;
  }
  size_t at = 0;
  status = find_version(store, list, count, &at, err);
  if (status == LODE_OK) status = compare(store, &list[at], err);
  if (status != LODE_OK || at == count - 1) return status;
  if (store->mode == LODE_STORE_READ) {
    return lode_store_error(store, err, LODE_E_UNSUPPORTED, -1, -1,
                            "written by an older lode: it has to be opened for writing once");
  }
  *change = true;
  return may ? upgrade(store, list + at, count - at, err) : LODE_OK;
}

static lode_status prepare_in(lode_store *store, const char *begin, const lode_store_version *list,
                              size_t count, bool may, bool *change, lode_error *err) {
  lode_status status = lode_sql_script(store, begin, err);
  if (status != LODE_OK) return status;
  status = prepare(store, list, count, may, change, err);
  if (status == LODE_OK) status = lode_sql_script(store, "COMMIT", err);
  if (status != LODE_OK && sqlite3_get_autocommit(store->db) == 0)
    (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
  return status;
}

lode_status lode_store_prepare_schema(lode_store *store, const lode_store_version *list,
                                      size_t count, lode_error *err) {
  bool change = false;
  const lode_status status = prepare_in(store, "BEGIN", list, count, false, &change, err);
  if (status != LODE_OK || !change) return status;
  /* Of a new file: 5 % smaller than with SQLite's 4,096, and written 8 % faster. */
  const lode_status sized = lode_sql_script(store, "PRAGMA page_size = 8192", err);
  if (sized != LODE_OK) return sized;
  /* Looked at again, with the lock: of two that make it at once, one finds the other's work. */
  return prepare_in(store, "BEGIN IMMEDIATE", list, count, true, &change, err);
}

lode_status lode_store_check_schema(lode_store *store, lode_error *err) {
  int64_t now;
  lode_status status = lode_sql_number(store, LODE_SQL_SCHEMA_VERSION, &now, err);
  if (status != LODE_OK || now == store->schema_version) return status;
  size_t count;
  const lode_store_version *list = lode_store_versions(&count);
  size_t at = 0;
  status = find_version(store, list, count, &at, err);
  if (status == LODE_OK) status = compare(store, &list[count - 1], err);
  return status;
}
