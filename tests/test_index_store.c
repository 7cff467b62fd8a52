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

/* How many documents an FTS5 expression finds; the best one's id in *first. */
static size_t matches(fixture *f, const char *expression, int64_t *first) {
  const lode_store_weights weights = {2.0, 1.5, 1.0};
  lode_store_match *list = NULL;
  size_t count = 0;
  ok(f, lode_store_match_words(f->store, expression, &weights, 1000, &f->arena, &list, &count,
                               &f->err));
  for (size_t i = 0; i < count; i++) {
    assert_true(list[i].score > 0);
    if (i > 0) assert_true(list[i - 1].score >= list[i].score);
  }
  if (first != NULL) *first = count > 0 ? list[0].document : 0;
  return count;
}

static void begin(fixture *f) {
  ok(f, lode_store_begin(f->store, &f->err));
}

static void commit(fixture *f) {
  ok(f, lode_store_commit(f->store, &f->err));
}

static lode_store_stats stats(fixture *f) {
  lode_store_stats out;
  ok(f, lode_store_stats_get(f->store, &out, &f->err));
  return out;
}

/* Everything, by a connection that can only read and by one that can write. */
static void verify(fixture *f) {
  ok(f, lode_store_verify(f->store, &f->err));
  lode_store *reader = NULL;
  ok(f, lode_store_open(f->place.path, LODE_STORE_READ, NULL, &reader, &f->err));
  ok(f, lode_store_verify(reader, &f->err));
  lode_store_close(reader);
}

static void get_chunks(fixture *f, int64_t id, lode_store_chunk **list, size_t n) {
  size_t count = 0;
  ok(f, lode_store_chunks(f->store, id, &f->arena, list, &count, &f->err));
  assert_int_equal(count, n);
}

static void assert_text(lode_text text, const char *wanted) {
  assert_int_equal(text.size, strlen(wanted));
  assert_memory_equal(text.data, wanted, text.size + 1);
}

/* ---------------------------------------------------------------- documents */

static void round_trip(void **state) {
  fixture *f = *state;
  const uint64_t seeds[] = {1, 2, 3};
  begin(f);
  const int64_t id = put(f, 7, seeds, 3);
  commit(f);
  open_again(f, LODE_STORE_READ);
  static store_sample s;
  store_sample_make(&s, f->source, 7, seeds, 3);
  lode_store_document d;
  ok(f, lode_store_find(f->store, s.put.key, &f->arena, &d, &f->err));
  assert_int_equal(d.id, id);
  assert_int_equal(d.source, f->source);
  assert_text(d.key, s.key);
  assert_text(d.title, s.title);
  assert_text(d.url, "https://example.org/");
  assert_text(d.metadata, "{\"a\":1}");
  assert_int_equal(d.language, LODE_LANGUAGE_EN);
  assert_int_equal(d.format, LODE_FORMAT_MARKDOWN);
  assert_memory_equal(d.hash, s.put.hash, sizeof d.hash);
  assert_int_equal(d.size, s.put.size);
  assert_int_equal(d.mtime_ns, s.put.mtime_ns);
  assert_int_equal(d.body_size, s.put.body.size);
  lode_store_document again;
  ok(f, lode_store_document_get(f->store, id, &f->arena, &again, &f->err));
  assert_text(again.key, s.key);
  lode_store_chunk *chunks;
  get_chunks(f, id, &chunks, 3);
  for (uint32_t i = 0; i < 3; i++) {
    assert_int_equal(chunks[i].document, id);
    assert_int_equal(chunks[i].ordinal, i);
    assert_int_equal(chunks[i].begin, s.chunks[i].begin);
    assert_int_equal(chunks[i].end, s.chunks[i].end);
    assert_int_equal(chunks[i].source_begin, s.chunks[i].source_begin);
    assert_int_equal(chunks[i].source_end, s.chunks[i].source_end);
    assert_text(chunks[i].path, "A > B");
    assert_text(chunks[i].anchor, "b");
    assert_memory_equal(chunks[i].hash, s.chunks[i].hash, sizeof chunks[i].hash);
    lode_store_chunk c;
    find_vector(f, seeds[i], &c);
    assert_int_equal(c.document, id);
    assert_int_equal(c.ordinal, i);
  }
  assert_int_equal(lode_store_find(f->store, store_text("doc/8.md"), &f->arena, &d, &f->err),
                   LODE_E_NOT_FOUND);
  assert_int_equal(lode_store_document_get(f->store, id + 1, &f->arena, &d, &f->err),
                   LODE_E_NOT_FOUND);
  const lode_store_stats now = stats(f);
  assert_int_equal(now.documents, 1);
  assert_int_equal(now.chunks, 3);
  assert_int_equal(now.vectors, 3);
  assert_int_equal(now.dead, 0);
  assert_int_equal(now.languages, LODE_LANGUAGE_BIT(LODE_LANGUAGE_EN));
  verify(f);
}

static void bodies(void **state) {
  fixture *f = *state;
  static store_sample s;
  const uint64_t seeds[] = {1};
  store_sample_make(&s, f->source, 1, seeds, 0);
  s.put.body = store_text("a\xc3\xa4-\xe6\xbc\xa2z");
  int64_t id;
  begin(f);
  ok(f, lode_store_put(f->store, &s.put, &id, &f->err));
  commit(f);
  lode_text text;
  ok(f, lode_store_body(f->store, id, 0, SIZE_MAX, &f->arena, &text, &f->err));
  assert_text(text, "a\xc3\xa4-\xe6\xbc\xa2z");
  ok(f, lode_store_body(f->store, id, 1, 4, &f->arena, &text, &f->err));
  assert_text(text, "\xc3\xa4-");
  ok(f, lode_store_body(f->store, id, 4, 7, &f->arena, &text, &f->err));
  assert_text(text, "\xe6\xbc\xa2");
  ok(f, lode_store_body(f->store, id, 8, 9, &f->arena, &text, &f->err));
  assert_text(text, "");
  ok(f, lode_store_body(f->store, id, 100, 200, &f->arena, &text, &f->err));
  assert_text(text, "");
  assert_int_equal(lode_store_body(f->store, id, 2, 4, &f->arena, &text, &f->err), LODE_E_ARG);
  assert_int_equal(lode_store_body(f->store, id, 1, 2, &f->arena, &text, &f->err), LODE_E_ARG);
  assert_int_equal(lode_store_body(f->store, id, 5, 5, &f->arena, &text, &f->err), LODE_E_ARG);
  assert_int_equal(lode_store_body(f->store, 99, 0, 1, &f->arena, &text, &f->err),
                   LODE_E_NOT_FOUND);
}

typedef struct seen {
  size_t count;
  int64_t last;
  size_t stop_at;
} seen;

static lode_status see(void *user, const lode_store_document *document, lode_error *err) {
  (void)err;
  seen *s = user;
  assert_true(document->id > s->last);
  s->last = document->id;
  return ++s->count == s->stop_at ? LODE_E_CANCELLED : LODE_OK;
}

static void sources(void **state) {
  fixture *f = *state;
  int64_t other;
  const uint64_t seeds[] = {1, 2};
  begin(f);
  ok(f, lode_store_source_put(f->store, "/other", "{\"depth\":1}", &other, &f->err));
  assert_true(other != f->source);
  for (uint64_t i = 0; i < 5; i++) (void)put(f, i, seeds, 2);
  const int64_t kept = f->source;
  f->source = other;
  for (uint64_t i = 5; i < 8; i++) (void)put(f, i, seeds, 2);
  f->source = kept;
  commit(f);
  lode_store_source *list;
  size_t count;
  ok(f, lode_store_sources(f->store, &f->arena, &list, &count, &f->err));
  assert_int_equal(count, 2);
  assert_string_equal(list[0].root, "/docs");
  assert_string_equal(list[1].root, "/other");
  assert_string_equal(list[1].options, "{\"depth\":1}");
  seen s = {0};
  ok(f, lode_store_documents(f->store, 0, see, &s, &f->err));
  assert_int_equal(s.count, 8);
  s = (seen){0};
  ok(f, lode_store_documents(f->store, other, see, &s, &f->err));
  assert_int_equal(s.count, 3);
  s = (seen){.stop_at = 2};
  assert_int_equal(lode_store_documents(f->store, 0, see, &s, &f->err), LODE_E_CANCELLED);
  assert_int_equal(s.count, 2);
  begin(f);
  int64_t same;
  ok(f, lode_store_source_put(f->store, "/other", "{}", &same, &f->err));
  assert_int_equal(same, other);
  ok(f, lode_store_source_remove(f->store, kept, &f->err));
  assert_int_equal(lode_store_source_remove(f->store, 77, &f->err), LODE_E_NOT_FOUND);
  commit(f);
  assert_int_equal(stats(f).documents, 3);
  ok(f, lode_store_sources(f->store, &f->arena, &list, &count, &f->err));
  assert_int_equal(count, 1);
  assert_string_equal(list[0].options, "{}");
  verify(f);
}

/* ---------------------------------------------------------------- updates */

static void update_keeps_rows(void **state) {
  fixture *f = *state;
  const uint64_t before[] = {1, 2, 3, 4};
  const uint64_t after[] = {9, 1, 3, 4};
  begin(f);
  const int64_t id = put(f, 7, before, 4);
  commit(f);
  lode_store_chunk *old;
  get_chunks(f, id, &old, 4);
  static store_sample s;
  store_sample_make(&s, f->source, 7, after, 4);
  for (size_t i = 1; i < 4; i++) s.chunks[i].vector = NULL;
  begin(f);
  int64_t same;
  ok(f, lode_store_put(f->store, &s.put, &same, &f->err));
  commit(f);
  assert_int_equal(same, id);
  lode_store_chunk *new;
  get_chunks(f, id, &new, 4);
  static const size_t was[] = {0, 0, 2, 3};
  for (size_t i = 1; i < 4; i++) {
    assert_int_equal(new[i].segment, old[was[i]].segment);
    assert_int_equal(new[i].row, old[was[i]].row);
  }
  assert_true(new[0].segment != old[0].segment);
  const lode_store_stats now = stats(f);
  assert_int_equal(now.vectors, 4);
  assert_int_equal(now.dead, 1);
  for (uint32_t i = 0; i < 4; i++) {
    lode_store_chunk c;
    find_vector(f, after[i], &c);
    assert_int_equal(c.ordinal, i);
  }
  verify(f);
  begin(f);
  ok(f, lode_store_touch(f->store, id, 5, 6, &f->err));
  assert_int_equal(lode_store_touch(f->store, id + 1, 5, 6, &f->err), LODE_E_NOT_FOUND);
  commit(f);
  assert_int_equal(stats(f).generation, now.generation);
  lode_store_document d;
  ok(f, lode_store_document_get(f->store, id, &f->arena, &d, &f->err));
  assert_int_equal(d.size, 5);
  assert_int_equal(d.mtime_ns, 6);
}

/* The same chunk twice in a document, and in others: each has a row of its own. */
static void repeated_chunks(void **state) {
  fixture *f = *state;
  const uint64_t one[] = {5, 6};
  const uint64_t many[] = {5, 5, 6, 5};
  static store_sample s;
  begin(f);
  const int64_t a = put(f, 1, one, 2);
  /* still in memory, not in the file */
  store_sample_make(&s, f->source, 2, many, 4);
  for (size_t i = 0; i < 4; i++) s.chunks[i].vector = NULL;
  int64_t b;
  ok(f, lode_store_put(f->store, &s.put, &b, &f->err));
  commit(f);
  verify(f);
  bool has;
  ok(f, lode_store_has_vector(f->store, s.chunks[0].hash, &has, &f->err));
  assert_true(has);
  /* from the file */
  store_sample_make(&s, f->source, 1, many, 4);
  for (size_t i = 0; i < 4; i++) s.chunks[i].vector = NULL;
  int64_t id;
  begin(f);
  ok(f, lode_store_put(f->store, &s.put, &id, &f->err));
  assert_int_equal(id, a);
  /* a file that was moved: put first, then removed */
  store_sample_make(&s, f->source, 3, many, 4);
  for (size_t i = 0; i < 4; i++) s.chunks[i].vector = NULL;
  ok(f, lode_store_put(f->store, &s.put, &id, &f->err));
  ok(f, lode_store_remove(f->store, a, &f->err));
  ok(f, lode_store_remove(f->store, b, &f->err));
  commit(f);
  verify(f);
  assert_int_equal(stats(f).vectors, 4);
  lode_store_chunk c;
  find_vector(f, 6, &c);
  assert_int_equal(c.document, id);
  assert_int_equal(c.ordinal, 2);
}

static void language_changes(void **state) {
  fixture *f = *state;
  static store_sample s;
  const uint64_t seeds[] = {1};
  store_sample_make(&s, f->source, 1, seeds, 1);
  begin(f);
  int64_t id;
  ok(f, lode_store_put(f->store, &s.put, &id, &f->err));
  commit(f);
  assert_int_equal(matches(f, "\"run\"", NULL), 1); /* the stem of "running" */
  verify(f);
  begin(f);
  s.put.language = LODE_LANGUAGE_FI;
  ok(f, lode_store_put(f->store, &s.put, NULL, &f->err));
  commit(f);
  assert_int_equal(matches(f, "\"run\"", NULL), 0);
  assert_int_equal(matches(f, "\"running\"", NULL), 1);
  verify(f);
  begin(f);
  s.put.language = LODE_LANGUAGE_NONE;
  ok(f, lode_store_put(f->store, &s.put, NULL, &f->err));
  commit(f);
  verify(f);
  begin(f);
  ok(f, lode_store_remove(f->store, id, &f->err));
  commit(f);
  assert_int_equal(matches(f, "\"running\"", NULL), 0);
  verify(f);
  assert_true(stats(f).languages != 0);
  ok(f, lode_store_compact(f->store, &f->err));
  assert_int_equal(stats(f).languages, 0);
}

static void rollback(void **state) {
  fixture *f = *state;
  const uint64_t seeds[] = {1, 2};
  begin(f);
  const int64_t id = put(f, 1, seeds, 2);
  commit(f);
  const lode_store_stats before = stats(f);
  begin(f);
  (void)put(f, 2, seeds, 2);
  ok(f, lode_store_remove(f->store, id, &f->err));
  lode_store_rollback(f->store);
  const lode_store_stats after = stats(f);
  assert_int_equal(after.documents, before.documents);
  assert_int_equal(after.generation, before.generation);
  assert_int_equal(after.vectors, before.vectors);
  lode_store_chunk *chunks;
  get_chunks(f, id, &chunks, 2);
  verify(f);
}

/* ---------------------------------------------------------------- words */

static lode_status count_term(void *user, const lode_store_term *term, lode_error *err) {
  (void)err;
  assert_true(term->documents > 0);
  ++*(size_t *)user;
  return LODE_OK;
}

static void words(void **state) {
  fixture *f = *state;
  const uint64_t seeds[] = {1, 2, 3};
  begin(f);
  for (uint64_t i = 0; i < 10; i++) (void)put(f, i, seeds, 1 + i % 3);
  commit(f);
  int64_t first;
  assert_int_equal(matches(f, "\"heading4\"", &first), 1);
  lode_store_document d;
  ok(f, lode_store_find(f->store, store_text("doc/4.md"), &f->arena, &d, &f->err));
  assert_int_equal(first, d.id);
  assert_int_equal(matches(f, "\"running\"", NULL), 10);
  assert_int_equal(matches(f, "\"w3\"", NULL), 3);
  assert_int_equal(matches(f, "\"nothing\"", NULL), 0);
  lode_store_term term;
  ok(f, lode_store_term_get(f->store, store_text("running"), &term, &f->err));
  assert_int_equal(term.documents, 10);
  assert_int_equal(term.occurrences, 4 * 1 + 3 * 2 + 3 * 3);
  ok(f, lode_store_term_get(f->store, store_text("nothing"), &term, &f->err));
  assert_int_equal(term.documents, 0);
  size_t n = 0;
  ok(f, lode_store_terms(f->store, store_text("w1"), store_text("w3"), count_term, &n, &f->err));
  assert_int_equal(n, 2);
  n = 0;
  ok(f, lode_store_terms(f->store, store_text("w1"), (lode_text){0}, count_term, &n, &f->err));
  assert_true(n >= 3);
  lode_store_match *list;
  size_t count;
  const lode_store_weights weights = {1, 1, 1};
  assert_int_equal(
      lode_store_match_words(f->store, "\"x", &weights, 5, &f->arena, &list, &count, &f->err),
      LODE_E_ARG);
  assert_int_equal(
      lode_store_match_words(f->store, "AND", &weights, 5, &f->arena, &list, &count, &f->err),
      LODE_E_ARG);
  assert_int_equal(matches(f, "\"running\"", NULL), 10);
}

/* ---------------------------------------------------------------- vectors */

static void vectors_of_f32(void **state) {
  fixture *f = *state;
  lode_store_close(f->store);
  store_place_remove(&f->place);
  assert_true(store_place_make(&f->place));
  ok(f, lode_store_open(f->place.path, LODE_STORE_CREATE, NULL, &f->store, &f->err));
  lode_store_vectors *set = NULL;
  ok(f, lode_store_vectors_load(f->store, NULL, &set, &f->err));
  assert_int_equal(set->dim, 0);
  assert_int_equal(set->count, 0);
  lode_store_vectors_free(set);
  begin(f);
  ok(f, lode_store_source_put(f->store, "/docs", "{}", &f->source, &f->err));
  ok(f, store_set_sample_model(f->store, LODE_DTYPE_F32, &f->err));
  const uint64_t seeds[] = {1, 2, 3};
  (void)put(f, 1, seeds, 3);
  commit(f);
  ok(f, lode_store_vectors_load(f->store, NULL, &set, &f->err));
  assert_int_equal(set->dtype, LODE_DTYPE_F32);
  assert_int_equal(set->count, 1);
  assert_int_equal(set->rows, 3);
  assert_null(set->segments[0].scales);
  for (size_t i = 0; i < 3; i++) {
    float wanted[STORE_DIM];
    uint8_t code[8];
    store_vector(seeds[i], wanted);
    assert_true(lode_vectors_encode(STORE_DIM, wanted, NULL, NULL, code));
    assert_memory_equal((const float *)set->segments[0].rows + i * STORE_DIM, wanted,
                        sizeof wanted);
    assert_memory_equal(set->segments[0].codes + i * sizeof code, code, sizeof code);
  }
  lode_store_vectors_free(set);
  verify(f);
}

static void model(void **state) {
  fixture *f = *state;
  open_again(f, LODE_STORE_WRITE);
  lode_store_model m;
  ok(f, lode_store_model_get(f->store, &f->arena, &m, &f->err));
  assert_string_equal(m.name, "a model");
  assert_string_equal(m.settings, "{}");
  assert_int_equal(m.dim, STORE_DIM);
  assert_int_equal(m.dtype, LODE_DTYPE_I8);
  assert_int_equal(m.probe_count, STORE_PROBES);
  for (size_t i = 0; i < STORE_PROBES; i++) {
    float wanted[STORE_DIM];
    store_vector(900 + i, wanted);
    assert_memory_equal(m.probes + i * STORE_DIM, wanted, sizeof wanted);
  }
  begin(f);
  assert_int_equal(store_set_sample_model(f->store, LODE_DTYPE_I8, &f->err), LODE_E_ARG);
  lode_store_rollback(f->store);
}

/* Sets of vectors share what has not changed, and outlive each other and the store. */
static void sets_share(void **state) {
  fixture *f = *state;
  uint64_t seeds[40];
  for (uint64_t i = 0; i < 40; i++) seeds[i] = i + 1;
  begin(f);
  (void)put(f, 1, seeds, 30);
  commit(f);
  lode_store_vectors *a = NULL;
  ok(f, lode_store_vectors_load(f->store, NULL, &a, &f->err));
  begin(f);
  const int64_t second = put(f, 2, seeds + 30, 10);
  commit(f);
  lode_store_vectors *b = NULL;
  ok(f, lode_store_vectors_load(f->store, a, &b, &f->err));
  assert_true(b->generation > a->generation);
  assert_int_equal(a->count, 1);
  assert_int_equal(b->count, 2);
  assert_ptr_equal(a->segments[0].rows, b->segments[0].rows);
  begin(f);
  (void)put(f, 1, seeds, 29); /* all new vectors: the first 30 are dead */
  ok(f, lode_store_remove(f->store, second, &f->err));
  commit(f);
  lode_store_vectors *c = NULL;
  ok(f, lode_store_vectors_load(f->store, b, &c, &f->err));
  assert_int_equal(c->rows, 29);
  assert_int_equal(b->rows, 40);
  lode_store_vectors_free(a);
  lode_store_close(f->store);
  f->store = NULL;
  float query[STORE_DIM];
  store_vector(35, query);
  lode_vectors *v = NULL;
  ok(f, lode_vectors_new(b->dim, b->dtype, 0, NULL, &v, &f->err));
  lode_vectors_hit hit;
  size_t count;
  ok(f, lode_vectors_search(v, b->segments, b->count, query, 1, NULL, &hit, &count, &f->err));
  assert_int_equal(b->documents[hit.segment][hit.row], second);
  assert_int_equal(hit.row, 4);
  lode_vectors_free(v);
  lode_store_vectors_free(b);
  lode_store_vectors_free(c);
}

/* More rows than a segment takes; then small commits, which must not leave many segments. */
static void many_rows(void **state) {
  fixture *f = *state;
  uint64_t seeds[STORE_CHUNKS_MAX];
  uint64_t next = 1;
  begin(f);
  for (uint64_t d = 0; d < 100; d++) {
    for (size_t i = 0; i < STORE_CHUNKS_MAX; i++) seeds[i] = next++;
    (void)put(f, d, seeds, STORE_CHUNKS_MAX);
  }
  commit(f);
  assert_int_equal(stats(f).segments, 2);
  int64_t most = 0;
  for (uint64_t d = 100; d < 300; d++) {
    begin(f);
    seeds[0] = next++;
    (void)put(f, d, seeds, 1);
    commit(f);
    if (stats(f).segments > most) most = stats(f).segments;
  }
  assert_in_range(most, 3, 2 + 4 * 7);
  verify(f);
  for (uint64_t seed = 1; seed < next; seed += 613) {
    lode_store_chunk c;
    find_vector(f, seed, &c);
    uint8_t hash[LODE_STORE_CHUNK_HASH_SIZE];
    store_hash(seed, hash, sizeof hash);
    assert_memory_equal(c.hash, hash, sizeof hash);
  }
}

static void space_comes_back(void **state) {
  fixture *f = *state;
  uint64_t seeds[STORE_CHUNKS_MAX];
  uint64_t next = 1;
  const int64_t empty = store_file_size(f->place.path);
  begin(f);
  int64_t ids[200];
  for (uint64_t d = 0; d < 200; d++) {
    for (size_t i = 0; i < STORE_CHUNKS_MAX; i++) seeds[i] = next++;
    ids[d] = put(f, d, seeds, STORE_CHUNKS_MAX);
  }
  commit(f);
  ok(f, lode_store_compact(f->store, &f->err));
  const int64_t full = store_file_size(f->place.path);
  assert_true(full > 1000000);
  begin(f);
  for (size_t d = 0; d < 200; d += 2) ok(f, lode_store_remove(f->store, ids[d], &f->err));
  commit(f);
  verify(f);
  const lode_store_stats holes = stats(f);
  assert_int_equal(holes.dead, 100 * STORE_CHUNKS_MAX);
  ok(f, lode_store_compact(f->store, &f->err));
  const lode_store_stats half = stats(f);
  assert_int_equal(half.dead, 0);
  assert_int_equal(half.free_bytes, 0);
  assert_int_equal(half.vectors, 100 * STORE_CHUNKS_MAX);
  assert_in_range(half.file_bytes, full / 3, full * 2 / 3);
  assert_int_equal(half.file_bytes, store_file_size(f->place.path));
  verify(f);
  lode_store_chunk c;
  find_vector(f, STORE_CHUNKS_MAX + 5, &c); /* of document 1 */
  assert_int_equal(c.document, ids[1]);
  assert_int_equal(c.ordinal, 4);
  begin(f);
  ok(f, lode_store_source_remove(f->store, f->source, &f->err));
  commit(f);
  assert_int_equal(stats(f).segments, 0); /* at once: no row of theirs lives */
  ok(f, lode_store_compact(f->store, &f->err));
  verify(f);
  lode_store_close(f->store);
  f->store = NULL;
  assert_in_range(store_file_size(f->place.path), 1, empty + 16384);
}

/* ---------------------------------------------------------------- against a simple model */

enum { STEPS = 400, KEYS = 40 };

typedef struct wanted {
  size_t count; /* of chunks; 0: no such document */
  uint64_t seeds[STORE_CHUNKS_MAX];
} wanted;

static uint64_t draw(uint64_t *state, uint64_t below) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (*state >> 33) % below;
}

static void compare(fixture *f, const wanted *all) {
  int64_t documents = 0;
  int64_t chunks = 0;
  for (uint64_t k = 0; k < KEYS; k++) {
    char key[32];
    (void)snprintf(key, sizeof key, "doc/%llu.md", (unsigned long long)k);
    lode_store_document d;
    const lode_status status = lode_store_find(f->store, store_text(key), &f->arena, &d, &f->err);
    assert_int_equal(status, all[k].count > 0 ? LODE_OK : LODE_E_NOT_FOUND);
    if (status != LODE_OK) continue;
    documents++;
    chunks += (int64_t)all[k].count;
    lode_store_chunk *list;
    get_chunks(f, d.id, &list, all[k].count);
    for (size_t i = 0; i < all[k].count; i++) {
      uint8_t hash[LODE_STORE_CHUNK_HASH_SIZE];
      store_hash(all[k].seeds[i], hash, sizeof hash);
      assert_memory_equal(list[i].hash, hash, sizeof hash);
    }
  }
  const lode_store_stats now = stats(f);
  assert_int_equal(now.documents, documents);
  assert_int_equal(now.chunks, chunks);
  assert_int_equal(now.vectors, chunks);
}

/* Each row holds the vector of its chunk: seeds are in the hashes. */
static void compare_vectors(fixture *f, const wanted *all) {
  lode_store_vectors *set = NULL;
  ok(f, lode_store_read_begin(f->store, &f->err));
  ok(f, lode_store_vectors_load(f->store, NULL, &set, &f->err));
  for (uint64_t k = 0; k < KEYS; k++) {
    char key[32];
    (void)snprintf(key, sizeof key, "doc/%llu.md", (unsigned long long)k);
    lode_store_document d;
    if (lode_store_find(f->store, store_text(key), &f->arena, &d, &f->err) != LODE_OK) continue;
    lode_store_chunk *list;
    get_chunks(f, d.id, &list, all[k].count);
    for (size_t i = 0; i < all[k].count; i++) {
      float vector[STORE_DIM];
      int8_t row[STORE_DIM];
      float scale;
      store_vector(all[k].seeds[i], vector);
      assert_true(lode_vectors_encode(STORE_DIM, vector, row, &scale, NULL));
      size_t s = 0;
      while (s < set->count && set->ids[s] != list[i].segment) s++;
      assert_true(s < set->count);
      assert_int_equal(set->documents[s][list[i].row], d.id);
      const int8_t *rows = set->segments[s].rows;
      assert_memory_equal(rows + (size_t)list[i].row * STORE_DIM, row, sizeof row);
      assert_memory_equal(&set->segments[s].scales[list[i].row], &scale, sizeof scale);
    }
  }
  lode_store_vectors_free(set);
  lode_store_read_end(f->store);
}

/* One random change; `all` is what should be there afterwards. */
static void change(fixture *f, wanted *all, uint64_t *random) {
  static store_sample s;
  const uint64_t k = draw(random, KEYS);
  wanted *w = &all[k];
  if (w->count > 0 && draw(random, 4) == 0) {
    char key[32];
    (void)snprintf(key, sizeof key, "doc/%llu.md", (unsigned long long)k);
    lode_store_document d;
    ok(f, lode_store_find(f->store, store_text(key), &f->arena, &d, &f->err));
    ok(f, lode_store_remove(f->store, d.id, &f->err));
    w->count = 0;
    return;
  }
  w->count = 1 + draw(random, STORE_CHUNKS_MAX);
  for (size_t i = 0; i < w->count; i++) {
    if (w->seeds[i] == 0 || draw(random, 3) == 0) w->seeds[i] = 1 + draw(random, 2000);
  }
  store_sample_make(&s, f->source, k, w->seeds, w->count);
  static const lode_language languages[] = {LODE_LANGUAGE_NONE, LODE_LANGUAGE_EN, LODE_LANGUAGE_DE};
  s.put.language = languages[draw(random, 3)];
  for (size_t i = 0; i < w->count; i++) {
    bool has;
    ok(f, lode_store_has_vector(f->store, s.chunks[i].hash, &has, &f->err));
    if (has) s.chunks[i].vector = NULL;
  }
  ok(f, lode_store_put(f->store, &s.put, NULL, &f->err));
}

static void random_changes(void **state) {
  fixture *f = *state;
  static wanted now[KEYS];
  static wanted next[KEYS];
  uint64_t random = 42;
  for (int step = 0; step < STEPS; step++) {
    memcpy(next, now, sizeof now);
    begin(f);
    for (uint64_t n = 1 + draw(&random, 4); n > 0; n--) change(f, next, &random);
    if (draw(&random, 5) == 0) {
      lode_store_rollback(f->store);
    } else {
      commit(f);
      memcpy(now, next, sizeof now);
    }
    if (step % 40 == 17) ok(f, lode_store_compact(f->store, &f->err));
    if (step % 60 == 33) open_again(f, LODE_STORE_WRITE);
    if (step % 20 == 0) {
      compare(f, now);
      compare_vectors(f, now);
      verify(f);
      lode_arena_free(&f->arena);
    }
  }
  compare(f, now);
  compare_vectors(f, now);
  verify(f);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(round_trip),       TEST(bodies),
      TEST(sources),          TEST(update_keeps_rows),
      TEST(repeated_chunks),  TEST(language_changes),
      TEST(rollback),         TEST(words),
      TEST(vectors_of_f32),   TEST(model),
      TEST(sets_share),       TEST(many_rows),
      TEST(space_comes_back), TEST(random_changes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
