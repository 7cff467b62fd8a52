/* Memory of documents, chunks, words, queries and the walker: when any single allocation fails
 * the answer is LODE_E_NOMEM, and nothing leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "index/files/walk.h"
#include "index/words/query.h"
#include "index_chunks.h"
#include "wrapped_alloc.h"

/* ---------------------------------------------------------------- what is tried */

static const char html[] =
    "<html lang=en><head><title>T | S</title><meta name=author content=me><link rel=canonical "
    "href=x></head><body data-lode-meta='k:v'><header>x</header><main id=m><h1>T</h1><p>a &amp; b "
    "<img alt='c d'><table><tr><td>e<td>f</table><pre>g\nh</pre></main>";
static const char markdown[] =
    "---\ntitle: T\ntags: [a, b]\n---\n# H *x* {#id}\n## H\n## H\npara [a](b) [c] **d** &lt;\n\n"
    "[c]: e\n\n- item\n  ```\n  code\n  more\n  ```\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n<p>x</p>\n";
static const char rst[] =
    ":Author: me\n\nTitle\n=====\n\n.. _t:\n\na ``b``::\n\n  c\n\n== ==\nd  e\n== ==\n";
static const char latin[] = "caf\xe9. Second one here. Third one there, and so on and on.";

typedef struct attempt {
  const char *name;
  const char *data;
  size_t size;
  const char *charset;
} attempt;

static lode_status read_and_cut(const attempt *a, simple_tokens *tokens) {
  const lode_document_options options = {.name = a->name, .charset = a->charset};
  lode_document d;
  lode_error err;
  lode_status status = lode_document_read(&options, a->data, a->size, &d, &err);
  if (status != LODE_OK) return status;
  const lode_token_counter counter = simple_counter(tokens);
  const lode_chunk_options chunk_options = {8, 2, 0};
  lode_chunks chunks = {0};
  status = lode_chunks_make(&d, &chunk_options, &counter, &chunks, &err);
  lode_chunks_free(&chunks);
  lode_document_free(&d);
  return status;
}

static void documents(void **state) {
  (void)state;
  const attempt attempts[] = {
      {"a.html", html, sizeof html - 1, NULL},      {"a.md", markdown, sizeof markdown - 1, NULL},
      {"a.rst", rst, sizeof rst - 1, NULL},         {"a.txt", latin, sizeof latin - 1, "latin1"},
      {"a.c", markdown, sizeof markdown - 1, NULL},
  };
  for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
    const long before = live;
    reset(-1);
    simple_tokens tokens = {0};
    assert_int_equal(read_and_cut(&attempts[i], &tokens), LODE_OK);
    simple_tokens_free(&tokens);
    const long needed = calls;
    assert_true(needed > 5);
    for (long k = 0; k < needed; k++) {
      reset(k);
      const lode_status status = read_and_cut(&attempts[i], &tokens);
      reset(-1);
      simple_tokens_free(&tokens);
      assert_int_equal(status, LODE_E_NOMEM);
      assert_int_equal(live, before);
    }
  }
}

static lode_status make_query(lode_query *q) {
  lode_words *words = NULL;
  lode_error err;
  lode_status status = lode_words_new(&words, &err);
  if (status != LODE_OK) return status;
  lode_buffer out = {0};
  bool matches;
  lode_query_parse("one \"two three\" -four getUserName fi", 37, q);
  status = lode_query_match(q, words, LODE_QUERY_ANY, &out, &matches, &err);
  lode_buffer_free(&out);
  lode_words_free(words);
  return status;
}

static void queries(void **state) {
  (void)state;
  static lode_query q;
  const long before = live;
  reset(-1);
  assert_int_equal(make_query(&q), LODE_OK);
  const long needed = calls;
  for (long k = 0; k < needed; k++) {
    reset(k);
    const lode_status status = make_query(&q);
    reset(-1);
    assert_int_equal(status, LODE_E_NOMEM);
    assert_int_equal(live, before);
  }
}

static lode_status count_file(void *user, const lode_walk_file *file, lode_error *err) {
  (void)file;
  (void)err;
  ++*(size_t *)user;
  return LODE_OK;
}

/* The C library's own allocations (a directory's buffer) are not refused here. */
static void walks(void **state) {
  (void)state;
  const char *root = getenv("LODE_SOURCE_DIR");
  if (root == NULL) skip();
  char path[1024];
  (void)snprintf(path, sizeof path, "%s/src/base", root);
  size_t files = 0;
  const lode_walk_visitor visitor = {.user = &files, .file = count_file};
  const lode_walk_options options = {.follow = true};
  const long before = live;
  reset(-1);
  assert_int_equal(lode_walk(path, &options, &visitor, NULL), LODE_OK);
  assert_true(files > 10);
  const long needed = calls;
  assert_true(needed > 5);
  for (long k = 0; k < needed; k++) {
    reset(k);
    lode_error err;
    const lode_status status = lode_walk(path, &options, &visitor, &err);
    reset(-1);
    assert_int_equal(status, LODE_E_NOMEM);
    assert_int_equal(live, before);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(documents),
      cmocka_unit_test(queries),
      cmocka_unit_test(walks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
