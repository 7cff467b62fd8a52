/* Memory of a collection, from opening to results: when any single allocation of ours fails the
 * answer is LODE_E_NOMEM, nothing leaks, and the collection is whole afterwards. (SQLite's own
 * allocations fail in test_index_store_alloc.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model_folder.h"
#include "wrapped_alloc.h"

static const char guide[] =
    "---\ntags: [a, b]\n---\n# Guide\n\nHow to \"do\" it, step by step.\n\n## Install\n\nUnpack "
    "it.\n";
static const char notes[] = "The engine burns oil. The valve is closed.\n";

typedef struct work {
  const lode_model *model;
  bool keyword;
} work;

static lode_status use(lode_index *index, lode_error *err) {
  const lode_index_document documents[] = {
      {.id = {"guide.md", 8}, .content = {guide, sizeof guide - 1}, .metadata = "{\"x\": [1]}"},
      {.id = {"notes.txt", 9}, .content = {notes, sizeof notes - 1}},
  };
  lode_status status = lode_index_add(index, documents, 2, NULL, NULL, err);
  const char *const filters[] = {"tags=a"};
  const char *const paths[] = {"*.md"};
  lode_index_search_options options = LODE_INDEX_SEARCH_OPTIONS_INIT;
  options.all = 1;
  lode_results *results = NULL;
  if (status == LODE_OK) {
    status = lode_index_search(index, (lode_text){"engine oli", 10}, &options, &results, err);
    lode_results_free(results);
    results = NULL;
  }
  options.filters = filters;
  options.filter_count = 1;
  options.paths = paths;
  options.path_count = 1;
  if (status == LODE_OK) {
    status = lode_index_similar(index, (lode_text){"notes.txt", 9}, &options, &results, err);
    lode_results_free(results);
  }
  lode_index_entries *entries = NULL;
  const uint32_t parts = LODE_INDEX_TEXT | LODE_INDEX_VECTORS;
  if (status == LODE_OK) {
    status = lode_index_list(index, (lode_text){0}, 1, parts, &entries, err);
    lode_index_entries_free(entries);
    entries = NULL;
  }
  if (status == LODE_OK) {
    status = lode_index_read(index, (lode_text){"notes.txt", 9}, parts, &entries, err);
    lode_index_entries_free(entries);
  }
  lode_index_info info = LODE_INDEX_INFO_INIT;
  if (status == LODE_OK) status = lode_index_get_info(index, &info, err);
  return status;
}

static lode_status run(const work *w, lode_error *err) {
  lode_index_options options = LODE_INDEX_OPTIONS_INIT;
  options.access = LODE_INDEX_CREATE;
  options.model = w->keyword ? NULL : w->model;
  options.threads = 1;
  lode_index *index = NULL;
  lode_status status = lode_index_open(NULL, &options, &index, err);
  if (status == LODE_OK) {
    status = use(index, err);
    const long fail = fail_at;
    fail_at = -1;
    if (lode_index_verify(index, NULL) != LODE_OK) status = LODE_E_FORMAT;
    fail_at = fail;
  }
  lode_index_free(index);
  return status;
}

static void check(const work *w) {
  lode_error err;
  reset(-1);
  assert_int_equal(run(w, &err), LODE_OK);
  const long needed = calls, before = live;
  assert_true(needed > 20);
  for (long k = 0; k < needed; k++) {
    reset(k);
    const lode_status status = run(w, &err);
    reset(-1);
    /* A correction that cannot be looked for, and the like, may be done without. */
    if (status != LODE_OK && status != LODE_E_NOMEM) {
      fail_msg("allocation %ld: status %d, %s", k, (int)status, err.text);
    }
    assert_int_equal(live, before);
  }
  print_message("%ld allocations, each failed once\n", needed);
}

static void words_alone(void **state) {
  (void)state;
  check(&(work){.keyword = true});
}

static void with_a_model(void **state) {
  (void)state;
  char path[1024];
  lode_model *model = NULL;
  lode_error err;
  assert_int_equal(
      lode_model_open(fixture_path("bert-plain", path, sizeof path), NULL, &model, &err), LODE_OK);
  check(&(work){.model = model});
  lode_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(words_alone),
      cmocka_unit_test(with_a_model),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
