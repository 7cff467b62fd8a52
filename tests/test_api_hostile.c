/* Models that are broken in each way that files can be: the right status, and a text that
 * names the file and what is wrong. (The parsers' own tests go further; this one is about
 * what reaches a user of lode_model_open.) */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "model_folder.h"

static const char fixture[] = "bert-mean-normalize";

static model_files good_files(void) {
  char path[1024];
  model_files files = model_files_read(fixture_path(fixture, path, sizeof path));
  assert_true(files.count >= 6);
  return files;
}

/* Opening fails with this status and a text that has both parts. */
static void expect(model_files *files, lode_status status, const char *part,
                   const char *other_part) {
  lode_model *model = NULL;
  lode_error err;
  const lode_status got = lode_model_open_memory(files->files, files->count, NULL, &model, &err);
  if (got != status || !strstr(err.text, part) || !strstr(err.text, other_part)) {
    fail_msg("status %s, text \"%s\"; wanted %s, \"%s\", \"%s\"", lode_status_name(got), err.text,
             lode_status_name(status), part, other_part);
  }
  assert_null(model);
  assert_int_equal(err.code, status);
  assert_null(strchr(err.text, '\n'));
  model_files_free(files);
}

static void expect_edit(const char *file, const char *from, const char *to, lode_status status,
                        const char *part, const char *other_part) {
  model_files files = good_files();
  if (!model_files_edit(&files, file, from, to)) fail_msg("%s has no %s", file, from);
  expect(&files, status, part, other_part);
}

static void the_unchanged_model_opens(void **state) {
  (void)state;
  model_files files = good_files();
  lode_model *model = NULL;
  assert_int_equal(lode_model_open_memory(files.files, files.count, NULL, &model, NULL), LODE_OK);
  lode_model_free(model);
  model_files_free(&files);
}

static void missing_files(void **state) {
  (void)state;
  model_files files = good_files();
  model_files_remove(&files, "config.json");
  expect(&files, LODE_E_NOT_FOUND, "config.json", "");
  files = good_files();
  model_files_remove(&files, "model.safetensors");
  expect(&files, LODE_E_NOT_FOUND, "model.safetensors", "");
  files = good_files();
  model_files_remove(&files, "tokenizer.json");
  model_files_remove(&files, "vocab.txt");
  expect(&files, LODE_E_NOT_FOUND, "tokenizer.json", "");
  files = good_files();
  model_files_remove(&files, "1_Pooling/config.json");
  expect(&files, LODE_E_NOT_FOUND, "1_Pooling/config.json", "");
}

static void wrong_config(void **state) {
  (void)state;
  expect_edit("config.json", "\"hidden_size\": 32", "\"hidden_size\": 33", LODE_E_FORMAT,
              "config.json", "33");
  expect_edit("config.json", "\"intermediate_size\": 48", "\"intermediate_size\": 49",
              LODE_E_FORMAT, "tensor", "shape");
  expect_edit("config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 5",
              LODE_E_FORMAT, "config.json", "num_attention_heads");
  expect_edit("config.json", "\"hidden_size\": 32", "\"hidden_size\": -3", LODE_E_FORMAT,
              "config.json", "hidden_size");
  expect_edit("config.json", "\"hidden_size\": 32", "\"hidden_size\": 36", LODE_E_FORMAT,
              "1_Pooling/config.json", "36");
  expect_edit("config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", LODE_E_FORMAT,
              "encoder.layer.2.", "");
  expect_edit("config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1e300",
              LODE_E_FORMAT, "config.json", "num_hidden_layers");
  expect_edit("config.json", "\"model_type\": \"bert\"", "\"model_type\": \"gpt9\"",
              LODE_E_UNSUPPORTED, "config.json", "gpt9");
  expect_edit("config.json", "{", "{{", LODE_E_FORMAT, "config.json", "");
  expect_edit("config.json", "\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": -1", LODE_E_FORMAT,
              "layer_norm_eps", "");
  expect_edit("modules.json", "1_Pooling", "../Pooling", LODE_E_FORMAT, "../Pooling",
              "not the name");
  expect_edit("config.json", "\"vocab_size\": ", "\"vocab_size\": 1", LODE_E_FORMAT, "tensor",
              "word_embeddings");
}

/* Deep or self-similar JSON must not exhaust the stack. */
static void absurd_json(void **state) {
  (void)state;
  enum { DEPTH = 1000000 };
  char *deep = malloc(DEPTH);
  assert_non_null(deep);
  memset(deep, '[', DEPTH);
  static const char *const names[] = {"config.json", "modules.json", "tokenizer.json"};
  const lode_file_data contents[] = {
      {"deep", deep, DEPTH},
      {"page", "<!DOCTYPE html><html>Not found</html>", 37},
      {"empty", "", 0},
      {"no object", "[]", 2},
  };
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    for (size_t c = 0; c < sizeof contents / sizeof contents[0]; c++) {
      model_files files = good_files();
      model_files_put(&files, names[i], contents[c].data, contents[c].size);
      expect(&files, LODE_E_FORMAT, names[i], "");
    }
  }
  free(deep);
}

/* Where the bytes of a tensor begin in model.safetensors. */
static size_t tensor_offset(const lode_file_data *file, const char *tensor) {
  const unsigned char *bytes = file->data;
  uint64_t header = 0;
  for (int i = 7; i >= 0; i--) header = header << 8 | bytes[i];
  const char *entry = strstr((const char *)bytes + 8, tensor);
  assert_non_null(entry);
  const char *offsets = strstr(entry, "data_offsets\":[");
  assert_non_null(offsets);
  return 8 + (size_t)header + strtoul(offsets + strlen("data_offsets\":["), NULL, 10);
}

static void not_finite_weights(void **state) {
  (void)state;
  static const char *const tensors[] = {
      "embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight",
      "encoder.layer.1.attention.self.key.weight", "encoder.layer.0.intermediate.dense.bias",
      "encoder.layer.0.output.LayerNorm.weight"};
  const float values[] = {NAN, INFINITY, -INFINITY};
  for (size_t i = 0; i < sizeof tensors / sizeof tensors[0]; i++) {
    model_files files = good_files();
    lode_file_data *file = model_files_find(&files, "model.safetensors");
    char *bytes = malloc(file->size);
    assert_non_null(bytes);
    memcpy(bytes, file->data, file->size);
    memcpy(bytes + tensor_offset(file, tensors[i]) + 4 * i, &values[i % 3], sizeof(float));
    model_files_put(&files, "model.safetensors", bytes, file->size);
    free(bytes);
    expect(&files, LODE_E_FORMAT, tensors[i], "NaN");
  }
}

static void cut_weights(void **state) {
  (void)state;
  model_files files = good_files();
  const size_t size = model_files_find(&files, "model.safetensors")->size;
  model_files_free(&files);
  const size_t sizes[] = {0, 1, 7, 8, 9, 100, size / 2, size - 1};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    files = good_files();
    model_files_find(&files, "model.safetensors")->size = sizes[i];
    expect(&files, LODE_E_FORMAT, "model.safetensors", "");
  }
}

static void ids_beyond_the_table(void **state) {
  (void)state;
  expect_edit("tokenizer.json", "\"the\":", "\"the\": 100000, \"thethe\":", LODE_E_FORMAT,
              "tokenizer", "");
  expect_edit("tokenizer.json", "\"the\":", "\"the\": -5, \"thethe\":", LODE_E_FORMAT,
              "tokenizer.json", "");
}

static void paths_that_are_no_model(void **state) {
  (void)state;
  lode_model *model = NULL;
  lode_error err;
  assert_int_equal(lode_model_open("/nonexistent/model", NULL, &model, &err), LODE_E_NOT_FOUND);
  assert_non_null(strstr(err.text, "/nonexistent/model"));
  assert_int_equal(lode_model_open("", NULL, &model, &err), LODE_E_NOT_FOUND);
  char path[1100];
  char folder[1024];
  snprintf(path, sizeof path, "%s/config.json", fixture_path(fixture, folder, sizeof folder));
  assert_int_not_equal(lode_model_open(path, NULL, &model, &err), LODE_OK);
  assert_non_null(strstr(err.text, "config.json"));
  assert_int_equal(lode_model_open(NULL, NULL, &model, &err), LODE_E_ARG);
  assert_null(model);
}

static void options_are_checked(void **state) {
  (void)state;
  lode_model *model = NULL;
  lode_error err;
  model_files files = good_files();
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.isa = "sse9";
  assert_int_equal(lode_model_open_memory(files.files, files.count, &options, &model, &err),
                   LODE_E_ARG);
  assert_non_null(strstr(err.text, "sse9"));
  options.isa = NULL;
  options.dtype = "int3";
  assert_int_equal(lode_model_open_memory(files.files, files.count, &options, &model, &err),
                   LODE_E_ARG);
  assert_non_null(strstr(err.text, "int3"));
  options.dtype = NULL;
  options.struct_size = 0;
  assert_int_equal(lode_model_open_memory(files.files, files.count, &options, &model, &err),
                   LODE_E_ARG);
  assert_null(model);
  model_files_free(&files);
}

/* A real model.safetensors that ends too early. */
static void a_real_truncated_model(void **state) {
  (void)state;
  const char *shared = getenv("LODE_SHARED_DATA");
  char path[1024];
  snprintf(path, sizeof path, "%s/broken-models/all-MiniLM-L6-v2-truncated",
           shared ? shared : "../shared/data");
  struct stat info;
  if (stat(path, &info) != 0) {
    print_message("skipped: %s is not there\n", path);
    skip();
  }
  lode_model *model = NULL;
  lode_error err;
  assert_int_equal(lode_model_open(path, NULL, &model, &err), LODE_E_FORMAT);
  assert_non_null(strstr(err.text, "model.safetensors"));
  assert_null(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_unchanged_model_opens),
      cmocka_unit_test(missing_files),
      cmocka_unit_test(wrong_config),
      cmocka_unit_test(absurd_json),
      cmocka_unit_test(not_finite_weights),
      cmocka_unit_test(cut_weights),
      cmocka_unit_test(ids_beyond_the_table),
      cmocka_unit_test(paths_that_are_no_model),
      cmocka_unit_test(options_are_checked),
      cmocka_unit_test(a_real_truncated_model),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
