/* A model directory of a few bytes, made in memory for tests to change: enough for what reads
 * files, not for computing anything. */
#ifndef LODE_TESTS_TINY_MODEL_H
#define LODE_TESTS_TINY_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/model_dir.h"

/* For modules.json. */
#define ST "sentence_transformers.models."
#define MODULE(path, kind) "{\"path\":\"" path "\",\"type\":\"" ST kind "\"}"
#define TRANSFORMER MODULE("", "Transformer")
#define POOLING MODULE("1_Pooling", "Pooling")

static const char config_json[] =
    "{\"model_type\":\"bert\",\"hidden_size\":8,\"num_hidden_layers\":2,\"num_attention_heads\":4,"
    "\"intermediate_size\":16,\"vocab_size\":30,\"max_position_embeddings\":512,"
    "\"hidden_act\":\"gelu\"}";
static const char modules_json[] = "[" TRANSFORMER "," POOLING "]";
static const char pooling_json[] =
    "{\"word_embedding_dimension\":8,\"pooling_mode_cls_token\":false,"
    "\"pooling_mode_mean_tokens\":true}";

/* Weights of one tensor; what a model needs of them is not this room's business. */
#define WEIGHTS(name, shape, end) \
  "{\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[0," end "]}}"

enum { MAX_FILES = 24 };

typedef struct model {
  lode_file_data files[MAX_FILES];
  size_t count;
  void *owned[MAX_FILES];
  size_t owned_count;
  lode_model_dir dir;
  lode_error err;
} model;

/* Put a file in, in place of one of that name; NULL takes it out. */
static inline void put_bytes(model *m, const char *name, const void *data, size_t size) {
  size_t i = 0;
  while (i < m->count && strcmp(m->files[i].name, name) != 0) i++;
  if (data == NULL) {
    if (i < m->count) m->files[i] = m->files[--m->count];
    return;
  }
  if (i == m->count) m->count++;
  assert_true(m->count <= MAX_FILES);
  m->files[i] = (lode_file_data){name, data, size};
}

static inline void put(model *m, const char *name, const char *text) {
  put_bytes(m, name, text, text != NULL ? strlen(text) : 0);
}

/* A safetensors file with that header (padded to 8) and `data` zero bytes. */
static inline void put_weights(model *m, const char *name, const char *header, size_t data) {
  const size_t length = (strlen(header) + 7) / 8 * 8;
  uint8_t *bytes = calloc(1, 8 + length + data);
  assert_non_null(bytes);
  memset(bytes + 8, ' ', length);
  memcpy(bytes + 8, header, strlen(header));
  bytes[0] = (uint8_t)length;
  bytes[1] = (uint8_t)(length >> 8);
  m->owned[m->owned_count++] = bytes;
  put_bytes(m, name, bytes, 8 + length + data);
}

static inline void init(model *m) {
  memset(m, 0, sizeof *m);
  put(m, "config.json", config_json);
  put(m, "modules.json", modules_json);
  put(m, "1_Pooling/config.json", pooling_json);
  put(m, "tokenizer.json", "{}");
  put_weights(m, "model.safetensors", WEIGHTS("w", "[2]", "8"), 8);
}

static inline lode_status open_model(model *m) {
  const lode_folder folder = {.files = m->files, .count = m->count};
  return lode_model_dir_open(&folder, &m->dir, &m->err);
}

static inline void must_open(model *m) {
  if (open_model(m) != LODE_OK) fail_msg("%s", m->err.text);
  assert_int_equal(m->err.code, LODE_OK); /* nothing is left from files that were optional */
}

static inline void done(model *m) {
  lode_model_dir_free(&m->dir);
  for (size_t i = 0; i < m->owned_count; i++) free(m->owned[i]);
}

/* config_json with `more` members in front; those behind win, so these must be new ones. */
static inline void put_config(model *m, char *room, size_t size, const char *more) {
  snprintf(room, size, "{%s,%s", more, config_json + 1);
  put(m, "config.json", room);
}

#endif
