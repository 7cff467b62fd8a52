/* Several connections to one store: snapshots, a second writer, files that can only be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "index_store.h"

typedef struct fixture {
  store_place place;
  lode_store *store;
  lode_arena arena;
  int64_t source;
  lode_error err;
} fixture;

static const lode_store_options at_once = {.wait_ms = -1};

static void put(fixture *f, uint64_t number) {
  static store_sample s;
  const uint64_t seeds[] = {number, number + 1};
  store_sample_make(&s, f->source, number, seeds, 2);
  ok(f, lode_store_put(f->store, &s.put, NULL, &f->err));
}

static int64_t documents(fixture *f, lode_store *store) {
  lode_store_stats now;
  ok(f, lode_store_stats_get(store, &now, &f->err));
  return now.documents;
}

static int setup(void **state) {
  fixture *f = calloc(1, sizeof *f);
  if (f == NULL || !store_place_make(&f->place)) return -1;
  if (lode_store_open(f->place.path, LODE_STORE_CREATE, NULL, &f->store, &f->err) != LODE_OK ||
      lode_store_begin(f->store, &f->err) != LODE_OK ||
      store_set_sample_model(f->store, LODE_DTYPE_I8, &f->err) != LODE_OK ||
      lode_store_source_put(f->store, "/docs", "{}", &f->source, &f->err) != LODE_OK) {
    print_error("%s\n", f->err.text);
    return -1;
  }
  put(f, 1);
  *state = f;
  return lode_store_commit(f->store, &f->err) == LODE_OK ? 0 : -1;
}

static int teardown(void **state) {
  fixture *f = *state;
  lode_store_close(f->store);
  lode_arena_free(&f->arena);
  store_place_remove(&f->place);
  free(f);
  return 0;
}

static bool exists_beside(const fixture *f, const char *end) {
  char name[320];
  store_place_beside(&f->place, end, name);
  return store_file_size(name) >= 0;
}

/* ---------------------------------------------------------------- readers */

static void readers_see_their_state(void **state) {
  fixture *f = *state;
  lode_store *reader = NULL;
  ok(f, lode_store_open(f->place.path, LODE_STORE_READ, &at_once, &reader, &f->err));
  ok(f, lode_store_read_begin(reader, &f->err));
  assert_int_equal(documents(f, reader), 1);
  ok(f, lode_store_begin(f->store, &f->err));
  put(f, 2);
  assert_int_equal(documents(f, f->store), 2);
  /* somebody opens it in the middle of the writing, and does not wait */
  lode_store *other = NULL;
  ok(f, lode_store_open(f->place.path, LODE_STORE_READ, &at_once, &other, &f->err));
  assert_int_equal(documents(f, other), 1);
  ok(f, lode_store_commit(f->store, &f->err));
  assert_int_equal(documents(f, reader), 1);
  assert_int_equal(documents(f, other), 2);
  lode_store_vectors *set = NULL;
  ok(f, lode_store_vectors_load(reader, NULL, &set, &f->err));
  assert_int_equal(set->rows, 2);
  lode_store_vectors_free(set);
  lode_store_read_end(reader);
  assert_int_equal(documents(f, reader), 2);
  ok(f, lode_store_vectors_load(reader, NULL, &set, &f->err));
  assert_int_equal(set->rows, 4);
  lode_store_vectors_free(set);
  ok(f, lode_store_verify(other, &f->err));
  lode_store_close(other);
  lode_store_close(reader);
}

/* Compacting does not disturb those who read, and leaves their state alone. */
static void readers_and_compaction(void **state) {
  fixture *f = *state;
  lode_store *reader = NULL;
  ok(f, lode_store_begin(f->store, &f->err));
  for (uint64_t i = 2; i < 200; i++) put(f, i);
  ok(f, lode_store_commit(f->store, &f->err));
  ok(f, lode_store_open(f->place.path, LODE_STORE_READ, &at_once, &reader, &f->err));
  ok(f, lode_store_read_begin(reader, &f->err));
  ok(f, lode_store_begin(f->store, &f->err));
  ok(f, lode_store_source_remove(f->store, f->source, &f->err));
  ok(f, lode_store_commit(f->store, &f->err));
  lode_store_close(f->store);
  f->store = NULL;
  ok(f, lode_store_open(f->place.path, LODE_STORE_WRITE, &at_once, &f->store, &f->err));
  ok(f, lode_store_compact(f->store, &f->err));
  assert_int_equal(documents(f, reader), 199);
  ok(f, lode_store_verify(reader, &f->err));
  lode_store_read_end(reader);
  assert_int_equal(documents(f, reader), 0);
  lode_store_close(reader);
  ok(f, lode_store_verify(f->store, &f->err));
}

static void one_file_at_rest(void **state) {
  fixture *f = *state;
  assert_true(exists_beside(f, "-wal"));
  lode_store *reader = NULL;
  ok(f, lode_store_open(f->place.path, LODE_STORE_READ, NULL, &reader, &f->err));
  assert_int_equal(documents(f, reader), 1);
  lode_store_close(reader);
  lode_store_close(f->store);
  f->store = NULL;
  assert_false(exists_beside(f, "-wal"));
  assert_false(exists_beside(f, "-shm"));
  assert_false(exists_beside(f, "-journal"));
  size_t size = 0;
  char *header = store_file_read(f->place.path, &size);
  assert_non_null(header);
  assert_true(size > 20);
  assert_int_equal(header[18], 1); /* the file format's "write version": no log */
  assert_int_equal(header[19], 1);
  free(header);
}

/* ---------------------------------------------------------------- writers */

static void second_writer_is_told(void **state) {
  fixture *f = *state;
  lode_store *second = NULL;
  ok(f, lode_store_open(f->place.path, LODE_STORE_WRITE, &at_once, &second, &f->err));
  ok(f, lode_store_begin(f->store, &f->err));
  assert_int_equal(lode_store_begin(second, &f->err), LODE_E_BUSY);
  assert_non_null(strstr(f->err.text, "in use by another process"));
  assert_non_null(strstr(f->err.text, f->place.path));
  put(f, 2);
  ok(f, lode_store_commit(f->store, &f->err));
  ok(f, lode_store_begin(second, &f->err));
  ok(f, lode_store_commit(second, &f->err));
  assert_int_equal(documents(f, second), 2);
  lode_store_close(second);
}

typedef struct waiting {
  const char *path;
  lode_status opened;
  lode_status began;
  int64_t documents;
} waiting;

static void *wait_and_write(void *user) {
  waiting *w = user;
  lode_store *store = NULL;
  const lode_store_options options = {.wait_ms = 60000};
  w->opened = lode_store_open(w->path, LODE_STORE_WRITE, &options, &store, NULL);
  if (w->opened != LODE_OK) return NULL;
  w->began = lode_store_begin(store, NULL);
  lode_store_stats now = {0};
  if (w->began == LODE_OK && lode_store_stats_get(store, &now, NULL) == LODE_OK)
    w->documents = now.documents;
  lode_store_close(store);
  return NULL;
}

static void second_writer_waits(void **state) {
  fixture *f = *state;
  waiting w = {.path = f->place.path, .opened = LODE_E_ARG, .began = LODE_E_ARG};
  ok(f, lode_store_begin(f->store, &f->err));
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, wait_and_write, &w), 0);
  (void)usleep(100000); /* so that it has most likely come to wait */
  put(f, 2);
  ok(f, lode_store_commit(f->store, &f->err));
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(w.opened, LODE_OK);
  assert_int_equal(w.began, LODE_OK);
  assert_int_equal(w.documents, 2);
}

typedef struct creating {
  const char *path;
  lode_status status;
} creating;

static void *create(void *user) {
  creating *c = user;
  lode_store *store = NULL;
  c->status = lode_store_open(c->path, LODE_STORE_CREATE, NULL, &store, NULL);
  lode_store_close(store);
  return NULL;
}

static void made_by_several_at_once(void **state) {
  fixture *f = *state;
  char path[320];
  store_place_beside(&f->place, "2", path);
  enum { N = 4 };
  pthread_t threads[N];
  creating c[N];
  for (size_t i = 0; i < N; i++) {
    c[i] = (creating){path, LODE_E_ARG};
    assert_int_equal(pthread_create(&threads[i], NULL, create, &c[i]), 0);
  }
  for (size_t i = 0; i < N; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
  for (size_t i = 0; i < N; i++) assert_int_equal(c[i].status, LODE_OK);
  lode_store *store = NULL;
  ok(f, lode_store_open(path, LODE_STORE_WRITE, NULL, &store, &f->err));
  ok(f, lode_store_verify(store, &f->err));
  lode_store_close(store);
  assert_int_equal(unlink(path), 0);
}

static int always(void *user) {
  ++*(int *)user;
  return 1;
}

static void waiting_is_cancelled(void **state) {
  fixture *f = *state;
  int asked = 0;
  const lode_store_options options = {.wait_ms = 60000, .cancelled = always, .user = &asked};
  lode_store *second = NULL;
  ok(f, lode_store_begin(f->store, &f->err));
  ok(f, lode_store_open(f->place.path, LODE_STORE_WRITE, &options, &second, &f->err));
  assert_int_equal(lode_store_begin(second, &f->err), LODE_E_BUSY);
  assert_true(asked > 0);
  lode_store_close(second);
}

/* ---------------------------------------------------------------- cancelling */

static int after_some(void *user) {
  int *left = user;
  if (*left == 0) return 0;
  --*left;
  return *left == 0;
}

static void cancelled(void **state) {
  fixture *f = *state;
  lode_store_close(f->store);
  int left = 0;
  const lode_store_options options = {.cancelled = after_some, .user = &left};
  ok(f, lode_store_open(f->place.path, LODE_STORE_WRITE, &options, &f->store, &f->err));
  ok(f, lode_store_begin(f->store, &f->err));
  for (uint64_t i = 2; i < 500; i++) put(f, i);
  ok(f, lode_store_commit(f->store, &f->err));
  left = 2;
  assert_int_equal(lode_store_verify(f->store, &f->err), LODE_E_CANCELLED);
  left = 1;
  ok(f, lode_store_begin(f->store, &f->err));
  lode_status status = LODE_OK;
  static store_sample s;
  const uint64_t seeds[] = {1};
  for (uint64_t i = 2; i < 500 && status == LODE_OK; i++) {
    store_sample_make(&s, f->source, i, seeds, 1);
    status = lode_store_put(f->store, &s.put, NULL, &f->err);
  }
  assert_int_equal(status, LODE_E_CANCELLED);
  assert_int_equal(lode_store_put(f->store, &s.put, NULL, &f->err), LODE_E_ARG);
  assert_int_equal(lode_store_commit(f->store, &f->err), LODE_E_ARG);
  left = 0;
  assert_int_equal(documents(f, f->store), 499);
  ok(f, lode_store_verify(f->store, &f->err));
}

/* ---------------------------------------------------------------- read-only */

/* The superuser may write to everything, so he becomes somebody else. */
static bool become_ordinary(void) {
  return geteuid() != 0 || seteuid(65534) == 0;
}

static void become_again(uid_t user) {
  if (geteuid() != user) assert_int_equal(seteuid(user), 0);
}

static void read_only_file(void **state) {
  fixture *f = *state;
  lode_store_close(f->store);
  f->store = NULL;
  const uid_t user = geteuid();
  assert_int_equal(chmod(f->place.folder, 0755), 0);
  assert_int_equal(chmod(f->place.path, 0444), 0);
  if (!become_ordinary()) skip();
  lode_store *store = NULL;
  static const lode_store_mode modes[] = {LODE_STORE_WRITE, LODE_STORE_CREATE};
  for (size_t i = 0; i < 2; i++) {
    const lode_status status = lode_store_open(f->place.path, modes[i], NULL, &store, &f->err);
    assert_int_equal(status, LODE_E_IO);
    assert_null(store);
    assert_non_null(strstr(f->err.text, "read-only"));
  }
  ok(f, lode_store_open(f->place.path, LODE_STORE_READ, NULL, &store, &f->err));
  assert_int_equal(documents(f, store), 1);
  assert_int_equal(lode_store_begin(store, &f->err), LODE_E_ARG);
  ok(f, lode_store_verify(store, &f->err));
  lode_store_close(store);
  become_again(user);
}

/* A file that was copied while it had a log, into a folder where nothing can be made. */
static void log_in_read_only_folder(void **state) {
  fixture *f = *state;
  const uid_t user = geteuid();
  char copy[320];
  store_place_beside(&f->place, ".copy", copy);
  lode_store_close(f->store);
  f->store = NULL;
  /* the file says that it has a log, and there is none: all is in it */
  size_t size = 0;
  char *bytes = store_file_read(f->place.path, &size);
  assert_non_null(bytes);
  bytes[18] = bytes[19] = 2;
  assert_true(store_file_write(copy, bytes, size));
  free(bytes);
  assert_int_equal(chmod(copy, 0444), 0);
  assert_int_equal(chmod(f->place.folder, 0555), 0);
  bool ordinary = become_ordinary();
  if (ordinary) {
    lode_store *store = NULL;
    ok(f, lode_store_open(copy, LODE_STORE_READ, NULL, &store, &f->err));
    assert_int_equal(documents(f, store), 1);
    ok(f, lode_store_verify(store, &f->err));
    lode_store_close(store);
    store = NULL;
    /* a file that can be written, in a folder that cannot */
    assert_int_equal(lode_store_open(f->place.path, LODE_STORE_WRITE, NULL, &store, &f->err),
                     LODE_E_IO);
    assert_null(store);
    ok(f, lode_store_open(f->place.path, LODE_STORE_READ, NULL, &store, &f->err));
    lode_store_close(store);
  }
  become_again(user);
  assert_int_equal(chmod(f->place.folder, 0700), 0);
  assert_int_equal(unlink(copy), 0);
  if (!ordinary) skip();
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(readers_see_their_state), TEST(readers_and_compaction),
      TEST(one_file_at_rest),        TEST(second_writer_is_told),
      TEST(second_writer_waits),     TEST(made_by_several_at_once),
      TEST(waiting_is_cancelled),    TEST(cancelled),
      TEST(read_only_file),          TEST(log_in_read_only_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
