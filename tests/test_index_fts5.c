/* The tokenizer inside FTS5: tables made with it find what they should. */
#include "index/words/fts5.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "index/words/query.h"

typedef struct fixture {
  sqlite3 *db;
  lode_fts5 *fts5;
  lode_words *words;
} fixture;

static void run(const fixture *f, const char *sql) {
  char *message = NULL;
  if (sqlite3_exec(f->db, sql, NULL, NULL, &message) != SQLITE_OK) fail_msg("%s: %s", sql, message);
}

static int setup(void **state) {
  fixture *f = calloc(1, sizeof *f);
  if (f == NULL || sqlite3_open(":memory:", &f->db) != SQLITE_OK) return -1;
  if (lode_fts5_register(f->db, &f->fts5, NULL) != LODE_OK) return -1;
  if (lode_words_new(&f->words, NULL) != LODE_OK) return -1;
  run(f, "CREATE VIRTUAL TABLE t USING fts5(title, body, tokenize = 'lode')");
  *state = f;
  return 0;
}

static int teardown(void **state) {
  fixture *f = *state;
  lode_words_free(f->words);
  const int rc = sqlite3_close(f->db);
  free(f);
  return rc;
}

static void add(const fixture *f, int id, lode_language language, const char *title,
                const char *body) {
  lode_fts5_set_language(f->fts5, language);
  sqlite3_stmt *s = NULL;
  assert_int_equal(
      sqlite3_prepare_v2(f->db, "INSERT INTO t(rowid, title, body) VALUES(?, ?, ?)", -1, &s, NULL),
      SQLITE_OK);
  (void)sqlite3_bind_int(s, 1, id);
  (void)sqlite3_bind_text(s, 2, title, -1, SQLITE_STATIC);
  (void)sqlite3_bind_text(s, 3, body, -1, SQLITE_STATIC);
  assert_int_equal(sqlite3_step(s), SQLITE_DONE);
  (void)sqlite3_finalize(s);
}

/* Row ids, ascending, with spaces between; or the error's text. */
static const char *find(const fixture *f, const char *query, size_t size,
                        lode_query_require require) {
  static char found[512];
  static lode_query q;
  lode_buffer expression = {0};
  bool matches;
  found[0] = '\0';
  lode_query_parse(query, size, &q);
  assert_int_equal(lode_query_match(&q, f->words, require, &expression, &matches, NULL), LODE_OK);
  sqlite3_stmt *s = NULL;
  assert_int_equal(
      sqlite3_prepare_v2(f->db, "SELECT rowid FROM t WHERE t MATCH ? ORDER BY rowid", -1, &s, NULL),
      SQLITE_OK);
  (void)sqlite3_bind_text(s, 1, expression.data, -1, SQLITE_STATIC);
  int rc = SQLITE_DONE;
  size_t used = 0;
  while (matches && (rc = sqlite3_step(s)) == SQLITE_ROW) {
    used += (size_t)snprintf(found + used, sizeof found - used, "%s%d", used > 0 ? " " : "",
                             sqlite3_column_int(s, 0));
  }
  if (rc != SQLITE_DONE) {
    (void)snprintf(found, sizeof found, "%s in %s", sqlite3_errmsg(f->db),
                   (const char *)expression.data);
  }
  (void)sqlite3_finalize(s);
  lode_buffer_free(&expression);
  return found;
}

static void expect(const fixture *f, const char *query, const char *rows) {
  assert_string_equal(find(f, query, strlen(query), LODE_QUERY_ALL), rows);
}

static void fill(const fixture *f) {
  add(f, 1, LODE_LANGUAGE_EN, "Installing on Linux", "Run the installer; see getUserName().");
  add(f, 2, LODE_LANGUAGE_EN, "Windows", "Installed programs and C++ libraries");
  add(f, 3, LODE_LANGUAGE_FR, "Les données", "L'avion français a décollé");
  add(f, 4, LODE_LANGUAGE_NONE, "東京都", "日本語の文書。 state-of-the-art file.names");
  add(f, 5, LODE_LANGUAGE_DE, "Über Häuser", "Die Straßen der Städte");
  lode_fts5_set_query_languages(f->fts5, LODE_LANGUAGE_BIT(LODE_LANGUAGE_EN) |
                                             LODE_LANGUAGE_BIT(LODE_LANGUAGE_FR) |
                                             LODE_LANGUAGE_BIT(LODE_LANGUAGE_DE));
}

static void finds_words(void **state) {
  const fixture *f = *state;
  fill(f);
  expect(f, "installs ", "1 2");
  expect(f, "INSTALL linux ", "1");
  expect(f, "installing -windows ", "1");
  expect(f, "strasse ", "5");
  expect(f, "haus ", "5");
  expect(f, "francaise ", "3");
  expect(f, "donnée ", "3");
  expect(f, "avion l'avion ", "3");
  expect(f, "nothing ", "");
  expect(f, "c++ ", "2");
}

static void finds_phrases(void **state) {
  const fixture *f = *state;
  fill(f);
  expect(f, "\"run the installer\"", "1");
  expect(f, "\"the run installer\"", "");
  expect(f, "\"installed programs\" ", "2");
  expect(f, "\"user name\"", "1"); /* inside an identifier */
  expect(f, "getusername ", "1");
  expect(f, "getUserName ", "1");
  expect(f, "state-of-the-art ", "4");
  expect(f, "state of the art", "4");
  expect(f, "file.names ", "4");
  expect(f, "names ", "1 4");
}

static void finds_while_typing(void **state) {
  const fixture *f = *state;
  fill(f);
  const char *typed = "installing";
  for (size_t n = 1; n <= strlen(typed); n++) {
    assert_true(strchr(find(f, typed, n, LODE_QUERY_ALL), '1') != NULL);
  }
  expect(f, "installin", "1");
  expect(f, "installing", "1 2");
  expect(f, "run the inst", "1");
  expect(f, "\"run the inst", "1");
  expect(f, "getUserNa", "1");
  expect(f, "getuserna", "1");
}

static void finds_in_scripts_without_spaces(void **state) {
  const fixture *f = *state;
  fill(f);
  expect(f, "東京", "4");
  expect(f, "京都", "4");
  expect(f, "京 ", "4");
  expect(f, "都 ", "4");
  expect(f, "都京 ", "");
  expect(f, "日本語 ", "4");
  expect(f, "語 ", "4");
  expect(f, "文書 ", "4");
  expect(f, "日語 ", "");
}

static void nothing_is_a_syntax_error(void **state) {
  const fixture *f = *state;
  fill(f);
  static const char *const queries[] = {
      "\"",
      "\"\"\"",
      "'",
      "*",
      "^",
      "a*",
      "* *",
      "(",
      ")",
      "((a)",
      "AND",
      "OR OR",
      "NOT",
      "a NOT",
      "NEAR(a b)",
      "NEAR(a, -1)",
      "title:",
      ":",
      "{title}:a",
      "-{a}:b",
      "a + b",
      "+",
      "a\\\"b",
      "a\"b\"c",
      "- -",
      "--",
      "-\"",
      "\"a\" *",
      "a;b",
      "DROP TABLE t",
      "%s%n",
      "\\",
      "t MATCH x",
      "a\x01"
      "b",
      "🇫🇷 👍",
      "\xff\xfe",
      "\xc3",
      "“”",
      "«",
      "a «b» »c",
      "1e999",
      "0x",
  };
  for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
    for (int require = 0; require < 2; require++) {
      const char *rows = find(f, queries[i], strlen(queries[i]), (lode_query_require)require);
      if (strspn(rows, "12345 ") != strlen(rows)) fail_msg("%s: %s", queries[i], rows);
    }
  }
  assert_string_equal(find(f, "linux\0\"", 7, LODE_QUERY_ALL), "1");
}

/* A query of many words and characters of every kind. */
static void random_queries(void **state) {
  const fixture *f = *state;
  fill(f);
  static const char *const pieces[] = {"a",  "\"", "-", " ", "*", "(", ")", "install", "AND",
                                       "都", ":",  "^", "'", "{", "}", "+", "NEAR",    "\xff",
                                       "\0", "_",  ".", ",", "“", "”", "é", "C++",     "  "};
  uint64_t seed = 42;
  for (int round = 0; round < 3000; round++) {
    char query[512];
    size_t size = 0;
    for (int i = 0; i < 40; i++) {
      seed ^= seed << 13;
      seed ^= seed >> 7;
      seed ^= seed << 17;
      const char *piece = pieces[seed % (sizeof pieces / sizeof *pieces)];
      const size_t n = *piece == '\0' ? 1 : strlen(piece);
      memcpy(query + size, piece, n);
      size += n;
    }
    const char *rows = find(f, query, size, (lode_query_require)(round % 2));
    if (strspn(rows, "12345 ") != strlen(rows)) fail_msg("%.*s: %s", (int)size, query, rows);
  }
}

static void deleting_needs_the_same_language(void **state) {
  const fixture *f = *state;
  fill(f);
  lode_fts5_set_language(f->fts5, LODE_LANGUAGE_EN);
  run(f, "DELETE FROM t WHERE rowid = 1");
  expect(f, "linux ", "");
  expect(f, "install ", "2");
  lode_fts5_set_language(f->fts5, LODE_LANGUAGE_NONE);
  run(f, "DELETE FROM t WHERE rowid <> 4");
  run(f, "INSERT INTO t(t) VALUES('rebuild')"); /* a single language is left: none */
  run(f, "INSERT INTO t(t) VALUES('integrity-check')");
  expect(f, "東京 ", "4");
}

static void a_language_can_be_fixed(void **state) {
  const fixture *f = *state;
  run(f, "CREATE VIRTUAL TABLE en USING fts5(x, tokenize = 'lode en')");
  run(f, "INSERT INTO en VALUES('running dogs'), ('cat')");
  sqlite3_stmt *s = NULL;
  assert_int_equal(sqlite3_prepare_v2(f->db,
                                      "SELECT highlight(en, 0, '[', ']') FROM en"
                                      " WHERE en MATCH '\"dog\"'",
                                      -1, &s, NULL),
                   SQLITE_OK);
  assert_int_equal(sqlite3_step(s), SQLITE_ROW);
  assert_string_equal(sqlite3_column_text(s, 0), "running [dogs]");
  assert_int_equal(sqlite3_step(s), SQLITE_DONE);
  (void)sqlite3_finalize(s);
  run(f, "INSERT INTO en(en) VALUES('integrity-check')");
  run(f, "INSERT INTO en(en) VALUES('rebuild')");
  run(f, "INSERT INTO en(en) VALUES('integrity-check')");
  char *message = NULL;
  const int rc = sqlite3_exec(f->db, "CREATE VIRTUAL TABLE xx USING fts5(x, tokenize='lode xx')",
                              NULL, NULL, &message);
  assert_int_not_equal(rc, SQLITE_OK);
  sqlite3_free(message);
}

static void two_connections(void **state) {
  const fixture *f = *state;
  sqlite3 *other = NULL;
  lode_fts5 *fts5 = NULL;
  assert_int_equal(sqlite3_open(":memory:", &other), SQLITE_OK);
  assert_int_equal(lode_fts5_register(other, &fts5, NULL), LODE_OK);
  assert_ptr_not_equal(fts5, f->fts5);
  assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      CASE(finds_words),
      CASE(finds_phrases),
      CASE(finds_while_typing),
      CASE(finds_in_scripts_without_spaces),
      CASE(nothing_is_a_syntax_error),
      CASE(random_queries),
      CASE(deleting_needs_the_same_language),
      CASE(a_language_can_be_fixed),
      CASE(two_connections),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
