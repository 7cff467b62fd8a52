/* Every model under tests/data/models gives the ids and vectors that sentence-transformers
 * gives (expected.json; tools/make_fixtures.py describes it), alone and in a batch, from a
 * folder and from memory, to the last bit the same. */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "model_folder.h"

enum { MAX_TEXTS = 64 };

typedef struct fixture {
  const char *name;
  lode_json json;
  lode_arena arena;
  char *text; /* of expected.json */
  lode_model *model;
  lode_context *alone;    /* one thread */
  lode_context *together; /* three */
  size_t dim;
} fixture;

static lode_context *new_context(const lode_model *model, int threads) {
  lode_context_options options = LODE_CONTEXT_OPTIONS_INIT;
  options.threads = threads;
  lode_context *ctx = NULL;
  assert_int_equal(lode_context_new(model, &options, &ctx, NULL), LODE_OK);
  return ctx;
}

static fixture open_fixture(const char *name) {
  fixture f = {.name = name};
  char path[1024];
  char file[1100];
  fixture_path(name, path, sizeof path);
  snprintf(file, sizeof file, "%s/expected.json", path);
  size_t size = 0;
  f.text = read_whole(file, &size);
  assert_non_null(f.text);
  assert_int_equal(lode_json_parse(f.text, size, &f.json, NULL), LODE_OK);
  lode_error err;
  if (lode_model_open(path, NULL, &f.model, &err) != LODE_OK) fail_msg("%s", err.text);
  f.alone = new_context(f.model, 1);
  f.together = new_context(f.model, 3);
  int64_t dim = 0;
  assert_true(lode_json_int(&f.json, lode_json_get(&f.json, 0, "dim"), &dim));
  assert_int_equal(lode_model_dim(f.model), dim);
  f.dim = (size_t)dim;
  lode_model_info info = LODE_MODEL_INFO_INIT;
  int64_t max = 0;
  assert_int_equal(lode_model_get_info(f.model, &info), LODE_OK);
  assert_true(lode_json_int(&f.json, lode_json_get(&f.json, 0, "max_seq_length"), &max));
  assert_int_equal(info.max_tokens, max);
  return f;
}

static void close_fixture(fixture *f) {
  lode_context_free(f->alone);
  lode_context_free(f->together);
  lode_model_free(f->model);
  lode_json_free(&f->json);
  lode_arena_free(&f->arena);
  free(f->text);
}

static lode_text text_of(fixture *f, lode_json_ref ref) {
  lode_text text = {NULL, 0};
  text.data = lode_json_string_dup(&f->json, ref, &f->arena, &text.size);
  assert_non_null(text.data);
  return text;
}

/* The ids of `prompt` + `text`, cut as the model cuts them. */
static void check_ids(fixture *f, lode_text prompt, lode_text text, lode_json_ref expected) {
  char *joined = lode_arena_alloc(&f->arena, prompt.size + text.size + 1);
  assert_non_null(joined);
  memcpy(joined, prompt.data, prompt.size);
  memcpy(joined + prompt.size, text.data, text.size);
  lode_tokens tokens = {0};
  const lode_text whole = {joined, prompt.size + text.size};
  assert_int_equal(lode_tokenize(f->model, whole, NULL, NULL, &tokens, NULL), LODE_OK);
  assert_int_equal(tokens.count, lode_json_length(&f->json, expected));
  lode_json_ref ref = lode_json_first(&f->json, expected);
  for (size_t i = 0; i < tokens.count; i++, ref = lode_json_next(&f->json, ref)) {
    int64_t id = 0;
    assert_true(lode_json_int(&f->json, ref, &id));
    assert_int_equal(tokens.ids[i], id);
  }
  lode_tokens_free(&tokens);
}

static void check_vector(const fixture *f, size_t text, const float *got, lode_json_ref expected) {
  double largest = 1;
  double dot = 0;
  double got_norm = 0;
  double expected_norm = 0;
  double difference = 0;
  assert_int_equal(lode_json_length(&f->json, expected), f->dim);
  lode_json_ref ref = lode_json_first(&f->json, expected);
  for (size_t c = 0; c < f->dim; c++, ref = lode_json_next(&f->json, ref)) {
    double x = 0;
    assert_true(lode_json_double(&f->json, ref, &x));
    if (fabs(x) > largest) largest = fabs(x);
    if (!(fabs(got[c] - x) <= difference)) difference = fabs(got[c] - x);
    dot += got[c] * x;
    got_norm += (double)got[c] * got[c];
    expected_norm += x * x;
  }
  if (!(difference <= 1e-5 * largest)) {
    fail_msg("%s: text %zu: difference %g", f->name, text, difference);
  }
  if (expected_norm > 0) assert_true(dot / sqrt(got_norm * expected_norm) >= 0.999999);
}

static void run_case(fixture *f, lode_json_ref c, const lode_model *from_memory) {
  const lode_json *json = &f->json;
  lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
  lode_text prompt = {"", 0};
  const lode_json_ref name = lode_json_get(json, c, "prompt_name");
  const lode_json_ref given = lode_json_get(json, c, "prompt");
  lode_model_info info = LODE_MODEL_INFO_INIT;
  assert_int_equal(lode_model_get_info(f->model, &info), LODE_OK);
  const char *wanted = info.default_prompt;
  if (lode_json_kind_of(json, given) == LODE_JSON_STRING) {
    prompt = text_of(f, given);
    options.prompt = &prompt;
    wanted = NULL;
  } else if (lode_json_kind_of(json, name) == LODE_JSON_STRING) {
    options.prompt_name = wanted = text_of(f, name).data;
  }
  for (int64_t i = 0; wanted && i < info.prompt_count; i++) {
    const char *prompt_name = NULL;
    lode_text text;
    assert_int_equal(lode_model_prompt(f->model, i, &prompt_name, &text), LODE_OK);
    if (strcmp(prompt_name, wanted) == 0) prompt = text;
  }

  lode_text texts[MAX_TEXTS];
  size_t n = 0;
  const lode_json_ref list = lode_json_get(json, c, "texts");
  for (lode_json_ref t = lode_json_first(json, list); t != LODE_JSON_NONE;
       t = lode_json_next(json, t)) {
    assert_true(n < MAX_TEXTS);
    texts[n++] = text_of(f, t);
  }
  assert_true(n > 0);
  const size_t floats = n * f->dim;
  float *batch = calloc(floats, sizeof *batch);
  float *other = calloc(floats, sizeof *other);
  assert_non_null(batch);
  assert_non_null(other);
  lode_error err;
  if (lode_embed(f->alone, texts, n, &options, batch, floats, &err) != LODE_OK) {
    fail_msg("%s: %s", f->name, err.text);
  }
  lode_json_ref ids = lode_json_first(json, lode_json_get(json, c, "ids"));
  lode_json_ref vector = lode_json_first(json, lode_json_get(json, c, "vectors"));
  for (size_t i = 0; i < n; i++) {
    check_ids(f, prompt, texts[i], ids);
    check_vector(f, i, batch + i * f->dim, vector);
    ids = lode_json_next(json, ids);
    vector = lode_json_next(json, vector);
  }
  assert_int_equal(vector, LODE_JSON_NONE);

  /* one at a time, by a team, in a team's batch, from memory: the same bits */
  for (int way = 0; way < 3; way++) {
    lode_context *ctx = way == 0 ? f->alone : f->together;
    for (size_t i = 0; way < 2 && i < n; i++) {
      assert_int_equal(lode_embed(ctx, &texts[i], 1, &options, other + i * f->dim, f->dim, NULL),
                       LODE_OK);
    }
    if (way == 2) {
      assert_int_equal(lode_embed(ctx, texts, n, &options, other, floats, NULL), LODE_OK);
    }
    assert_memory_equal(batch, other, floats * sizeof *batch);
  }
  lode_context *ctx = new_context(from_memory, 2);
  assert_int_equal(lode_embed(ctx, texts, n, &options, other, floats, NULL), LODE_OK);
  assert_memory_equal(batch, other, floats * sizeof *batch);
  lode_context_free(ctx);
  free(batch);
  free(other);
}

typedef struct sink {
  char *data;
  size_t size;
} sink;

static int write_to(void *context, const void *data, size_t size) {
  sink *s = context;
  s->data = realloc(s->data, s->size + size);
  assert_non_null(s->data);
  memcpy(s->data + s->size, data, size);
  s->size += size;
  return LODE_OK;
}

/* Written as one file, it is the same model: every small file that counts is in there. */
static void run_as_bundle(fixture *f, lode_json_ref c) {
  sink s = {0};
  lode_error err;
  if (lode_model_save(f->model, write_to, &s, &err) != LODE_OK) {
    fail_msg("%s: %s", f->name, err.text);
  }
  lode_model *model = NULL;
  const lode_file_data file = {"m.lode-model", s.data, s.size};
  if (lode_model_open_memory(&file, 1, NULL, &model, &err) != LODE_OK) {
    fail_msg("%s as a bundle: %s", f->name, err.text);
  }
  lode_self_test_result result = LODE_SELF_TEST_RESULT_INIT;
  assert_int_equal(lode_model_verify(model, &result, &err), LODE_OK);
  assert_true(result.least_cosine > 0.999999);
  run_case(f, c, model);
  lode_model_free(model);
  free(s.data);
}

static void run_fixture(const char *name) {
  fixture f = open_fixture(name);
  char path[1024];
  model_files files = model_files_read(fixture_path(name, path, sizeof path));
  lode_model *from_memory = NULL;
  lode_error err;
  if (lode_model_open_memory(files.files, files.count, NULL, &from_memory, &err) != LODE_OK) {
    fail_msg("%s from memory: %s", name, err.text);
  }
  size_t cases = 0;
  for (lode_json_ref c = lode_json_first(&f.json, lode_json_get(&f.json, 0, "cases"));
       c != LODE_JSON_NONE; c = lode_json_next(&f.json, c), cases++) {
    run_case(&f, c, from_memory);
    run_as_bundle(&f, c);
  }
  assert_true(cases > 0);
  lode_model_free(from_memory);
  model_files_free(&files);
  close_fixture(&f);
}

static void every_fixture(void **state) {
  (void)state;
  char path[1024];
  DIR *dir = opendir(fixture_path(NULL, path, sizeof path));
  assert_non_null(dir);
  size_t count = 0;
  for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
    if (entry->d_name[0] == '.') continue;
    print_message("%s\n", entry->d_name);
    run_fixture(entry->d_name);
    count++;
  }
  closedir(dir);
  assert_true(count >= 15);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_fixture)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
