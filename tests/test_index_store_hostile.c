/* Files that are no stores, of other versions, cut off, changed by others: an error that says so,
 * and the store's own checks find what was changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "index/store/parts.h"
#include "index_store.h"

typedef struct fixture {
  store_place place;
  lode_arena arena;
  lode_error err;
} fixture;

/* A store of a few documents, closed. */
static int setup(void **state) {
  fixture *f = calloc(1, sizeof *f);
  if (f == NULL || !store_place_make(&f->place)) return -1;
  lode_store *store = NULL;
  int64_t source;
  ok(f, lode_store_open(f->place.path, LODE_STORE_CREATE, NULL, &store, &f->err));
  ok(f, lode_store_begin(store, &f->err));
  ok(f, store_set_sample_model(store, LODE_DTYPE_I8, &f->err));
  ok(f, lode_store_source_put(store, "/docs", "{}", &source, &f->err));
  static store_sample s;
  for (uint64_t i = 0; i < 12; i++) {
    const uint64_t seeds[] = {i, i + 100, i + 200};
    store_sample_make(&s, source, i, seeds, 3);
    ok(f, lode_store_put(store, &s.put, NULL, &f->err));
  }
  ok(f, lode_store_remove(store, 5, &f->err));
  ok(f, lode_store_commit(store, &f->err));
  lode_store_close(store);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  fixture *f = *state;
  lode_arena_free(&f->arena);
  store_place_remove(&f->place);
  free(f);
  return 0;
}

/* Opening fails like this in each way of opening, and says so. */
static void refused(fixture *f, lode_status status, const char *text) {
  for (int mode = LODE_STORE_READ; mode <= (int)LODE_STORE_CREATE; mode++) {
    lode_store *store = NULL;
    const lode_status got =
        lode_store_open(f->place.path, (lode_store_mode)mode, NULL, &store, &f->err);
    if (got != status || strstr(f->err.text, text) == NULL)
      fail_msg("mode %d: %s: %s", mode, lode_status_name(got), f->err.text);
    assert_null(store);
    assert_int_equal(f->err.code, status);
    assert_memory_equal(f->err.text, f->place.path, strlen(f->place.path));
  }
}

/* What a program that knows nothing of stores could do to the file. */
static void run_sql(fixture *f, const char *sql) {
  sqlite3 *db = NULL;
  lode_fts5 *fts5 = NULL;
  assert_int_equal(sqlite3_open(f->place.path, &db), SQLITE_OK);
  ok(f, lode_fts5_register(db, &fts5, &f->err));
  char *message = NULL;
  if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) fail_msg("%s: %s", sql, message);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void write_file(fixture *f, const void *data, size_t size) {
  assert_true(store_file_write(f->place.path, data, size));
}

/* ---------------------------------------------------------------- not a store */

static void no_file(void **state) {
  fixture *f = *state;
  lode_store *store = NULL;
  assert_int_equal(unlink(f->place.path), 0);
  assert_int_equal(lode_store_open(f->place.path, LODE_STORE_READ, NULL, &store, &f->err),
                   LODE_E_NOT_FOUND);
  assert_int_equal(lode_store_open(f->place.path, LODE_STORE_WRITE, NULL, &store, &f->err),
                   LODE_E_NOT_FOUND);
  assert_int_equal(store_file_size(f->place.path), -1);
  assert_int_equal(lode_store_open("", LODE_STORE_CREATE, NULL, &store, &f->err), LODE_E_ARG);
  assert_int_equal(lode_store_open(f->place.folder, LODE_STORE_CREATE, NULL, &store, &f->err),
                   LODE_E_IO);
  assert_non_null(strstr(f->err.text, "directory"));
  char path[400];
  (void)snprintf(path, sizeof path, "%s/none/a.lode", f->place.folder);
  assert_int_equal(lode_store_open(path, LODE_STORE_CREATE, NULL, &store, &f->err), LODE_E_IO);
  assert_int_equal(lode_store_open("/dev/null", LODE_STORE_CREATE, NULL, &store, &f->err),
                   LODE_E_IO);
  assert_int_equal(mkfifo(f->place.path, 0600), 0);
  refused(f, LODE_E_IO, "not a regular file");
}

/* Names that SQLite has a meaning of its own for. */
static void strange_names(void **state) {
  fixture *f = *state;
  static const char *const names[] = {":memory:", "file:a?mode=memory", "a b%41#?.lode", "-x"};
  char before[512];
  assert_non_null(getcwd(before, sizeof before));
  assert_int_equal(chdir(f->place.folder), 0);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    lode_store *store = NULL;
    ok(f, lode_store_open(names[i], LODE_STORE_CREATE, NULL, &store, &f->err));
    lode_store_close(store);
    assert_true(store_file_size(names[i]) > 0);
    store = NULL;
    ok(f, lode_store_open(names[i], LODE_STORE_READ, NULL, &store, &f->err));
    lode_store_close(store);
    assert_int_equal(unlink(names[i]), 0);
  }
  assert_int_equal(chdir(before), 0);
}

static void empty_file(void **state) {
  fixture *f = *state;
  write_file(f, "", 0);
  lode_store *store = NULL;
  assert_int_equal(lode_store_open(f->place.path, LODE_STORE_READ, NULL, &store, &f->err),
                   LODE_E_FORMAT);
  assert_int_equal(lode_store_open(f->place.path, LODE_STORE_WRITE, NULL, &store, &f->err),
                   LODE_E_FORMAT);
  ok(f, lode_store_open(f->place.path, LODE_STORE_CREATE, NULL, &store, &f->err));
  ok(f, lode_store_verify(store, &f->err));
  lode_store_close(store);
}

static void other_files(void **state) {
  fixture *f = *state;
  static char page[8192];
  memset(page, 'x', sizeof page);
  write_file(f, page, sizeof page);
  refused(f, LODE_E_FORMAT, "not an index of lode");
  write_file(f, page, 10);
  refused(f, LODE_E_FORMAT, "not an index of lode");
  memcpy(page, "SQLite format 3", 16);
  write_file(f, page, sizeof page);
  refused(f, LODE_E_FORMAT, "");
  assert_int_equal(unlink(f->place.path), 0);
  run_sql(f, "CREATE TABLE t(x)");
  refused(f, LODE_E_FORMAT, "but not an index of lode");
}

static void truncated(void **state) {
  fixture *f = *state;
  size_t size = 0;
  char *bytes = store_file_read(f->place.path, &size);
  assert_non_null(bytes);
  for (size_t cut = 1; cut < size; cut += 1024 + cut % 7) {
    write_file(f, bytes, size - cut);
    lode_store *store = NULL;
    lode_status status = lode_store_open(f->place.path, LODE_STORE_READ, NULL, &store, &f->err);
    if (status == LODE_OK) status = lode_store_verify(store, &f->err);
    lode_store_close(store);
    /* less than a page may have been unused */
    if (status != LODE_E_FORMAT) assert_true(status == LODE_OK && cut < 8192);
  }
  free(bytes);
}

/* ---------------------------------------------------------------- other schemas */

static void things_of_others(void **state) {
  fixture *f = *state;
  static const char *const changes[][3] = {
      {"CREATE TRIGGER evil AFTER INSERT ON text BEGIN DELETE FROM text; END", "trigger 'evil'",
       "DROP TRIGGER evil"},
      {"CREATE VIEW evil AS SELECT * FROM text", "view 'evil'", "DROP VIEW evil"},
      {"CREATE TABLE evil(x)", "table 'evil'", "DROP TABLE evil"},
      {"CREATE INDEX evil ON text(title)", "index 'evil'", "DROP INDEX evil"},
      {"DROP INDEX chunk_hash", "missing", "CREATE INDEX chunk_hash ON chunk(hash)"},
      {"DROP INDEX chunk_hash; CREATE INDEX chunk_hash ON chunk(hash, anchor)", "'chunk_hash'",
       "DROP INDEX chunk_hash; CREATE INDEX chunk_hash ON chunk(hash)"},
      {"ALTER TABLE source ADD COLUMN x TEXT DEFAULT 'y'", "table 'source'", NULL},
  };
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    run_sql(f, changes[i][0]);
    refused(f, LODE_E_FORMAT, changes[i][1]);
    if (changes[i][2] != NULL) run_sql(f, changes[i][2]);
  }
}

static void statistics_are_fine(void **state) {
  fixture *f = *state;
  run_sql(f, "ANALYZE main.document");
  lode_store *store = NULL;
  ok(f, lode_store_open(f->place.path, LODE_STORE_WRITE, NULL, &store, &f->err));
  ok(f, lode_store_verify(store, &f->err));
  lode_store_close(store);
}

/* Somebody changes the schema while the store is open. */
static void changed_while_open(void **state) {
  fixture *f = *state;
  lode_store *store = NULL;
  ok(f, lode_store_open(f->place.path, LODE_STORE_WRITE, NULL, &store, &f->err));
  run_sql(f, "CREATE TRIGGER evil AFTER INSERT ON text BEGIN DELETE FROM text; END");
  assert_int_equal(lode_store_begin(store, &f->err), LODE_E_FORMAT);
  assert_non_null(strstr(f->err.text, "trigger 'evil'"));
  run_sql(f, "DROP TRIGGER evil");
  ok(f, lode_store_begin(store, &f->err));
  lode_store_close(store);
}

static void texts_in_utf16(void **state) {
  fixture *f = *state;
  assert_int_equal(unlink(f->place.path), 0);
  size_t count;
  const lode_store_version *v = lode_store_versions(&count) + LODE_STORE_SCHEMA - 1;
  static char sql[8192];
  size_t used = (size_t)snprintf(sql, sizeof sql,
                                 "PRAGMA encoding = 'UTF-16le';"
                                 "PRAGMA application_id = 0x6c6f6465; PRAGMA user_version = 1");
  for (size_t i = 0; i < v->count; i++) {
    if (v->objects[i].sql == NULL || strstr(v->objects[i].sql, "TABLE '") != NULL) continue;
    used += (size_t)snprintf(sql + used, sizeof sql - used, ";%s", v->objects[i].sql);
    assert_true(used < sizeof sql);
  }
  run_sql(f, sql);
  refused(f, LODE_E_FORMAT, "not in UTF-8");
}

/* ---------------------------------------------------------------- versions */

static void newer_version(void **state) {
  fixture *f = *state;
  run_sql(f, "PRAGMA user_version = 2");
  refused(f, LODE_E_UNSUPPORTED, "newer lode (version 2");
  run_sql(f, "PRAGMA user_version = 0");
  refused(f, LODE_E_FORMAT, "version 0");
  run_sql(f, "PRAGMA user_version = -3");
  refused(f, LODE_E_FORMAT, "version -3");
}

/* The table of versions as it could be in the future. */
static const lode_store_object objects_2[] = {
    {"table", "meta", "CREATE TABLE meta(key TEXT)"},
};
static const lode_store_object objects_3[] = {
    {"table", "meta", "CREATE TABLE meta(key TEXT)"},
    {"table", "more", "CREATE TABLE more(x)"},
};
static const lode_store_object objects_4[] = {
    {"table", "more", "CREATE TABLE more(x)"},
    {"index", "more_x", "CREATE INDEX more_x ON more(x)"},
};
static const lode_store_version future[] = {
    {2, objects_2, 1, "CREATE TABLE more(x)"},
    {3, objects_3, 2,
     "INSERT INTO more SELECT key FROM meta; DROP TABLE meta;"
     "CREATE INDEX more_x ON more(x)"},
    {4, objects_4, 2, NULL},
};
static const lode_store_version wrong[] = {
    {2, objects_2, 1, "CREATE TABLE other(x)"},
    {3, objects_3, 2, NULL},
};

/* A connection as lode_store_open makes one, before it looks at the schema. */
static lode_status open_with(fixture *f, lode_store_mode mode, const lode_store_version *versions,
                             size_t count) {
  lode_store store = {.mode = mode, .path = f->place.path};
  assert_int_equal(sqlite3_open(f->place.path, &store.db), SQLITE_OK);
  const lode_status status = lode_store_prepare_schema(&store, versions, count, &f->err);
  assert_int_equal(sqlite3_close(store.db), SQLITE_OK);
  return status;
}

static int64_t ask(fixture *f, const char *sql) {
  sqlite3 *db = NULL;
  sqlite3_stmt *q = NULL;
  assert_int_equal(sqlite3_open(f->place.path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(q), SQLITE_ROW);
  const int64_t value = sqlite3_column_int64(q, 0);
  (void)sqlite3_finalize(q);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
  return value;
}

static void older_versions_are_upgraded(void **state) {
  fixture *f = *state;
  static const char old[] =
      "PRAGMA application_id = 0x6c6f6465; PRAGMA user_version = 2;"
      "CREATE TABLE meta(key TEXT); INSERT INTO meta VALUES(5)";
  assert_int_equal(unlink(f->place.path), 0);
  run_sql(f, old);
  assert_int_equal(open_with(f, LODE_STORE_READ, future, 3), LODE_E_UNSUPPORTED);
  assert_non_null(strstr(f->err.text, "older lode"));
  /* an upgrade that goes wrong leaves everything as it was */
  assert_int_equal(open_with(f, LODE_STORE_WRITE, wrong, 2), LODE_E_FORMAT);
  assert_int_equal(ask(f, "PRAGMA user_version"), 2);
  assert_int_equal(ask(f, "SELECT count(*) FROM sqlite_schema"), 1);
  assert_int_equal(open_with(f, LODE_STORE_WRITE, future, 3), LODE_OK);
  assert_int_equal(ask(f, "PRAGMA user_version"), 4);
  assert_int_equal(ask(f, "SELECT x FROM more"), 5);
  assert_int_equal(open_with(f, LODE_STORE_READ, future, 3), LODE_OK);
  /* what others put into an old file is found before it is upgraded */
  assert_int_equal(unlink(f->place.path), 0);
  run_sql(f, old);
  run_sql(f, "CREATE TRIGGER evil AFTER DELETE ON meta BEGIN SELECT 1; END");
  assert_int_equal(open_with(f, LODE_STORE_WRITE, future, 3), LODE_E_FORMAT);
  assert_int_equal(ask(f, "PRAGMA user_version"), 2);
}

/* ---------------------------------------------------------------- damage within */

/* Each of these is found by lode_store_verify, and nothing that reads crashes over it. */
static void damage_is_found(void **state) {
  fixture *f = *state;
  static const char forget_words[] =
      "INSERT INTO keyword(keyword, rowid, title, headings, body)"
      " SELECT 'delete', id, title, headings, body FROM text WHERE id = 3";
  static const char *const changes[] = {
      "UPDATE document SET body_size = 7 WHERE id = 3",
      "UPDATE document SET source = 9 WHERE id = 3",
      "UPDATE document SET language = 77 WHERE id = 3",
      "UPDATE document SET language = 4 WHERE id = 3",
      "UPDATE document SET format = -1 WHERE id = 3",
      "UPDATE document SET hash = x'00' WHERE id = 3",
      "DELETE FROM text WHERE id = 3",
      "INSERT INTO text VALUES(99, '', '', '')",
      "UPDATE text SET body = 'other words' || substr(body, 12) WHERE id = 3",
      "UPDATE text SET title = CAST(x'ff' AS TEXT) WHERE id = 3",
      "UPDATE text SET headings = headings || ' more' WHERE id = 3",
      "INSERT INTO keyword(rowid, title, headings, body) VALUES(50, 'a', 'b', 'c')",
      forget_words,
      "UPDATE keyword_docsize SET sz = x'010203' WHERE id = 3",
      "DELETE FROM keyword_docsize WHERE id = 3",
      "DELETE FROM keyword_data WHERE id > 10",
      "DELETE FROM chunk WHERE document = 3 AND ordinal = 1",
      "UPDATE chunk SET document = 70 WHERE document = 3",
      "UPDATE chunk SET ordinal = 5 WHERE document = 3 AND ordinal = 1",
      "UPDATE chunk SET \"end\" = 100000 WHERE document = 3",
      "UPDATE chunk SET begin = -1 WHERE document = 3",
      "UPDATE chunk SET begin = \"end\" + 1 WHERE document = 3",
      "UPDATE chunk SET hash = x'' WHERE document = 3",
      "UPDATE chunk SET segment = NULL, row = NULL WHERE document = 3 AND ordinal = 0",
      "UPDATE chunk SET segment = 9 WHERE document = 3 AND ordinal = 0",
      "UPDATE chunk SET row = row + 1000 WHERE document = 3 AND ordinal = 0",
      "UPDATE segment SET live = live - 1",
      "UPDATE segment SET count = 5000",
      "UPDATE segment SET dead = NULL",
      "UPDATE segment SET dead = zeroblob(1)",
      "UPDATE segment SET dead = zeroblob(5), live = count",
      "DELETE FROM segment",
      "DELETE FROM vectors",
      "UPDATE vectors SET data = substr(data, 2)",
      "UPDATE vectors SET data = zeroblob(length(data))",
      "INSERT INTO vectors VALUES(5, x'00')",
      "DELETE FROM meta WHERE key = 'dim'",
      "DELETE FROM meta WHERE key = 'probes'",
      "DELETE FROM meta WHERE key = 'model'",
      "UPDATE meta SET value = 'x' WHERE key = 'documents'",
      "UPDATE meta SET value = value + 1 WHERE key = 'chunks'",
      "UPDATE meta SET value = value + 1 WHERE key = 'vectors'",
      "UPDATE meta SET value = 0 WHERE key = 'last_segment'",
      "UPDATE meta SET value = 5 WHERE key = 'dtype'",
      "UPDATE meta SET value = 23 WHERE key = 'dim'",
      "UPDATE meta SET value = 0 WHERE key = 'languages'",
      "UPDATE meta SET value = x'00' WHERE key = 'probes'",
  };
  size_t size = 0;
  char *whole = store_file_read(f->place.path, &size);
  assert_non_null(whole);
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    write_file(f, whole, size);
    run_sql(f, changes[i]);
    lode_store *store = NULL;
    lode_status status = lode_store_open(f->place.path, LODE_STORE_READ, NULL, &store, &f->err);
    if (status == LODE_OK) status = lode_store_verify(store, &f->err);
    lode_store_close(store);
    if (status != LODE_E_FORMAT)
      fail_msg("not found: %s (%s: %s)", changes[i], lode_status_name(status), f->err.text);
    assert_memory_equal(f->err.text, f->place.path, strlen(f->place.path));
  }
  free(whole);
}

/* A document whose chunks lost their rows is not removed half. */
static void damage_is_met_while_writing(void **state) {
  fixture *f = *state;
  run_sql(f, "UPDATE chunk SET row = row + 1000 WHERE document = 3 AND ordinal = 0");
  lode_store *store = NULL;
  ok(f, lode_store_open(f->place.path, LODE_STORE_WRITE, NULL, &store, &f->err));
  ok(f, lode_store_begin(store, &f->err));
  ok(f, lode_store_remove(store, 3, &f->err));
  assert_int_equal(lode_store_commit(store, &f->err), LODE_E_FORMAT);
  lode_store_document d;
  ok(f, lode_store_document_get(store, 3, &f->arena, &d, &f->err));
  lode_store_close(store);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(no_file),
      TEST(strange_names),
      TEST(empty_file),
      TEST(other_files),
      TEST(truncated),
      TEST(things_of_others),
      TEST(statistics_are_fine),
      TEST(changed_while_open),
      TEST(texts_in_utf16),
      TEST(newer_version),
      TEST(older_versions_are_upgraded),
      TEST(damage_is_found),
      TEST(damage_is_met_while_writing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
