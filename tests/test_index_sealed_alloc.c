/* Memory of sealed indexes, written and read, with all vectors and with those that are near: when
 * any single allocation fails the answer is LODE_E_NOMEM, nothing leaks, and the index that was
 * there is whole. SQLite's own allocations are not refused here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "index_sealed.h"
#include "wrapped_alloc.h"

#include <cmocka.h>

typedef struct fixture {
  search_fixture search;
  char folder[64];
  sealed_files files;
} fixture;

static void open_fixture(fixture *f, size_t lists_from) {
  *f = (fixture){.folder = "/tmp/lode-sealed-alloc-XXXXXX"};
  assert_non_null(mkdtemp(f->folder));
  assert_int_equal(search_open(&f->search, sealed_pages, SEALED_PAGES, true, 1), LODE_OK);
  assert_int_equal(sealed_write(&f->search, f->folder, lists_from), LODE_OK);
  assert_true(sealed_read(f->folder, &f->files));
}

static void close_fixture(fixture *f) {
  sealed_files_free(&f->files);
  sealed_remove(f->folder);
  search_close(&f->search);
}

/* ---------------------------------------------------------------- writing */

static void check_writing(size_t lists_from) {
  fixture f;
  open_fixture(&f, lists_from);
  char folder[] = "/tmp/lode-sealed-alloc-XXXXXX";
  assert_non_null(mkdtemp(folder));
  reset(-1);
  const long before = live;
  assert_int_equal(sealed_write(&f.search, folder, lists_from), LODE_OK);
  const long needed = calls;
  assert_int_equal(live, before);
  assert_true(needed > 20);
  /* Over another index, so that there is one to keep, and names and centres of it to be read. */
  for (long k = 0; k < needed; k++) {
    reset(k);
    const lode_status status = sealed_write(&f.search, f.folder, lists_from);
    reset(-1);
    if (status != LODE_OK && status != LODE_E_NOMEM) {
      fail_msg("allocation %ld: status %d, %s", k, (int)status, f.search.err.text);
    }
    assert_int_equal(live, before);
    sealed_files now = {.count = 0};
    assert_true(sealed_read(f.folder, &now));
    assert_int_equal(now.count, f.files.count);
    assert_int_equal(now.boot.size, f.files.boot.size);
    assert_memory_equal(now.boot.data, f.files.boot.data, now.boot.size);
    sealed_files_free(&now);
  }
  print_message("%ld allocations, each failed once\n", needed);
  sealed_remove(folder);
  close_fixture(&f);
}

static void written_by_documents(void **state) {
  (void)state;
  check_writing(0);
}

static void written_in_lists(void **state) {
  (void)state;
  check_writing(SEALED_LISTS);
}

/* ---------------------------------------------------------------- reading */

static lode_status read_all(const fixture *f, int near, size_t *found, lode_error *err) {
  lode_site *site = NULL;
  lode_results *results = NULL;
  lode_index_search_options options = LODE_INDEX_SEARCH_OPTIONS_INIT;
  options.all = 1;
  *found = 0;
  lode_status status = lode_site_open(f->files.boot.data, f->files.boot.size, &site, err);
  if (status != LODE_OK) return status;
  status = lode_site_set_near(site, near, err);
  const char *const queries[] = {"a kitten", "\"the cat\" sleeps instal", "getUserName -wool"};
  for (size_t i = 0; i < 3 && status == LODE_OK; i++) {
    options.mode = i == 1 ? LODE_INDEX_KEYWORD : LODE_INDEX_HYBRID;
    status = sealed_ask(site, &f->files, queries[i], &options, &results, err);
    if (status == LODE_OK) *found += results->count;
    lode_results_free(results);
    results = NULL;
  }
  const char *json;
  while (status == LODE_OK && (status = lode_site_facets(site, &json, err)) == LODE_E_BUSY) {
    status = sealed_fetch(site, &f->files, err);
  }
  options.mode = LODE_INDEX_KEYWORD;
  if (status == LODE_OK) status = sealed_ask(site, &f->files, "kitten", &options, &results, err);
  lode_results_free(results);
  while (status == LODE_OK && (status = lode_site_counts(site, &json, err)) == LODE_E_BUSY) {
    status = sealed_fetch(site, &f->files, err);
  }
  lode_site_free(site);
  return status;
}

static void check_reading(size_t lists_from, int near) {
  fixture f;
  lode_error err;
  size_t all, found;
  open_fixture(&f, lists_from);
  const long before = live;
  reset(-1);
  assert_int_equal(read_all(&f, near, &all, &err), LODE_OK);
  const long needed = calls;
  assert_int_equal(live, before);
  assert_true(all > 0 && needed > 50);
  for (long k = 0; k < needed; k++) {
    reset(k);
    const lode_status status = read_all(&f, near, &found, &err);
    reset(-1);
    if (status != LODE_E_NOMEM && !(status == LODE_OK && found == all)) {
      fail_msg("allocation %ld: status %d, %zu results of %zu, %s", k, (int)status, found, all,
               status != LODE_OK ? err.text : "");
    }
    assert_int_equal(live, before);
  }
  print_message("%ld allocations, each failed once\n", needed);
  close_fixture(&f);
}

static void read_by_documents(void **state) {
  (void)state;
  check_reading(0, 0);
}

static void read_from_lists(void **state) {
  (void)state;
  check_reading(SEALED_LISTS, 0);
}

static void read_what_is_near(void **state) {
  (void)state;
  check_reading(SEALED_LISTS, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(written_by_documents), cmocka_unit_test(written_in_lists),
      cmocka_unit_test(read_by_documents),    cmocka_unit_test(read_from_lists),
      cmocka_unit_test(read_what_is_near),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
