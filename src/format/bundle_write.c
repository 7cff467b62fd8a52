#include <stdio.h>
#include <string.h>

#include "base/json_write.h"
#include "base/sha256.h"
#include "format/bundle.h"
#include "format/bundle_names.h"
#include "format/model_dir_parts.h"
#include "lode.h"

enum { ALIGNMENT = 64 };

static const uint8_t zeros[ALIGNMENT];

static bool has(const lode_bundle_writer *writer, const char *name) {
  for (size_t i = 0; i < writer->count; i++) {
    if (strcmp(writer->items[i].name, name) == 0) return true;
  }
  return false;
}

static lode_status append(lode_bundle_writer *writer, const lode_tensor *tensor, lode_error *err) {
  if (writer->count == writer->capacity) {
    const size_t capacity = writer->capacity ? 2 * writer->capacity : 64;
    lode_tensor *grown = lode_arena_array(&writer->arena, capacity, sizeof *grown);
    if (!grown) return lode_error_nomem(err);
    if (writer->count) memcpy(grown, writer->items, writer->count * sizeof *grown);
    writer->items = grown;
    writer->capacity = capacity;
  }
  lode_tensor *added = &writer->items[writer->count];
  *added = *tensor;
  added->name = lode_arena_string(&writer->arena, tensor->name, strlen(tensor->name));
  if (!added->name) return lode_error_nomem(err);
  writer->count++;
  writer->size += tensor->size;
  return LODE_OK;
}

lode_status lode_bundle_add(lode_bundle_writer *writer, const lode_tensor *tensor,
                            lode_error *err) {
  if (has(writer, tensor->name)) return LODE_OK;
  const size_t pad = (ALIGNMENT - writer->size % ALIGNMENT) % ALIGNMENT;
  if (pad > 0) {
    char name[32];
    snprintf(name, sizeof name, "pad.%zu", writer->pads++);
    const lode_tensor padding = {.name = name,
                                 .dtype = LODE_DTYPE_U8,
                                 .rank = 1,
                                 .shape = {(int64_t)pad},
                                 .data = zeros,
                                 .size = pad};
    const lode_status status = append(writer, &padding, err);
    if (status != LODE_OK) return status;
  }
  return append(writer, tensor, err);
}

/* ---------------------------------------------------------------- files */

static lode_status add_file(lode_bundle_writer *writer, const lode_folder *folder,
                            const char *sub_folder, const char *name, lode_error *err) {
  char *path = lode_path_join(&writer->arena, sub_folder, name);
  if (!path) return lode_error_nomem(err);
  lode_file file = {0};
  lode_status status = lode_folder_open(folder, path, &file, err);
  if (status == LODE_E_NOT_FOUND) {
    lode_error_clear(err);
    return LODE_OK;
  }
  if (status != LODE_OK || file.size == 0) {
    lode_file_close(&file);
    return status;
  }
  char *full = lode_arena_alloc(&writer->arena, strlen(path) + sizeof LODE_BUNDLE_FILE);
  uint8_t *bytes = lode_arena_alloc(&writer->arena, file.size);
  if (full && bytes) {
    memcpy(full, LODE_BUNDLE_FILE, sizeof LODE_BUNDLE_FILE);
    memcpy(full + sizeof LODE_BUNDLE_FILE - 1, path, strlen(path) + 1);
    memcpy(bytes, file.data, file.size);
    const lode_tensor tensor = {.name = full,
                                .dtype = LODE_DTYPE_U8,
                                .rank = 1,
                                .shape = {(int64_t)file.size},
                                .data = bytes,
                                .size = file.size};
    status = lode_bundle_add(writer, &tensor, err);
  } else {
    status = lode_error_nomem(err);
  }
  lode_file_close(&file);
  return status;
}

lode_status lode_bundle_add_files(lode_bundle_writer *writer, const lode_folder *folder,
                                  lode_error *err) {
  static const char *const of_root[] = {"modules.json", "config_sentence_transformers.json"};
  static const char *const of_transformer[] = {
      "config.json",
      "tokenizer.json",
      "vocab.txt",
      "tokenizer_config.json",
      "special_tokens_map.json",
      "added_tokens.json",
      "sentence_bert_config.json",
      "sentence_roberta_config.json",
      "sentence_distilbert_config.json",
      "sentence_camembert_config.json",
      "sentence_albert_config.json",
      "sentence_xlm-roberta_config.json",
      "sentence_xlnet_config.json",
  };
  static const char *const of_module[] = {"config.json", "model.safetensors"};
  lode_module_list list;
  lode_status status = lode_module_list_read(folder, &writer->arena, &list, err);
  if (status != LODE_OK) return status; /* the list is then as far as it came */
  for (size_t i = 0; i < sizeof of_root / sizeof *of_root && status == LODE_OK; i++) {
    status = add_file(writer, folder, "", of_root[i], err);
  }
  const char *transformer = list.found ? list.entries[0].path : "";
  for (size_t i = 0; i < sizeof of_transformer / sizeof *of_transformer && status == LODE_OK; i++) {
    /* vocab.txt counts only where there is no tokenizer.json. */
    if (strcmp(of_transformer[i], "vocab.txt") == 0) {
      char *json = lode_path_join(&writer->arena, transformer, "tokenizer.json");
      if (!json) return lode_error_nomem(err);
      if (lode_folder_has(folder, json)) continue;
    }
    status = add_file(writer, folder, transformer, of_transformer[i], err);
  }
  for (size_t m = 1; m < list.count && status == LODE_OK; m++) {
    if (list.entries[m].path[0] == '\0') continue;
    for (size_t i = 0; i < sizeof of_module / sizeof *of_module && status == LODE_OK; i++) {
      status = add_file(writer, folder, list.entries[m].path, of_module[i], err);
    }
  }
  return status;
}

/* ---------------------------------------------------------------- the file */

static void put_string(lode_json_text *t, const char *s) {
  lode_json_put_string(t, s, strlen(s));
}

static void put_tensor(lode_json_text *t, const lode_tensor *tensor, size_t offset) {
  lode_json_put_text(t, ",");
  put_string(t, tensor->name);
  lode_json_put_text(t, ":{\"dtype\":");
  put_string(t, lode_dtype_name(tensor->dtype));
  lode_json_put_text(t, ",\"shape\":[");
  for (int i = 0; i < tensor->rank; i++) {
    if (i > 0) lode_json_put_text(t, ",");
    lode_json_put_int(t, tensor->shape[i]);
  }
  lode_json_put_text(t, "],\"data_offsets\":[");
  lode_json_put_int(t, (int64_t)offset);
  lode_json_put_text(t, ",");
  lode_json_put_int(t, (int64_t)(offset + tensor->size));
  lode_json_put_text(t, "]}");
}

/* Length and JSON; spaces at the end bring the first tensor to the alignment. */
static bool make_header(const lode_bundle_writer *writer, const char *dtype, lode_json_text *t) {
  const uint8_t no_length[8] = {0};
  lode_json_put(t, (const char *)no_length, sizeof no_length);
  lode_json_put_text(t, "{\"__metadata__\":{\"format\":");
  put_string(t, LODE_BUNDLE_FORMAT);
  lode_json_put_text(t, ",\"version\":");
  put_string(t, LODE_BUNDLE_VERSION);
  lode_json_put_text(t, ",\"dtype\":");
  put_string(t, dtype);
  lode_json_put_text(t, ",\"lode\":");
  put_string(t, lode_version());
  lode_json_put_text(t, "}");
  size_t offset = 0;
  for (size_t i = 0; i < writer->count; i++) {
    put_tensor(t, &writer->items[i], offset);
    offset += writer->items[i].size;
  }
  lode_json_put_text(t, "}");
  while (!t->failed && t->size % ALIGNMENT != 0) lode_json_put_text(t, " ");
  if (t->failed) return false;
  uint8_t *length = t->buffer.data;
  for (int i = 0; i < 8; i++) length[i] = (uint8_t)((uint64_t)(t->size - 8) >> (8 * i));
  return true;
}

static void digest(const void *data, size_t size, uint8_t out[32]) {
  lode_sha256 sha;
  lode_sha256_init(&sha);
  lode_sha256_update(&sha, data, size);
  lode_sha256_final(&sha, out);
}

/* The digests go first; their size is known before what is in them. */
static lode_status place_digests(lode_bundle_writer *writer, uint8_t **out, lode_error *err) {
  const size_t total = writer->count + 1;
  const size_t rows = total + total % 2; /* so that what follows begins at the alignment */
  uint8_t *digests = lode_arena_array(&writer->arena, rows, 32);
  lode_tensor *items = lode_arena_array(&writer->arena, total, sizeof *items);
  if (!digests || !items) return lode_error_nomem(err);
  items[0] = (lode_tensor){.name = LODE_BUNDLE_DIGESTS,
                           .dtype = LODE_DTYPE_U8,
                           .rank = 2,
                           .shape = {(int64_t)rows, 32},
                           .data = digests,
                           .size = rows * 32};
  if (writer->count) memcpy(items + 1, writer->items, writer->count * sizeof *items);
  writer->items = items;
  writer->count = writer->capacity = total;
  *out = digests;
  return LODE_OK;
}

lode_status lode_bundle_write(lode_bundle_writer *writer, const char *dtype, lode_bundle_sink *sink,
                              void *context, lode_error *err) {
  uint8_t *digests = NULL;
  lode_status status = place_digests(writer, &digests, err);
  if (status != LODE_OK) return status;
  lode_json_text header = {0};
  if (!make_header(writer, dtype, &header)) {
    lode_buffer_free(&header.buffer);
    return lode_error_nomem(err);
  }
  for (size_t i = 1; i < writer->count; i++) {
    digest(writer->items[i].data, writer->items[i].size, digests + i * 32);
  }
  digest(header.buffer.data, header.size, digests);
  status = sink(context, header.buffer.data, header.size, err);
  for (size_t i = 0; i < writer->count && status == LODE_OK; i++) {
    status = sink(context, writer->items[i].data, writer->items[i].size, err);
  }
  lode_buffer_free(&header.buffer);
  return status;
}

void lode_bundle_writer_free(lode_bundle_writer *writer) {
  lode_arena_free(&writer->arena);
  *writer = (lode_bundle_writer){0};
}
