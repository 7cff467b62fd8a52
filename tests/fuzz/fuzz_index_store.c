/* A store that somebody has changed: it is opened, read in every way, checked, written to and
 * compacted, in bounded time, and nothing but errors comes of it.
 *
 * Input: changes to a small store that is made once, each of 2 bytes (where: page), 2 bytes (offset
 * in the page, of 512 bytes), 1 byte (how many bytes follow, at most 31), and these bytes; or, if
 * it begins like one, a whole SQLite file. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "index/store/parts.h"
#include "index_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition) abort();
}

/* ---------------------------------------------------------------- the small store */

static store_place place;
static uint8_t *small;
static size_t small_size;

static void remove_place(void) {
  store_place_remove(&place);
}

static void fill(lode_store *store) {
  static store_sample s;
  int64_t source;
  require(lode_store_begin(store, NULL) == LODE_OK);
  require(store_set_sample_model(store, LODE_DTYPE_I8, NULL) == LODE_OK);
  require(lode_store_source_put(store, "/docs", "{}", &source, NULL) == LODE_OK);
  for (uint64_t i = 0; i < 6; i++) {
    const uint64_t seeds[] = {i, i + 100, i + 200};
    store_sample_make(&s, source, i, seeds, 3);
    require(lode_store_put(store, &s.put, NULL, NULL) == LODE_OK);
    if (i == 2) require(lode_store_commit(store, NULL) == LODE_OK);
    if (i == 2) require(lode_store_begin(store, NULL) == LODE_OK);
  }
  require(lode_store_remove(store, 2, NULL) == LODE_OK);
  require(lode_store_commit(store, NULL) == LODE_OK);
}

/* Small pages, so that there is little to look at. */
static void make_small(void) {
  lode_store *store = NULL;
  require(store_place_make(&place));
  require(atexit(remove_place) == 0);
  require(lode_store_open(place.path, LODE_STORE_CREATE, NULL, &store, NULL) == LODE_OK);
  fill(store);
  require(lode_sql_script(store, "PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM",
                          NULL) == LODE_OK);
  lode_store_close(store);
  small_size = (size_t)store_file_size(place.path);
  small = malloc(small_size);
  FILE *file = fopen(place.path, "rb");
  require(small != NULL && file != NULL && fread(small, 1, small_size, file) == small_size);
  (void)fclose(file);
}

/* ---------------------------------------------------------------- the changed one */

static void write_all(int fd, const uint8_t *data, size_t size, size_t at) {
  require(pwrite(fd, data, size, (off_t)at) == (ssize_t)size);
}

static void make_changed(const uint8_t *data, size_t size) {
  char name[320];
  static const char *const ends[] = {"-wal", "-shm", "-journal"};
  for (size_t i = 0; i < 3; i++) {
    store_place_beside(&place, ends[i], name);
    (void)unlink(name);
  }
  const int fd = open(place.path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  require(fd >= 0);
  if (size >= 16 && memcmp(data, "SQLite format 3", 16) == 0) {
    write_all(fd, data, size, 0);
  } else {
    write_all(fd, small, small_size, 0);
    size_t at = 0;
    while (at + 5 <= size) {
      const size_t page = (size_t)(data[at] | data[at + 1] << 8) % (small_size / 512);
      const size_t offset = (size_t)(data[at + 2] | data[at + 3] << 8) % 512;
      size_t n = data[at + 4] % 32;
      at += 5;
      if (n > size - at) n = size - at;
      if (n > 512 - offset) n = 512 - offset;
      write_all(fd, data + at, n, page * 512 + offset);
      at += n;
    }
  }
  require(close(fd) == 0);
}

/* ---------------------------------------------------------------- what is done with it */

/* A file can say that there is very much to do. */
static int enough(void *user) {
  return ++*(int *)user > 400;
}

static lode_status see_document(void *user, const lode_store_document *document, lode_error *err) {
  (void)err;
  lode_store *store = user;
  lode_arena arena = {0};
  lode_store_chunk *chunks;
  lode_text body;
  size_t count;
  require(lode_utf8_valid(document->key.data, document->key.size) == document->key.size);
  if (lode_store_chunks(store, document->id, &arena, &chunks, &count, NULL) == LODE_OK) {
    for (size_t i = 0; i < count; i++) {
      require(chunks[i].begin <= chunks[i].end);
      if (lode_store_body(store, document->id, chunks[i].begin, chunks[i].end, &arena, &body,
                          NULL) == LODE_OK) {
        require(lode_utf8_valid(body.data, body.size) == body.size);
      }
    }
  }
  lode_arena_free(&arena);
  return LODE_OK;
}

static lode_status see_term(void *user, const lode_store_term *term, lode_error *err) {
  (void)user;
  (void)err;
  require(lode_utf8_valid(term->term.data, term->term.size) == term->term.size);
  return LODE_OK;
}

static void search_vectors(lode_store *store) {
  lode_store_vectors *set = NULL;
  lode_arena arena = {0};
  if (lode_store_vectors_load(store, NULL, &set, NULL) != LODE_OK) return;
  lode_vectors *vectors = NULL;
  float *query = calloc(set->dim + 1, sizeof *query);
  lode_vectors_hit hits[10];
  size_t count = 0;
  if (set->dim > 0 && query != NULL &&
      lode_vectors_new(set->dim, set->dtype, 0, NULL, &vectors, NULL) == LODE_OK) {
    query[0] = 1.0f;
    require(lode_vectors_search(vectors, set->segments, set->count, query, 10, NULL, hits, &count,
                                NULL) == LODE_OK);
  }
  for (size_t i = 0; i < count; i++) {
    lode_store_chunk chunk;
    require(hits[i].segment < set->count && hits[i].row < set->segments[hits[i].segment].count);
    (void)lode_store_chunk_of_row(store, set->ids[hits[i].segment], hits[i].row, &arena, &chunk,
                                  NULL);
  }
  lode_vectors_free(vectors);
  free(query);
  lode_arena_free(&arena);
  lode_store_vectors_free(set);
}

static void read_all(lode_store *store) {
  lode_arena arena = {0};
  lode_store_model model;
  lode_store_source *sources;
  lode_store_match *matches;
  lode_store_stats stats;
  lode_error err;
  size_t count;
  const lode_store_weights weights = {2, 1, 1};
  (void)lode_store_stats_get(store, &stats, &err);
  (void)lode_store_model_get(store, &arena, &model, &err);
  (void)lode_store_sources(store, &arena, &sources, &count, &err);
  (void)lode_store_documents(store, 0, see_document, store, &err);
  (void)lode_store_terms(store, (lode_text){0}, (lode_text){0}, see_term, NULL, &err);
  static const char *const questions[] = {"\"run\"", "\"w1\" OR \"heading2\"", "\"w\" *",
                                          "\"running words\""};
  for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
    (void)lode_store_match_words(store, questions[i], &weights, 10, &arena, &matches, &count, &err);
  }
  search_vectors(store);
  (void)lode_store_verify(store, &err);
  lode_arena_free(&arena);
}

static void write_some(lode_store *store) {
  static store_sample s;
  lode_error err;
  lode_status status = lode_store_begin(store, &err);
  for (uint64_t i = 0; i < 8 && status == LODE_OK; i++) {
    const uint64_t seeds[] = {i, i + 1};
    store_sample_make(&s, 1, i, seeds, 2);
    if (i % 2 == 0) s.chunks[0].vector = NULL;
    status = lode_store_put(store, &s.put, NULL, &err);
    if (status == LODE_E_NOT_FOUND || status == LODE_E_ARG) status = LODE_OK;
  }
  if (status == LODE_OK) (void)lode_store_remove(store, 1, &err);
  (void)lode_store_commit(store, &err);
  (void)lode_store_compact(store, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (small == NULL) make_small();
  make_changed(data, size);
  for (int mode = LODE_STORE_READ; mode <= (int)LODE_STORE_WRITE; mode++) {
    int asked = 0;
    const lode_store_options options = {.wait_ms = -1, .cancelled = enough, .user = &asked};
    lode_store *store = NULL;
    lode_error err;
    lode_error_clear(&err);
    const lode_status status =
        lode_store_open(place.path, (lode_store_mode)mode, &options, &store, &err);
    require((status == LODE_OK) == (store != NULL));
    if (status != LODE_OK) {
      require(err.code == status && err.text[0] != '\0');
      continue;
    }
    if (mode == LODE_STORE_READ) {
      read_all(store);
    } else {
      write_some(store);
      read_all(store);
    }
    lode_store_close(store);
  }
  return 0;
}
