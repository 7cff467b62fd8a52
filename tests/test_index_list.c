/* Reading what is in a collection: order and pages, texts, passages and vectors; files that are
 * damaged, or written meanwhile. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "model_folder.h"

enum { ALL = LODE_INDEX_TEXT | LODE_INDEX_CHUNKS | LODE_INDEX_VECTORS };

static const char zebra[] =
    "---\ntags: [a, b]\n---\n# Zebra\n\nAn *animal* with stripes.\n\n## Food\n\nIt eats grass.\n";
static const char engine[] = "The engine burns oil.\n";

static lode_text text_of(const char *s) {
  return (lode_text){s, strlen(s)};
}

static lode_index_document document(const char *id, const char *content) {
  return (lode_index_document){.id = text_of(id), .content = text_of(content)};
}

static lode_index *open_index(const char *path, lode_index_access access, const lode_model *model,
                              const char *vectors) {
  lode_index_options options = LODE_INDEX_OPTIONS_INIT;
  options.access = access;
  options.model = model;
  options.vectors = vectors;
  options.threads = 1;
  lode_index *index = NULL;
  lode_error err;
  if (lode_index_open(path, &options, &index, &err) != LODE_OK) fail_msg("%s", err.text);
  return index;
}

static void add(lode_index *index, const lode_index_document *documents, size_t n) {
  lode_error err;
  if (lode_index_add(index, documents, n, NULL, NULL, &err) != LODE_OK) fail_msg("%s", err.text);
}

static lode_index_entries *list(lode_index *index, const char *after, int64_t limit,
                                uint32_t parts) {
  lode_index_entries *entries = NULL;
  lode_error err;
  if (lode_index_list(index, text_of(after), limit, parts, &entries, &err) != LODE_OK) {
    fail_msg("%s", err.text);
  }
  return entries;
}

static lode_index_entries *read_one(lode_index *index, const char *id, uint32_t parts) {
  lode_index_entries *entries = NULL;
  lode_error err;
  if (lode_index_read(index, text_of(id), parts, &entries, &err) != LODE_OK) {
    fail_msg("%s", err.text);
  }
  assert_int_equal(entries->count, 1);
  assert_int_equal(entries->more, 0);
  return entries;
}

static lode_model *open_fixture(const char *name) {
  char path[1024];
  lode_model *model = NULL;
  lode_error err;
  if (lode_model_open(fixture_path(name, path, sizeof path), NULL, &model, &err) != LODE_OK) {
    fail_msg("%s", err.text);
  }
  return model;
}

/* A file of the test's own. */
static void new_file(char path[64]) {
  (void)snprintf(path, 64, "/tmp/lode-index-list-XXXXXX");
  const int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
}

/* ---- what is told */

/* By the bytes of ids, whatever the order they came in, page by page. */
static void order(void **state) {
  (void)state;
  static const char *const sorted[] = {"B.txt", "a", "a/b.txt", "b.txt", "\xC3\xA4.txt"};
  static const size_t came[] = {3, 0, 4, 2, 1};
  lode_index *index = open_index(NULL, LODE_INDEX_CREATE, NULL, NULL);
  lode_index_entries *entries = list(index, "", 0, 0);
  assert_int_equal(entries->count, 0);
  assert_int_equal(entries->more, 0);
  lode_index_entries_free(entries);
  for (size_t i = 0; i < 5; i++) {
    const lode_index_document d = document(sorted[came[i]], engine);
    add(index, &d, 1);
  }
  for (int64_t limit = 0; limit <= 6; limit++) {
    size_t seen = 0;
    char after[16] = "";
    for (int32_t more = 1; more != 0;) {
      entries = list(index, after, limit, 0);
      assert_true(entries->count > 0 && (limit == 0 || entries->count <= (size_t)limit));
      for (size_t i = 0; i < entries->count; i++) {
        assert_true(seen < 5);
        assert_string_equal(entries->list[i].id, sorted[seen++]);
      }
      (void)snprintf(after, sizeof after, "%s", entries->list[entries->count - 1].id);
      more = entries->more;
      lode_index_entries_free(entries);
    }
    assert_int_equal(seen, 5);
  }
  entries = list(index, "a/a is not there", 1, 0);
  assert_string_equal(entries->list[0].id, "a/b.txt");
  assert_int_equal(entries->more, 1);
  lode_index_entries_free(entries);
  entries = list(index, "\xC3\xA4.txt", 1, 0);
  assert_int_equal(entries->count + (size_t)entries->more, 0);
  lode_index_entries_free(entries);
  lode_index_free(index);
}

static void check_zebra(const lode_index_entry *e, uint32_t parts) {
  assert_string_equal(e->id, "zebra.md");
  assert_string_equal(e->title, "Zebra");
  assert_string_equal(e->metadata, "{\"tags\": [\"a\", \"b\"], \"x\": [\"1\"]}");
  assert_string_equal(e->format, "markdown");
  assert_string_equal(e->language, "en");
  assert_string_equal(e->url, "");
  assert_int_equal(e->bytes, sizeof zebra - 1);
  assert_int_equal(e->modified_ns, 1700000000000000000);
  assert_true(e->chunk_count > 0);
  if ((parts & LODE_INDEX_TEXT) == 0) {
    assert_null(e->text);
  } else {
    assert_int_equal(strlen(e->text), e->text_bytes);
    assert_non_null(strstr(e->text, "An animal with stripes."));
    assert_non_null(strstr(e->text, "It eats grass."));
    assert_null(strstr(e->text, "tags"));
  }
  assert_true((e->chunks != NULL) == ((parts & (LODE_INDEX_CHUNKS | LODE_INDEX_VECTORS)) != 0));
}

/* A passage of an entry is what a search finds, at the same place. */
static void check_passages(lode_index *index, const lode_index_entry *e) {
  lode_index_search_options options = LODE_INDEX_SEARCH_OPTIONS_INIT;
  options.by_chunk = 1;
  options.all = 1;
  const char *const paths[] = {e->id};
  options.paths = paths;
  options.path_count = 1;
  lode_results *results = NULL;
  assert_int_equal(lode_index_search(index, text_of("stripes grass"), &options, &results, NULL),
                   LODE_OK);
  assert_true(results->count > 0);
  for (size_t i = 0; i < results->count; i++) {
    const lode_result *r = &results->list[i];
    const lode_index_chunk *c = NULL;
    for (int64_t k = 0; k < e->chunk_count; k++) {
      if (e->chunks[k].source_begin == r->source_begin) c = &e->chunks[k];
    }
    assert_non_null(c);
    assert_int_equal(c->source_end, r->source_end);
    assert_string_equal(c->heading, r->heading);
    assert_string_equal(c->anchor, r->anchor);
    assert_int_equal(c->range.end - c->range.begin, strlen(r->text));
    assert_memory_equal(e->text + c->range.begin, r->text, strlen(r->text));
  }
  lode_results_free(results);
}

static void entries_and_passages(void **state) {
  (void)state;
  lode_index *index = open_index(NULL, LODE_INDEX_CREATE, NULL, NULL);
  lode_index_document two[] = {document("zebra.md", zebra), document("engine.txt", engine)};
  two[0].metadata = "{\"x\": 1}";
  two[0].modified_ns = 1700000000000000000;
  two[0].language = "en";
  add(index, two, 2);
  for (uint32_t parts = 0; parts <= ALL; parts++) {
    lode_index_entries *entries = list(index, "", 0, parts);
    assert_int_equal(entries->count, 2);
    assert_string_equal(entries->list[0].id, "engine.txt");
    assert_string_equal(entries->list[0].format, "text");
    assert_string_equal(entries->list[0].metadata, "{}");
    check_zebra(&entries->list[1], parts);
    lode_index_entries_free(entries);
    lode_index_entries *one = read_one(index, "zebra.md", parts);
    check_zebra(&one->list[0], parts);
    if (one->list[0].chunks) assert_null(one->list[0].chunks[0].vector); /* words alone */
    lode_index_entries_free(one);
  }
  lode_index_entries *one = read_one(index, "zebra.md", ALL);
  check_passages(index, &one->list[0]);
  lode_index_free(index); /* entries do without it */
  check_zebra(&one->list[0], ALL);
  lode_index_entries_free(one);
}

static void nothing_in_it(void **state) {
  (void)state;
  lode_index *index = open_index(NULL, LODE_INDEX_CREATE, NULL, NULL);
  const lode_index_document empty = document("empty.txt", "");
  add(index, &empty, 1);
  lode_index_entries *one = read_one(index, "empty.txt", ALL);
  assert_string_equal(one->list[0].text, "");
  assert_int_equal(one->list[0].chunk_count, 0);
  assert_non_null(one->list[0].chunks);
  lode_index_entries_free(one);
  lode_index_free(index);
}

/* The cosine that a search by meaning tells is that of the nearest of these vectors. */
static void vectors(void **state) {
  (void)state;
  lode_model *model = open_fixture("bert-mean-normalize");
  lode_context *context = NULL;
  assert_int_equal(lode_context_new(model, NULL, &context, NULL), LODE_OK);
  const size_t dim = (size_t)lode_model_dim(model);
  float *query = calloc(dim, sizeof *query);
  assert_non_null(query);
  const lode_text question = text_of("grass stripes");
  lode_embed_options how = LODE_EMBED_OPTIONS_INIT;
  how.normalize = 1;
  assert_int_equal(lode_embed(context, &question, 1, &how, query, dim, NULL), LODE_OK);
  static const char *const kinds[] = {"int8", "f32"};
  for (size_t kind = 0; kind < 2; kind++) {
    lode_index *index = open_index(NULL, LODE_INDEX_CREATE, model, kinds[kind]);
    const lode_index_document two[] = {document("zebra.md", zebra), document("engine.txt", engine)};
    add(index, two, 2);
    lode_index_search_options options = LODE_INDEX_SEARCH_OPTIONS_INIT;
    options.mode = LODE_INDEX_SEMANTIC;
    options.all = 1;
    lode_results *results = NULL;
    assert_int_equal(lode_index_search(index, question, &options, &results, NULL), LODE_OK);
    assert_int_equal(results->count, 2);
    assert_null(results->correction);
    for (size_t i = 0; i < results->count; i++) {
      const lode_result *r = &results->list[i];
      lode_index_entries *one = read_one(index, r->id, LODE_INDEX_VECTORS);
      const lode_index_entry *e = &one->list[0];
      float best = -1;
      for (int64_t k = 0; k < e->chunk_count; k++) {
        const float *vector = e->chunks[k].vector;
        assert_non_null(vector);
        assert_float_equal(lode_similarity(vector, vector, dim), 1, 1e-5);
        best = fmaxf(best, lode_similarity(query, vector, dim));
      }
      assert_float_equal(best, r->cosine, 1e-4);
      lode_index_entries_free(one);
    }
    lode_results_free(results);
    lode_index_free(index);
  }
  free(query);
  lode_context_free(context);
  lode_model_free(model);
}

/* A list of long texts ends early, and goes on. */
static void long_texts(void **state) {
  (void)state;
  enum { SIZE = 2500000 };
  char *long_text = malloc(SIZE);
  assert_non_null(long_text);
  for (size_t i = 0; i < SIZE; i++) long_text[i] = i % 6 < 5 ? 'w' : i % 600 == 599 ? '\n' : ' ';
  lode_index *index = open_index(NULL, LODE_INDEX_CREATE, NULL, NULL);
  lode_index_document three[] = {document("a", ""), document("b", ""), document("c", engine)};
  three[0].content = three[1].content = (lode_text){long_text, SIZE};
  add(index, three, 3);
  lode_index_entries *entries = list(index, "", 3, LODE_INDEX_TEXT);
  assert_int_equal(entries->count, 2);
  assert_int_equal(entries->more, 1);
  lode_index_entries_free(entries);
  entries = list(index, "b", 3, LODE_INDEX_TEXT);
  assert_int_equal(entries->count, 1);
  assert_int_equal(entries->more, 0);
  lode_index_entries_free(entries);
  entries = list(index, "", 3, 0);
  assert_int_equal(entries->count, 3);
  lode_index_entries_free(entries);
  lode_index_free(index);
  free(long_text);
}

/* ---- while another writes */

static void written_meanwhile(void **state) {
  (void)state;
  char path[64];
  new_file(path);
  lode_index *writer = open_index(path, LODE_INDEX_CREATE, NULL, NULL);
  const lode_index_document first[] = {document("b", engine), document("d", engine),
                                       document("f", engine)};
  add(writer, first, 3);
  lode_index *reader = open_index(path, LODE_INDEX_READ, NULL, NULL);
  lode_index_entries *entries = list(reader, "", 2, 0);
  assert_string_equal(entries->list[1].id, "d");
  assert_int_equal(entries->more, 1);
  const lode_index_document more[] = {document("a", engine), document("e", engine)};
  add(writer, more, 2);
  const lode_text gone[] = {text_of("d")};
  assert_int_equal(lode_index_remove(writer, gone, 1, NULL, NULL), LODE_OK);
  assert_string_equal(entries->list[1].id, "d"); /* what was read stays */
  lode_index_entries_free(entries);
  entries = list(reader, "d", 5, LODE_INDEX_TEXT);
  assert_int_equal(entries->count, 2);
  assert_string_equal(entries->list[0].id, "e");
  assert_string_equal(entries->list[1].id, "f");
  lode_index_entries_free(entries);
  lode_error err;
  assert_int_equal(lode_index_read(reader, gone[0], 0, &entries, &err), LODE_E_NOT_FOUND);
  assert_memory_equal(err.text, path, strlen(path));
  lode_index_free(reader);
  lode_index_free(writer);
  remove(path);
}

/* ---- damaged files */

static void run_sql(const char *path, const char *sql) {
  sqlite3 *db = NULL;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  char *message = NULL;
  if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) fail_msg("%s: %s", sql, message);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void damaged(void **state) {
  (void)state;
  static const char *const harm[] = {
      "UPDATE chunk SET \"end\" = 1000000 WHERE ordinal = 0",
      "UPDATE chunk SET begin = \"end\" + 1 WHERE ordinal = 0",
      "UPDATE chunk SET path = CAST(x'ff' AS TEXT) WHERE ordinal = 0",
      "UPDATE chunk SET row = 4000 WHERE row = 0",
      "UPDATE chunk SET segment = 77 WHERE row = 0",
      "UPDATE text SET body = substr(body, 2)",
      "UPDATE text SET body = CAST(x'ff' AS TEXT)",
      "UPDATE text SET title = CAST(x'ff' AS TEXT)",
      "UPDATE document SET body_size = -1",
      "UPDATE document SET body_size = body_size + 1",
      "UPDATE document SET format = 99",
      "UPDATE document SET language = 99",
      "UPDATE vectors SET data = substr(data, 2)",
      /* one scale, behind a document's number and the code of 64 bits: NaN */
      "UPDATE vectors SET data = CAST(substr(data, 1, 16) || x'0000c07f' || substr(data, 21) AS "
      "BLOB)",
  };
  lode_model *model = open_fixture("bert-plain");
  for (size_t i = 0; i < sizeof harm / sizeof *harm; i++) {
    char path[64];
    new_file(path);
    lode_index *index = open_index(path, LODE_INDEX_CREATE, model, NULL);
    const lode_index_document d = document("engine.txt", engine);
    add(index, &d, 1);
    lode_index_free(index);
    run_sql(path, harm[i]);
    index = open_index(path, LODE_INDEX_READ, NULL, NULL);
    lode_error err;
    lode_index_entries *entries = NULL;
    lode_status status = lode_index_list(index, (lode_text){0}, 0, ALL, &entries, &err);
    if (status != LODE_E_FORMAT) fail_msg("%s: %s", harm[i], lode_status_name(status));
    assert_memory_equal(err.text, path, strlen(path));
    status = lode_index_read(index, text_of("engine.txt"), ALL, &entries, &err);
    assert_int_equal(status, LODE_E_FORMAT);
    assert_null(entries);
    lode_index_free(index);
    remove(path);
  }
  lode_model_free(model);
}

/* ---- refusals */

static void arguments(void **state) {
  (void)state;
  lode_error err;
  lode_index_entries *entries = NULL;
  lode_index *index = open_index(NULL, LODE_INDEX_CREATE, NULL, NULL);
  const lode_text none = {0};
  const lode_text bad = {NULL, 3};
  assert_int_equal(lode_index_list(NULL, none, 0, 0, &entries, &err), LODE_E_ARG);
  assert_int_equal(lode_index_list(index, none, 0, 0, NULL, &err), LODE_E_ARG);
  assert_int_equal(lode_index_list(index, bad, 0, 0, &entries, &err), LODE_E_ARG);
  assert_int_equal(lode_index_list(index, none, -1, 0, &entries, &err), LODE_E_ARG);
  assert_int_equal(lode_index_list(index, none, 10001, 0, &entries, &err), LODE_E_ARG);
  assert_int_equal(lode_index_list(index, none, 0, 8, &entries, &err), LODE_E_ARG);
  assert_int_equal(lode_index_read(NULL, none, 0, &entries, &err), LODE_E_ARG);
  assert_int_equal(lode_index_read(index, none, 0, &entries, &err), LODE_E_NOT_FOUND);
  assert_int_equal(lode_index_read(index, text_of("x"), 0, &entries, &err), LODE_E_NOT_FOUND);
  assert_non_null(strstr(err.text, "\"x\""));
  assert_null(entries);
  lode_index_entries_free(NULL);
  lode_index_free(index);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(order),         cmocka_unit_test(entries_and_passages),
      cmocka_unit_test(nothing_in_it), cmocka_unit_test(vectors),
      cmocka_unit_test(long_texts),    cmocka_unit_test(written_meanwhile),
      cmocka_unit_test(damaged),       cmocka_unit_test(arguments),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
