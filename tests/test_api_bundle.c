/* A model saved as one file: the same vectors, the same file again, and no byte of it can change
 * unnoticed; hostile ones are refused by name. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "saved_bundle.h"

static const char *const dtypes[] = {"f32", "bf16", "int8"};
enum { DTYPES = 3 };

/* ---- the same model */

static void check_same(const char *name, const char *dtype) {
  static float a[SAVED_TEXTS * MAX_DIM], b[SAVED_TEXTS * MAX_DIM];
  lode_model *model = open_fixture(name, dtype), *again = NULL;
  bytes file = save(model);
  lode_error err;
  if (open_bytes(&file, &again, &err) != LODE_OK) fail_msg("%s, %s: %s", name, dtype, err.text);
  const size_t n = embed_saved(model, a);
  assert_int_equal(embed_saved(again, b), n);
  if (strcmp(dtype, "bf16") == 0) { /* tables are rounded as well */
    for (size_t i = 0; i < n; i++) assert_true(fabsf(a[i] - b[i]) < 0.05f);
  } else if (memcmp(a, b, n * sizeof *a) != 0) {
    fail_msg("%s, %s: the file gives other vectors than the directory", name, dtype);
  }
  lode_model_info info = LODE_MODEL_INFO_INIT, other = LODE_MODEL_INFO_INIT;
  lode_model_get_info(model, &info);
  lode_model_get_info(again, &other);
  assert_string_equal(info.architecture, other.architecture);
  assert_string_equal(info.pooling, other.pooling);
  assert_int_equal(info.dim, other.dim);
  assert_int_equal(info.max_tokens, other.max_tokens);
  assert_int_equal(info.prompt_count, other.prompt_count);
  assert_int_equal(info.normalized, other.normalized);
  if (strcmp(dtype, "int8") == 0) assert_string_equal(other.dtype, "int8");
  lode_self_test_result result = LODE_SELF_TEST_RESULT_INIT;
  if (lode_model_verify(again, &result, &err) != LODE_OK) fail_msg("%s: %s", name, err.text);
  assert_true(result.texts > 5);
  assert_true(result.least_cosine > 0.9 && result.mean_cosine <= 1.000001);
  lode_model_free(model);
  lode_model_free(again);
  free(file.data);
}

static void a_file_is_the_same_model(void **state) {
  (void)state;
  static const char *const names[] = {"bert-mean-normalize", "bert-dense", "bert-prompts",
                                      "bert-vocab-txt"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    for (size_t d = 0; d < DTYPES; d++) check_same(names[i], dtypes[d]);
  }
}

static void saving_again_gives_the_same_file(void **state) {
  (void)state;
  static const char *const stable[] = {"f32", "int8"};
  for (size_t d = 0; d < 2; d++) {
    bytes first = saved_fixture("bert-dense", stable[d]);
    lode_model *model = NULL;
    assert_int_equal(open_bytes(&first, &model, NULL), LODE_OK);
    bytes second = save(model);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.data, second.data, first.size);
    lode_model_free(model);
    free(first.data);
    free(second.data);
  }
}

/* Where the bytes lie in memory is the caller's affair. */
static void misaligned_bytes_are_the_same_model(void **state) {
  (void)state;
  static float a[SAVED_TEXTS * MAX_DIM], b[SAVED_TEXTS * MAX_DIM];
  bytes file = saved_fixture("bert-dense", "int8");
  uint8_t *moved = malloc(file.size + 8);
  assert_non_null(moved);
  lode_model *model = NULL, *other = NULL;
  assert_int_equal(open_bytes(&file, &model, NULL), LODE_OK);
  const size_t n = embed_saved(model, a);
  for (size_t shift = 1; shift < 8; shift++) {
    memcpy(moved + shift, file.data, file.size);
    const bytes there = {moved + shift, file.size, file.size};
    assert_int_equal(open_bytes(&there, &other, NULL), LODE_OK);
    assert_int_equal(embed_saved(other, b), n);
    assert_memory_equal(a, b, n * sizeof *a);
    lode_model_free(other);
  }
  lode_model_free(model);
  free(moved);
  free(file.data);
}

static void an_integer_model_stays_one(void **state) {
  (void)state;
  bytes file = saved_fixture("bert-mean-normalize", "int8");
  const lode_file_data data = {"x.lode-model", file.data, file.size};
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  lode_model *model = NULL;
  lode_error err;
  options.dtype = "f32";
  assert_int_equal(lode_model_open_memory(&data, 1, &options, &model, &err), LODE_E_UNSUPPORTED);
  assert_non_null(strstr(err.text, "int8"));
  options.dtype = "auto";
  assert_int_equal(lode_model_open_memory(&data, 1, &options, &model, &err), LODE_OK);
  lode_candidate candidate;
  assert_int_equal(lode_model_get_candidate(model, 0, &candidate), LODE_OK);
  assert_string_equal(candidate.dtype, "int8");
  assert_int_equal(candidate.chosen, 1);
  assert_int_equal(lode_model_get_candidate(model, 1, &candidate), LODE_E_ARG);
  lode_model_free(model);
  free(file.data);
}

static void auto_chooses_among_what_passes(void **state) {
  (void)state;
  lode_model *model = open_fixture("bert-mean-normalize", "auto");
  lode_model_info info = LODE_MODEL_INFO_INIT;
  lode_model_get_info(model, &info);
  lode_candidate c;
  double least_seconds = INFINITY;
  const char *fastest = NULL;
  int64_t count = 0;
  int chosen = 0;
  for (; lode_model_get_candidate(model, count, &c) == LODE_OK; count++) {
    chosen += c.chosen;
    if (c.passed && c.seconds < least_seconds) {
      least_seconds = c.seconds;
      fastest = c.dtype;
    }
    if (c.chosen) assert_string_equal(c.dtype, info.dtype);
  }
  assert_int_equal(count, DTYPES);
  assert_int_equal(chosen, 1);
  assert_string_equal(fastest, info.dtype);
  lode_model_free(model);
}

static int refuse_after(void *context, const void *data, size_t size) {
  (void)data;
  size_t *left = context;
  if (size > *left) return 1;
  *left -= size;
  return 0;
}

static void a_failed_write_is_reported(void **state) {
  (void)state;
  lode_model *model = open_fixture("bert-dense", "int8");
  lode_error err;
  bytes whole = save(model);
  for (size_t room = 0; room < whole.size; room += whole.size / 13) {
    size_t left = room;
    assert_int_equal(lode_model_save(model, refuse_after, &left, &err), LODE_E_IO);
    assert_true(err.text[0] != '\0');
  }
  free(whole.data);
  lode_model_free(model);
}

/* ---- damage */

static void check_flip(bytes *b, size_t at, uint8_t mask) {
  b->data[at] ^= mask;
  lode_model *model = NULL;
  lode_error err = {0};
  lode_status status = open_bytes(b, &model, &err);
  if (status == LODE_OK) {
    lode_self_test_result result = LODE_SELF_TEST_RESULT_INIT;
    status = lode_model_verify(model, &result, &err);
    lode_model_free(model);
    if (status == LODE_OK) fail_msg("byte %zu of %zu changed, and nobody saw it", at, b->size);
    assert_non_null(strstr(err.text, "sha-256"));
    assert_non_null(strstr(err.text, "some.lode-model"));
  }
  assert_true(err.text[0] != '\0');
  b->data[at] ^= mask;
}

static size_t header_size(const bytes *b) {
  size_t n = 0;
  for (int i = 7; i >= 0; i--) n = n << 8 | b->data[i];
  return n + 8;
}

static void a_flipped_bit_is_found(void **state) {
  (void)state;
  bytes b = saved_fixture("bert-dense", "int8");
  const size_t header = header_size(&b);
  for (size_t at = 0; at < header; at += 41) check_flip(&b, at, (uint8_t)(1u << (at % 8)));
  for (size_t at = header; at < b.size; at += b.size / 200) {
    check_flip(&b, at, (uint8_t)(1u << (at % 8)));
  }
  check_flip(&b, b.size - 1, 0x80);
  free(b.data);
}

static void a_cut_file_is_refused(void **state) {
  (void)state;
  bytes whole = saved_fixture("bert-dense", "int8");
  for (size_t size = 0; size < whole.size; size += size < 64 ? 1 : whole.size / 150) {
    bytes b = {malloc(size ? size : 1), size, size};
    memcpy(b.data, whole.data, size);
    lode_model *model = NULL;
    lode_error err = {0};
    assert_int_equal(open_bytes(&b, &model, &err), LODE_E_FORMAT);
    assert_non_null(strstr(err.text, "some.lode-model"));
    free(b.data);
  }
  free(whole.data);
}

/* ---- hostile files: what is inside is changed, the digests are nobody's concern at opening */

/* Replace a text of the header by another of the same length. */
static void replace(bytes *b, const char *from, const char *to) {
  const size_t n = strlen(from), header = header_size(b);
  assert_int_equal(n, strlen(to));
  for (size_t i = 8; i + n <= header; i++) {
    if (memcmp(b->data + i, from, n) == 0) {
      memcpy(b->data + i, to, n);
      return;
    }
  }
  fail_msg("the header has no %s", from);
}

static void check_replaced(const char *from, const char *to, lode_status expected,
                           const char *word) {
  bytes b = saved_fixture("bert-dense", "int8");
  replace(&b, from, to);
  lode_model *model = NULL;
  lode_error err = {0};
  const lode_status status = open_bytes(&b, &model, &err);
  if (status != expected) {
    fail_msg("%s -> %s: %s (%s)", from, to, lode_status_name(status), err.text);
  }
  if (!strstr(err.text, word)) fail_msg("%s -> %s: \"%s\" lacks %s", from, to, err.text, word);
  free(b.data);
}

static void changed_headers_are_refused(void **state) {
  (void)state;
  check_replaced("\"version\":\"1\"", "\"version\":\"2\"", LODE_E_UNSUPPORTED, "version");
  check_replaced("\"lode-model\"", "\"lode-motel\"", LODE_E_FORMAT, "bundle");
  check_replaced("query.weight_scale", "query.weight_sculp", LODE_E_FORMAT, "_scale");
  check_replaced("selftest.vectors", "selftest.vektors", LODE_E_FORMAT, "self-test");
  check_replaced("file:config.json", "file:konfig.json", LODE_E_NOT_FOUND, "config.json");
  check_replaced("file:selftest.json", "file:selftext.json", LODE_E_FORMAT, "self-test");
  check_replaced("embeddings.LayerNorm.bias", "embeddings.LayerNorm.bios", LODE_E_FORMAT,
                 "LayerNorm.bias");
}

/* The data of a tensor of the file, found by its name. */
static uint8_t *tensor_data(const bytes *b, const char *name) {
  const size_t header = header_size(b);
  char key[256], *text = malloc(header + 1);
  assert_non_null(text);
  memcpy(text, b->data + 8, header - 8);
  text[header - 8] = '\0';
  snprintf(key, sizeof key, "\"%s\":", name);
  const char *at = strstr(text, key);
  if (!at) fail_msg("no tensor %s", name);
  const char *offsets = strstr(at, "data_offsets\":[");
  assert_non_null(offsets);
  const size_t begin = strtoull(offsets + 15, NULL, 10);
  free(text);
  return b->data + header + begin;
}

static void check_changed(const char *tensor, const void *value, size_t size, const char *word) {
  bytes b = saved_fixture("bert-dense", "int8");
  memcpy(tensor_data(&b, tensor), value, size);
  lode_model *model = NULL;
  lode_error err = {0};
  assert_int_equal(open_bytes(&b, &model, &err), LODE_E_FORMAT);
  if (!strstr(err.text, word)) fail_msg("%s: \"%s\" lacks %s", tensor, err.text, word);
  free(b.data);
}

static void changed_weights_are_refused(void **state) {
  (void)state;
  const int8_t beyond = 64, lowest = -128;
  const float nan = NAN, infinite = -INFINITY;
  const char *query = "encoder.layer.0.attention.self.query.weight";
  check_changed(query, &beyond, 1, "-63");
  check_changed(query, &lowest, 1, "-63");
  check_changed("encoder.layer.0.attention.self.query.weight_scale", &nan, 4, "query.weight");
  check_changed("encoder.layer.0.attention.self.query.weight_smooth", &infinite, 4, "query.weight");
  check_changed("embeddings.word_embeddings.weight_scale", &nan, 4, "word_embeddings");
}

static void other_files_are_no_bundles(void **state) {
  (void)state;
  char path[1024], weights[1100];
  fixture_path("bert-dense", path, sizeof path);
  snprintf(weights, sizeof weights, "%s/model.safetensors", path);
  lode_model *model = NULL;
  lode_error err = {0};
  assert_int_equal(lode_model_open(weights, NULL, &model, &err), LODE_E_FORMAT);
  assert_non_null(strstr(err.text, "directory"));
  snprintf(weights, sizeof weights, "%s/config.json", path);
  assert_int_equal(lode_model_open(weights, NULL, &model, &err), LODE_E_FORMAT);
  assert_non_null(strstr(err.text, "config.json"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_file_is_the_same_model),
      cmocka_unit_test(saving_again_gives_the_same_file),
      cmocka_unit_test(misaligned_bytes_are_the_same_model),
      cmocka_unit_test(an_integer_model_stays_one),
      cmocka_unit_test(auto_chooses_among_what_passes),
      cmocka_unit_test(a_failed_write_is_reported),
      cmocka_unit_test(a_flipped_bit_is_found),
      cmocka_unit_test(a_cut_file_is_refused),
      cmocka_unit_test(changed_headers_are_refused),
      cmocka_unit_test(changed_weights_are_refused),
      cmocka_unit_test(other_files_are_no_bundles),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
