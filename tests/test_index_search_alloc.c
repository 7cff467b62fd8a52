/* Memory of searching: when any single allocation fails the answer is LODE_E_NOMEM, results are as
 * they were, and nothing leaks. SQLite's own allocations are not refused here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "index_search.h"
#include "wrapped_alloc.h"

#include <cmocka.h>

/* ---------------------------------------------------------------- searches */

static const search_page pages[] = {
    {"docs/a.md", "A kitten", "The kitten sleeps. It wakes.\n\nA second paragraph of the kitten.",
     "Pets", "{\"tags\":[\"x\"]}", LODE_LANGUAGE_EN, 10},
    {"docs/b.md", "Garage", "A vehicle is no kitten, and getUserName is no vehicle.", NULL,
     "{\"tags\":\"x\"}", LODE_LANGUAGE_EN, 20},
    {"docs/c.md", "Loaf", "Sourdough, a loaf of it, and a melody.", NULL, "{\"tags\":\"x\"}",
     LODE_LANGUAGE_DE, 30},
};

/* Everything there is, with a searcher of its own. */
static lode_status search_all(search_fixture *f, lode_search_group group) {
  const lode_text docs[] = {store_text("docs/")};
  const lode_search_field tag[] = {{store_text("tags"), store_text("x")}};
  const lode_search_filter filter = {
      .paths = docs, .path_count = 1, .fields = tag, .field_count = 1};
  const lode_search_options options = {.group = group, .passages = 2, .filter = &filter};
  const lode_question_options typing = {.typing = true};
  bool known;
  lode_search_free(f->search);
  f->search = NULL;
  lode_status status = lode_search_new(lode_cpu_features(NULL, &known), NULL, &f->search, &f->err);
  if (status == LODE_OK) {
    status = search_ask(f, store_text("kittens getUserName \"a vehicle\" -melody sourdoug vehicel"),
                        NULL, &options);
  }
  if (status == LODE_OK) status = search_ask(f, store_text("a kitt"), &typing, &options);
  lode_question_free(&f->question);
  return status;
}

static lode_status search_like(search_fixture *f, bool vectors) {
  bool known;
  lode_search_free(f->search);
  f->search = NULL;
  const lode_status status =
      lode_search_new(lode_cpu_features(NULL, &known), NULL, &f->search, &f->err);
  if (status != LODE_OK) return status;
  return lode_search_similar(f->search, &f->corpus, 1, -1, vectors ? f->vectors : NULL, NULL,
                             &f->results, &f->err);
}

static lode_status attempt(search_fixture *f, int what) {
  switch (what) {
    case 0:
      return search_all(f, LODE_SEARCH_DOCUMENTS);
    case 1:
      return search_all(f, LODE_SEARCH_PASSAGES);
    default:
      return search_like(f, what == 2);
  }
}

static void drop(search_fixture *f) {
  lode_search_results_free(&f->results);
  lode_question_free(&f->question);
  lode_search_free(f->search);
  f->search = NULL;
}

static void every_failure_is_told(void **state) {
  (void)state;
  search_fixture f = {0};
  assert_int_equal(search_open(&f, pages, sizeof pages / sizeof *pages, true, 1), LODE_OK);
  for (int what = 0; what < 4; what++) {
    assert_int_equal(attempt(&f, what), LODE_OK); /* what the store keeps is there */
    assert_true(f.results.count > 0);
    drop(&f);
    const long before = live;
    reset(-1);
    assert_int_equal(attempt(&f, what), LODE_OK);
    const long needed = calls;
    const size_t count = f.results.count;
    drop(&f);
    assert_int_equal(live, before);
    assert_true(needed > 10);
    long told = 0;
    for (long k = 0; k < needed; k++) {
      reset(k);
      const lode_status status = attempt(&f, what);
      reset(-1);
      /* The store can do without the size of its files, which nobody asks for here. */
      assert_true(status == LODE_E_NOMEM || (status == LODE_OK && f.results.count == count));
      told += status == LODE_E_NOMEM;
      drop(&f);
      assert_int_equal(live, before);
    }
    assert_true(told > needed - 10);
  }
  search_close(&f);
}

static void results_stay_after_a_failure(void **state) {
  (void)state;
  search_fixture f = {0};
  assert_int_equal(search_open(&f, pages, sizeof pages / sizeof *pages, true, 1), LODE_OK);
  assert_int_equal(search_ask(&f, store_text("kitten"), NULL, NULL), LODE_OK);
  const lode_search_result *list = f.results.list;
  const char *text = f.question.text.data;
  /* The question of "vehicle" needs some memory, the search more: stop before it has it all. */
  reset(0);
  assert_int_equal(search_ask(&f, store_text("vehicle"), NULL, NULL), LODE_E_NOMEM);
  reset(-1);
  assert_ptr_equal(f.results.list, list);
  assert_ptr_equal(f.question.text.data, text);
  assert_string_equal(f.question.text.data, "kitten");
  float vector[SEARCH_DIM] = {1};
  for (long k = 0; k < 8; k++) {
    reset(k);
    assert_int_equal(lode_search_run(f.search, &f.corpus, &f.question, f.vectors, vector, NULL,
                                     &f.results, &f.err),
                     LODE_E_NOMEM);
    reset(-1);
    assert_ptr_equal(f.results.list, list);
  }
  search_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_failure_is_told),
      cmocka_unit_test(results_stay_after_a_failure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
