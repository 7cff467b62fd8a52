/* Models of tests/data saved as bundles in memory, and their vectors of a few texts. */
#ifndef LODE_TESTS_SAVED_BUNDLE_H
#define LODE_TESTS_SAVED_BUNDLE_H

#include <stdlib.h>
#include <string.h>

#include "model_folder.h"

typedef struct bytes {
  uint8_t *data;
  size_t size, capacity;
} bytes;

static inline int append(void *context, const void *data, size_t size) {
  bytes *b = context;
  if (b->size + size > b->capacity) {
    b->capacity = 2 * (b->size + size);
    b->data = realloc(b->data, b->capacity);
    assert_non_null(b->data);
  }
  memcpy(b->data + b->size, data, size);
  b->size += size;
  return 0;
}

static inline bytes save(const lode_model *model) {
  bytes b = {0};
  lode_error err;
  if (lode_model_save(model, append, &b, &err) != LODE_OK) fail_msg("%s", err.text);
  return b;
}

static inline lode_model *open_fixture(const char *name, const char *dtype) {
  char path[1024];
  lode_model *model = NULL;
  lode_error err;
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.dtype = dtype;
  if (lode_model_open(fixture_path(name, path, sizeof path), &options, &model, &err) != LODE_OK) {
    fail_msg("%s", err.text);
  }
  return model;
}

/* A model without its layers: embeddings and their norm, mean, length. On a GPU that is three
 * pipelines to compile, which is what takes time. */
static inline bytes saved_without_layers(void) {
  char path[1024];
  model_files files = model_files_read(fixture_path("bert-mean-normalize", path, sizeof path));
  assert_true(model_files_edit(&files, "config.json", "\"num_hidden_layers\": 2",
                               "\"num_hidden_layers\": 0"));
  lode_model *model = NULL;
  lode_error err;
  if (lode_model_open_memory(files.files, files.count, NULL, &model, &err) != LODE_OK) {
    fail_msg("%s", err.text);
  }
  const bytes bundle = save(model);
  lode_model_free(model);
  model_files_free(&files);
  return bundle;
}

static inline lode_status open_bytes(const bytes *b, lode_model **out, lode_error *err) {
  const lode_file_data file = {"some.lode-model", b->data, b->size};
  return lode_model_open_memory(&file, 1, NULL, out, err);
}

/* The bytes at their exact size, so that a sanitizer sees what is read behind them. */
static inline void trim(bytes *b) {
  uint8_t *exact = malloc(b->size ? b->size : 1);
  assert_non_null(exact);
  memcpy(exact, b->data, b->size);
  free(b->data);
  b->data = exact;
  b->capacity = b->size;
}

static inline bytes saved_fixture(const char *name, const char *dtype) {
  lode_model *model = open_fixture(name, dtype);
  bytes b = save(model);
  lode_model_free(model);
  trim(&b);
  return b;
}

static const char *const saved_texts[] = {"", "hello", "a second, longer text about nothing much"};
enum { SAVED_TEXTS = 3, MAX_DIM = 256 };

static inline size_t embed_saved(const lode_model *model, float *out) {
  lode_text t[SAVED_TEXTS];
  for (size_t i = 0; i < SAVED_TEXTS; i++)
    t[i] = (lode_text){saved_texts[i], strlen(saved_texts[i])};
  lode_context *ctx = NULL;
  assert_int_equal(lode_context_new(model, NULL, &ctx, NULL), LODE_OK);
  const size_t dim = (size_t)lode_model_dim(model);
  assert_true(dim <= MAX_DIM);
  assert_int_equal(lode_embed(ctx, t, SAVED_TEXTS, NULL, out, SAVED_TEXTS * MAX_DIM, NULL),
                   LODE_OK);
  lode_context_free(ctx);
  return SAVED_TEXTS * dim;
}

#endif
