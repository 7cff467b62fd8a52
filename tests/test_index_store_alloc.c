/* Memory of the store: when any single allocation fails, SQLite's own included, the answer is
 * LODE_E_NOMEM (or it went without), nothing leaks, and the file is as it was or as it should be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sqlite3.h>

#include "index_store.h"
#include "wrapped_alloc.h"

/* ---------------------------------------------------------------- SQLite's memory */

/* In front of each block lies its size, which SQLite asks for. */
enum { HEAD = 16 };

static void *sql_malloc(int size) {
  int *block = malloc((size_t)size + HEAD);
  if (block == NULL) return NULL;
  *block = size;
  return (char *)block + HEAD;
}

static void sql_free(void *p) {
  if (p != NULL) free((char *)p - HEAD);
}

static void *sql_realloc(void *p, int size) {
  int *block = realloc((char *)p - HEAD, (size_t)size + HEAD);
  if (block == NULL) return NULL;
  *block = size;
  return (char *)block + HEAD;
}

static int sql_size(void *p) {
  int size = 0;
  if (p != NULL) memcpy(&size, (char *)p - HEAD, sizeof size);
  return size;
}

static int sql_roundup(int size) {
  return (size + 7) & ~7;
}

static int sql_init(void *user) {
  (void)user;
  return SQLITE_OK;
}

static void sql_shutdown(void *user) {
  (void)user;
}

static int use_own_memory(void **state) {
  (void)state;
  static const sqlite3_mem_methods methods = {sql_malloc,  sql_free, sql_realloc,  sql_size,
                                              sql_roundup, sql_init, sql_shutdown, NULL};
  if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK) return -1;
  /* Many small allocations would otherwise come out of a reserve of the connection's. */
  if (sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK) return -1;
  return sqlite3_initialize() == SQLITE_OK ? 0 : -1;
}

/* ---------------------------------------------------------------- what is tried */

static lode_error err;

static lode_status write_some(lode_store *store, uint64_t first) {
  static store_sample s;
  int64_t source = 0;
  lode_status status = lode_store_begin(store, &err);
  if (status == LODE_OK && first == 0) status = store_set_sample_model(store, LODE_DTYPE_I8, &err);
  if (status == LODE_OK) status = lode_store_source_put(store, "/docs", "{}", &source, &err);
  for (uint64_t i = first; i < first + 3 && status == LODE_OK; i++) {
    const uint64_t seeds[] = {i, i + 100, 7};
    store_sample_make(&s, source, i, seeds, 3);
    if (i > 0) s.chunks[2].vector = NULL;
    status = lode_store_put(store, &s.put, NULL, &err);
  }
  if (status == LODE_OK && first > 0) status = lode_store_remove(store, 1, &err);
  if (status == LODE_OK) return lode_store_commit(store, &err);
  lode_store_rollback(store);
  return status;
}

static lode_status on_document(void *user, const lode_store_document *document, lode_error *e) {
  (void)document;
  (void)e;
  ++*(size_t *)user;
  return LODE_OK;
}

static lode_status read_all(lode_store *store) {
  lode_arena arena = {0};
  lode_store_source *sources;
  lode_store_match *matches;
  lode_store_chunk *chunks;
  lode_store_document document;
  lode_store_model model;
  lode_store_term term;
  lode_text body;
  size_t count = 0;
  const lode_store_weights weights = {1, 1, 1};
  lode_status status = lode_store_model_get(store, &arena, &model, &err);
  if (status == LODE_OK) status = lode_store_sources(store, &arena, &sources, &count, &err);
  if (status == LODE_OK) status = lode_store_documents(store, 0, on_document, &count, &err);
  if (status == LODE_OK)
    status = lode_store_find(store, store_text("doc/2.md"), &arena, &document, &err);
  if (status == LODE_OK)
    status = lode_store_chunks(store, document.id, &arena, &chunks, &count, &err);
  if (status == LODE_OK) status = lode_store_body(store, document.id, 0, 100, &arena, &body, &err);
  if (status == LODE_OK) {
    status = lode_store_match_words(store, "\"run\"", &weights, 10, &arena, &matches, &count, &err);
  }
  if (status == LODE_OK) status = lode_store_term_get(store, store_text("run"), &term, &err);
  lode_store_vectors *set = NULL;
  if (status == LODE_OK) status = lode_store_vectors_load(store, NULL, &set, &err);
  if (status == LODE_OK) {
    lode_store_chunk chunk;
    const uint32_t last = (uint32_t)set->segments[1].count - 1;
    status = lode_store_chunk_of_row(store, set->ids[1], last, &arena, &chunk, &err);
  }
  lode_store_vectors_free(set);
  lode_arena_free(&arena);
  return status;
}

static lode_status everything(const char *path) {
  lode_store *store = NULL;
  lode_status status = lode_store_open(path, LODE_STORE_CREATE, NULL, &store, &err);
  if (status == LODE_OK) status = write_some(store, 0);
  if (status == LODE_OK) status = write_some(store, 3);
  if (status == LODE_OK) status = read_all(store);
  if (status == LODE_OK) status = lode_store_compact(store, &err);
  if (status == LODE_OK) status = lode_store_verify(store, &err);
  lode_store_close(store);
  return status;
}

/* What is left is a store, or nothing yet. */
static void check_file(const char *path) {
  lode_store *store = NULL;
  if (lode_store_open(path, LODE_STORE_CREATE, NULL, &store, &err) != LODE_OK ||
      lode_store_verify(store, &err) != LODE_OK) {
    fail_msg("%s", err.text);
  }
  lode_store_stats now;
  assert_int_equal(lode_store_stats_get(store, &now, &err), LODE_OK);
  assert_true(now.documents == 0 || now.documents == 3 || now.documents == 5);
  lode_store_close(store);
}

static void each_allocation_fails(void **state) {
  (void)state;
  store_place place;
  assert_true(store_place_make(&place));
  reset(-1);
  assert_int_equal(everything(place.path), LODE_OK);
  store_place_remove(&place);
  const long needed = calls;
  assert_true(needed > 1000);
  long met = 0;
  /* Opening is tried allocation by allocation, what repeats itself later less closely. */
  for (long k = 0; k < needed; k += k < 500 ? 1 : 7) {
    assert_true(store_place_make(&place));
    const long before = live;
    reset(k);
    const lode_status status = everything(place.path);
    const bool reached = calls > k;
    reset(-1);
    assert_true(reached);
    if (live != before) fail_msg("allocation %ld: %ld blocks are left", k, live - before);
    if (status != LODE_OK) {
      met++;
      if (status != LODE_E_NOMEM) fail_msg("allocation %ld: %s", k, err.text);
      assert_int_equal(err.code, LODE_E_NOMEM);
    }
    check_file(place.path);
    store_place_remove(&place);
  }
  assert_true(met > 100);
  print_message("%ld allocations, %ld failures told\n", needed, met);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_allocation_fails),
  };
  return cmocka_run_group_tests(tests, use_own_memory, NULL);
}
