/* Collections by the public interface. What they find is tested where it is found (test_index_
 * search), what survives where it is stored (test_index_store): here is what a caller sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "model_folder.h"

static lode_model *open_fixture(const char *name) {
  char path[1024];
  lode_model *model = NULL;
  lode_error err;
  if (lode_model_open(fixture_path(name, path, sizeof path), NULL, &model, &err) != LODE_OK) {
    fail_msg("%s", err.text);
  }
  return model;
}

static lode_text text_of(const char *s) {
  return (lode_text){s, strlen(s)};
}

static lode_index_document document(const char *id, const char *content) {
  return (lode_index_document){.id = text_of(id), .content = text_of(content)};
}

static const char zebra[] = "# Zebra\n\nAn animal with stripes.\n\n## Food\n\nIt eats grass.\n";
static const char engine[] = "The engine burns oil.\n";

static lode_index *make(const lode_model *model, const char *vectors) {
  lode_index_options options = LODE_INDEX_OPTIONS_INIT;
  options.access = LODE_INDEX_CREATE;
  options.model = model;
  options.model_name = "tiny";
  options.vectors = vectors;
  options.threads = 1;
  lode_index *index = NULL;
  lode_error err;
  if (lode_index_open(NULL, &options, &index, &err) != LODE_OK) fail_msg("%s", err.text);
  return index;
}

static lode_index_report add(lode_index *index, const lode_index_document *documents, size_t n) {
  lode_index_report report = {0};
  lode_error err;
  if (lode_index_add(index, documents, n, NULL, &report, &err) != LODE_OK) {
    fail_msg("%s", err.text);
  }
  return report;
}

static lode_results *search(lode_index *index, const char *query,
                            const lode_index_search_options *options) {
  lode_results *results = NULL;
  lode_error err;
  if (lode_index_search(index, text_of(query), options, &results, &err) != LODE_OK) {
    fail_msg("%s: %s", query, err.text);
  }
  return results;
}

static lode_index_info info_of(lode_index *index) {
  lode_index_info info = LODE_INDEX_INFO_INIT;
  assert_int_equal(lode_index_get_info(index, &info, NULL), LODE_OK);
  return info;
}

/* ---- filling */

static void words_alone(void **state) {
  (void)state;
  lode_index *index = make(NULL, NULL);
  const lode_index_document two[] = {document("zebra.md", zebra), document("engine.txt", engine)};
  lode_index_report r = add(index, two, 2);
  assert_int_equal(r.added, 2);
  assert_int_equal(r.embedded, 0);
  r = add(index, two, 2);
  assert_int_equal(r.added + r.updated, 0);
  assert_int_equal(r.unchanged, 2);
  const lode_index_info info = info_of(index);
  assert_null(info.model);
  assert_int_equal(info.documents, 2);
  assert_int_equal(info.source_count, 0);
  assert_null(lode_index_source(index, 0));

  lode_results *found = search(index, "stripes", NULL);
  assert_int_equal(found->count, 1);
  assert_int_equal(found->mode, LODE_INDEX_KEYWORD);
  assert_int_equal(found->relevant, 1);
  const lode_result *first = &found->list[0];
  assert_string_equal(first->id, "zebra.md");
  assert_string_equal(first->title, "Zebra");
  assert_string_equal(first->metadata, "{}");
  assert_int_equal(first->mark_count, 1);
  assert_memory_equal(first->text + first->marks[0].begin, "stripes", 7);
  assert_in_range(first->marks[0].end, first->marks[0].begin + 7, first->snippet.end);
  assert_in_range(first->snippet.end, 1, strlen(first->text));
  assert_non_null(strstr(first->text, "animal"));
  assert_true(first->source_end <= sizeof zebra - 1);
  assert_true(first->cosine == 0 && first->keyword > 0 && first->keyword <= 1);
  lode_index_free(index); /* results do without it */
  assert_string_equal(first->id, "zebra.md");
  lode_results_free(found);
}

static void with_a_model(void **state) {
  (void)state;
  lode_model *model = open_fixture("bert-mean-normalize");
  static const char *const kinds[] = {NULL, "f32"};
  for (size_t kind = 0; kind < 2; kind++) {
    lode_index *index = make(model, kinds[kind]);
    const lode_index_document two[] = {document("zebra.md", zebra), document("engine.txt", engine)};
    lode_index_report r = add(index, two, 2);
    assert_int_equal(r.added, 2);
    assert_int_equal(r.embedded, r.chunks);
    assert_true(r.tokens > 0);
    const lode_index_info info = info_of(index);
    assert_string_equal(info.model, "tiny");
    assert_string_equal(info.vectors, kind == 0 ? "int8" : "f32");
    assert_int_equal(info.dim, lode_model_dim(model));

    /* A passage asked for by its own text is the nearest. */
    lode_index_search_options options = LODE_INDEX_SEARCH_OPTIONS_INIT;
    options.mode = LODE_INDEX_SEMANTIC;
    options.all = 1;
    lode_results *found = search(index, "The engine burns oil.", &options);
    assert_int_equal(found->count, 2);
    assert_int_equal(found->mode, LODE_INDEX_SEMANTIC);
    assert_string_equal(found->list[0].id, "engine.txt");
    assert_true(found->list[0].cosine > 0.99 && found->list[0].cosine < 1.01);
    assert_true(found->list[0].score >= found->list[1].score);
    lode_results_free(found);

    lode_results *like = NULL;
    assert_int_equal(lode_index_similar(index, text_of("zebra.md"), &options, &like, NULL),
                     LODE_OK);
    assert_int_equal(like->count, 1);
    assert_string_equal(like->list[0].id, "engine.txt");
    lode_results_free(like);

    /* The same passages under another id need not be embedded again; a changed one does. */
    const lode_index_document moved = document("moved.md", zebra);
    r = add(index, &moved, 1);
    assert_int_equal(r.embedded, 0);
    assert_true(r.chunks > 0);
    const lode_index_document changed = document("engine.txt", "The engine burns hydrogen.\n");
    r = add(index, &changed, 1);
    assert_int_equal(r.updated, 1);
    assert_int_equal(r.embedded, 1);
    assert_int_equal(lode_index_verify(index, NULL), LODE_OK);
    lode_index_free(index);
  }
  lode_model_free(model);
}

static void what_is_skipped(void **state) {
  (void)state;
  lode_index *index = make(NULL, NULL);
  const lode_index_document good = document("a.txt", "zebra");
  add(index, &good, 1);
  const lode_index_document bad = document("a.txt", "caf\xE9 zebra");
  const lode_index_report r = add(index, &bad, 1);
  assert_int_equal(r.skipped, 1);
  assert_int_equal(r.added + r.updated, 0);
  lode_results *found = search(index, "zebra", NULL); /* what was there stays */
  assert_int_equal(found->count, 1);
  lode_results_free(found);
  lode_index_free(index);
}

static int stop(void *user, const lode_index_progress *progress) {
  (void)progress;
  int *calls = user;
  return --*calls <= 0;
}

static void cancelling(void **state) {
  (void)state;
  lode_model *model = open_fixture("bert-plain");
  for (int calls = 1; calls <= 8; calls++) {
    lode_index *index = make(model, NULL);
    lode_index_document many[4];
    char ids[4][8];
    for (int i = 0; i < 4; i++) {
      (void)snprintf(ids[i], sizeof ids[i], "%d.md", i);
      many[i] = document(ids[i], i % 2 == 0 ? zebra : engine);
    }
    int left = calls;
    const lode_index_watcher watcher = {.user = &left, .progress = stop};
    lode_error err;
    const lode_status status = lode_index_add(index, many, 4, &watcher, NULL, &err);
    if (status != LODE_OK) assert_int_equal(status, LODE_E_CANCELLED);
    assert_int_equal(lode_index_verify(index, NULL), LODE_OK);
    add(index, many, 4);
    assert_int_equal(info_of(index).documents, 4);
    lode_index_free(index);
  }
  lode_model_free(model);
}

static void removing(void **state) {
  (void)state;
  lode_index *index = make(NULL, NULL);
  const lode_index_document two[] = {document("zebra.md", zebra), document("engine.txt", engine)};
  add(index, two, 2);
  const lode_text ids[] = {text_of("zebra.md"), text_of("nothing")};
  lode_index_report r = {0};
  assert_int_equal(lode_index_remove(index, ids, 2, &r, NULL), LODE_OK);
  assert_int_equal(r.removed, 1);
  assert_int_equal(r.skipped, 1);
  assert_int_equal(info_of(index).documents, 1);
  lode_results *found = search(index, "stripes", NULL);
  assert_int_equal(found->count, 0);
  assert_int_equal(found->relevant, 0);
  lode_results_free(found);
  assert_int_equal(lode_index_compact(index, NULL), LODE_OK);
  assert_int_equal(lode_index_verify(index, NULL), LODE_OK);
  lode_index_free(index);
}

/* ---- refusals */

static void models(void **state) {
  (void)state;
  char path[] = "/tmp/lode-index-api-XXXXXX";
  const int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  lode_model *plain = open_fixture("bert-plain");
  lode_model *dense = open_fixture("bert-dense");
  lode_index_options options = LODE_INDEX_OPTIONS_INIT;
  options.access = LODE_INDEX_CREATE;
  options.model = plain;
  options.model_name = "plain one";
  lode_index *index = NULL;
  lode_error err;
  assert_int_equal(lode_index_open(path, &options, &index, &err), LODE_OK);
  const lode_index_document d = document("a.txt", engine);
  add(index, &d, 1);
  lode_index_free(index);

  options.model = dense;
  options.model_name = "dense one";
  static const lode_index_access all[] = {LODE_INDEX_READ, LODE_INDEX_WRITE, LODE_INDEX_CREATE};
  for (size_t i = 0; i < 3; i++) {
    options.access = all[i];
    assert_int_equal(lode_index_open(path, &options, &index, &err), LODE_E_UNSUPPORTED);
    assert_memory_equal(err.text, path, strlen(path));
    assert_non_null(strstr(err.text, "plain one"));
    assert_non_null(strstr(err.text, "dense one"));
  }

  options.model_name = "plain one"; /* a newer version of it, say */
  assert_int_equal(lode_index_open(path, &options, &index, &err), LODE_E_UNSUPPORTED);
  assert_non_null(strstr(err.text, "another model"));

  /* Without a model: words are searched, and nothing is added. */
  options.model = NULL;
  options.access = LODE_INDEX_WRITE;
  assert_int_equal(lode_index_open(path, &options, &index, &err), LODE_OK);
  assert_int_equal(lode_index_add(index, &d, 1, NULL, NULL, &err), LODE_E_UNSUPPORTED);
  assert_non_null(strstr(err.text, "plain one"));
  lode_results *results = search(index, "engine", NULL);
  assert_int_equal(results->mode, LODE_INDEX_KEYWORD);
  assert_int_equal(results->count, 1);
  lode_results_free(results);
  lode_index_search_options meaning = LODE_INDEX_SEARCH_OPTIONS_INIT;
  meaning.mode = LODE_INDEX_SEMANTIC;
  assert_int_equal(lode_index_search(index, text_of("x"), &meaning, &results, &err),
                   LODE_E_UNSUPPORTED);
  lode_index_free(index);
  remove(path);
  lode_model_free(plain);
  lode_model_free(dense);
}

static void arguments(void **state) {
  (void)state;
  lode_error err;
  lode_index *index = NULL;
  lode_index_options options = LODE_INDEX_OPTIONS_INIT;
  assert_int_equal(lode_index_open(NULL, &options, &index, &err), LODE_E_ARG);
  assert_int_equal(lode_index_open("/nonexistent/x.lode", &options, &index, &err),
                   LODE_E_NOT_FOUND);
  assert_non_null(strstr(err.text, "/nonexistent/x.lode"));
  options.access = LODE_INDEX_CREATE;
  options.vectors = "int4";
  assert_int_equal(lode_index_open(NULL, &options, &index, &err), LODE_E_ARG);
  options.vectors = NULL;
  options.chunk_tokens = 3;
  assert_int_equal(lode_index_open(NULL, &options, &index, &err), LODE_E_ARG);
  options.struct_size = 0;
  assert_int_equal(lode_index_open(NULL, &options, &index, &err), LODE_E_ARG);
  assert_null(index);

  index = make(NULL, NULL);
  const lode_index_document nameless = document("", "x");
  assert_int_equal(lode_index_add(index, &nameless, 1, NULL, NULL, &err), LODE_E_ARG);
  assert_int_equal(err.item, 0);
  lode_index_document odd[] = {document("a.txt", "x"), document("b.txt", "x")};
  odd[1].format = "docx";
  assert_int_equal(lode_index_add(index, odd, 2, NULL, NULL, &err), LODE_E_ARG);
  assert_int_equal(err.item, 1);
  odd[1].format = NULL;
  odd[1].metadata = "[1]";
  assert_int_equal(lode_index_add(index, odd, 2, NULL, NULL, &err), LODE_E_ARG);
  assert_int_equal(lode_index_add_paths(index, NULL, 0, NULL, NULL, NULL, &err), LODE_E_ARG);

  lode_results *results = NULL;
  lode_index_search_options how = LODE_INDEX_SEARCH_OPTIONS_INIT;
  how.limit = 1001;
  assert_int_equal(lode_index_search(index, text_of("x"), &how, &results, &err), LODE_E_ARG);
  how.limit = 0;
  const char *const filters[] = {"nothing"};
  how.filters = filters;
  how.filter_count = 1;
  assert_int_equal(lode_index_search(index, text_of("x"), &how, &results, &err), LODE_E_ARG);
  assert_non_null(strstr(err.text, "nothing"));
  assert_int_equal(lode_index_similar(index, text_of("x"), NULL, &results, &err), LODE_E_NOT_FOUND);
  assert_null(results);
  lode_index_free(index);
  lode_index_free(NULL);
  lode_results_free(NULL);
}

static void metadata_filters(void **state) {
  (void)state;
  lode_index *index = make(NULL, NULL);
  lode_index_document two[] = {document("docs/a.txt", engine), document("b.txt", engine)};
  two[0].metadata = "{\"tag\": [\"x\", \"y\"], \"year\": 2021}";
  two[0].title = "A title";
  add(index, two, 2);
  lode_index_search_options how = LODE_INDEX_SEARCH_OPTIONS_INIT;
  const char *filters[] = {"tag=y", "year=2021"};
  how.filters = filters;
  how.filter_count = 2;
  lode_results *found = search(index, "engine", &how);
  assert_int_equal(found->count, 1);
  assert_string_equal(found->list[0].title, "A title");
  assert_string_equal(found->list[0].metadata, "{\"tag\": [\"x\", \"y\"], \"year\": [\"2021\"]}");
  lode_results_free(found);
  filters[1] = "year=2022";
  found = search(index, "engine", &how);
  assert_int_equal(found->count, 0);
  lode_results_free(found);
  how.filter_count = 0;
  const char *const paths[] = {"docs/**"};
  how.paths = paths;
  how.path_count = 1;
  found = search(index, "engine", &how);
  assert_int_equal(found->count, 1);
  assert_string_equal(found->list[0].id, "docs/a.txt");
  lode_results_free(found);
  lode_index_free(index);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(words_alone),     cmocka_unit_test(with_a_model),
      cmocka_unit_test(what_is_skipped), cmocka_unit_test(cancelling),
      cmocka_unit_test(removing),        cmocka_unit_test(models),
      cmocka_unit_test(arguments),       cmocka_unit_test(metadata_filters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
