/* The store: what is put into it comes out of it, after updates, removals, merges, compaction, and
 * opening it again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "index_store.h"

typedef struct fixture {
  store_place place;
  lode_store *store;
  lode_arena arena;
  int64_t source;
  lode_error err;
} fixture;

#define ok(f, call)                                                  \
  do {                                                               \
    lode_error_clear(&(f)->err);                                     \
    if ((call) != LODE_OK) fail_msg("%s: %s", #call, (f)->err.text); \
  } while (0)

static void open_again(fixture *f, lode_store_mode mode) {
  lode_store_close(f->store);
  f->store = NULL;
  ok(f, lode_store_open(f->place.path, mode, NULL, &f->store, &f->err));
}

static int setup(void **state) {
  fixture *f = calloc(1, sizeof *f);
  if (f == NULL || !store_place_make(&f->place)) return -1;
  if (lode_store_open(f->place.path, LODE_STORE_CREATE, NULL, &f->store, &f->err) != LODE_OK ||
      lode_store_begin(f->store, &f->err) != LODE_OK ||
      store_set_sample_model(f->store, LODE_DTYPE_I8, &f->err) != LODE_OK ||
      lode_store_source_put(f->store, "/docs", "{}", &f->source, &f->err) != LODE_OK ||
      lode_store_commit(f->store, &f->err) != LODE_OK) {
    print_error("%s\n", f->err.text);
    return -1;
  }
  *state = f;
  return 0;
}

static int teardown(void **state) {
  fixture *f = *state;
  lode_store_close(f->store);
  lode_arena_free(&f->arena);
  store_place_remove(&f->place);
  free(f);
  return 0;
}

static int64_t put(fixture *f, uint64_t number, const uint64_t *seeds, size_t n) {
  static store_sample s;
  int64_t id = 0;
  store_sample_make(&s, f->source, number, seeds, n);
  ok(f, lode_store_put(f->store, &s.put, &id, &f->err));
  return id;
}

/* The chunk that a search for the vector of `seed` finds first. */
static void find_vector(fixture *f, uint64_t seed, lode_store_chunk *out) {
  lode_store_vectors *set = NULL;
  ok(f, lode_store_read_begin(f->store, &f->err));
  ok(f, lode_store_vectors_load(f->store, NULL, &set, &f->err));
  float query[STORE_DIM];
  store_vector(seed, query);
  lode_vectors *v = NULL;
  ok(f, lode_vectors_new(set->dim, set->dtype, 0, NULL, &v, &f->err));
  lode_vectors_hit hit;
  size_t count = 0;
  ok(f, lode_vectors_search(v, set->segments, set->count, query, 1, NULL, &hit, &count, &f->err));
  assert_int_equal(count, 1);
  ok(f, lode_store_chunk_of_row(f->store, set->ids[hit.segment], hit.row, &f->arena, out, &f->err));
  assert_int_equal(set->documents[hit.segment][hit.row], out->document);
  lode_vectors_free(v);
  lode_store_vectors_free(set);
  lode_store_read_end(f->store);
}

static void round_trip(void **state) {
  fixture *f = *state;
  const uint64_t seeds[] = {1, 2, 3};
  ok(f, lode_store_begin(f->store, &f->err));
  const int64_t id = put(f, 7, seeds, 3);
  ok(f, lode_store_commit(f->store, &f->err));
  open_again(f, LODE_STORE_READ);
  lode_store_document d;
  ok(f, lode_store_find(f->store, store_text("doc/7.md"), &f->arena, &d, &f->err));
  assert_int_equal(d.id, id);
  assert_string_equal(d.title.data, "Title number7");
  lode_store_chunk c;
  find_vector(f, 2, &c);
  assert_int_equal(c.document, id);
  assert_int_equal(c.ordinal, 1);
  lode_store_match *list;
  size_t count;
  const lode_store_weights weights = {2, 1, 1};
  ok(f,
     lode_store_match_words(f->store, "\"run\"", &weights, 10, &f->arena, &list, &count, &f->err));
  assert_int_equal(count, 1);
  assert_int_equal(list[0].document, id);
  ok(f, lode_store_verify(f->store, &f->err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(round_trip, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
