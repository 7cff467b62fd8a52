/* Any bytes as a bundle: what is accepted has files and a self-test that lie in it, and opens as
 * a model or is refused with words. Input that begins with '{' is given the header length that
 * reaches to its first newline, so that headers can be fuzzed as text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/bundle.h"

static void require(bool condition) {
  if (!condition) abort();
}

static bool inside(const lode_file *file, const void *data, size_t size) {
  const uint8_t *begin = data;
  return begin >= file->data && size <= (size_t)(file->data + file->size - begin);
}

/* Reads them all, so that a sanitizer sees whether they are there. */
static void check_bytes(const void *data, size_t size) {
  const uint8_t *bytes = data;
  volatile uint8_t sum = 0;
  for (size_t i = 0; i < size; i++) sum = (uint8_t)(sum + bytes[i]);
}

/* What opens whole opens in pieces, and nothing else does. */
static void stream_bundle(const uint8_t *data, size_t size, bool opens) {
  enum { PIECES = 3 };
  lode_model_stream *stream = NULL;
  lode_model *model = NULL;
  require(lode_model_stream_new(size, NULL, &stream, NULL) == LODE_OK);
  lode_status status = LODE_OK;
  for (size_t i = 0; i < PIECES && status == LODE_OK; i++) {
    size_t room = 0;
    uint8_t *buffer = lode_model_stream_buffer(stream, &room);
    const size_t n = i + 1 < PIECES ? size / PIECES : room;
    if (n > 0) memcpy(buffer, data + (size - room), n);
    status = lode_model_stream_arrived(stream, n, NULL);
  }
  if (status == LODE_OK) {
    status = lode_model_stream_finish(stream, &model, NULL);
  } else {
    lode_model_stream_free(stream);
  }
  require((status == LODE_OK) == opens);
  lode_model_free(model);
}

static void open_bundle(const uint8_t *data, size_t size) {
  const lode_file whole = {.data = data, .size = size};
  lode_file file = whole;
  lode_bundle bundle;
  lode_error err = {0};
  lode_status status = lode_bundle_open("fuzz", &file, &bundle, &err);
  require(status == LODE_OK || (err.code == status && err.text[0] != '\0'));
  if (status == LODE_OK) {
    for (size_t i = 0; i < bundle.folder.count; i++) {
      const lode_file_data *inner = &bundle.folder.files[i];
      require(inner->name != NULL && inner->size <= size);
      check_bytes(inner->data, inner->size); /* in the bundle, or an aligned copy */
    }
    require(inside(&whole, bundle.vectors, bundle.text_count * bundle.dim * sizeof(float)));
    for (size_t i = 0; i < bundle.text_count; i++) require(bundle.texts[i] != NULL);
    status = lode_bundle_verify(&bundle, &err);
    require(status == LODE_OK || err.text[0] != '\0');
    lode_bundle_close(&bundle);
  }
  const lode_file_data given = {"fuzz" LODE_BUNDLE_SUFFIX, data, size};
  lode_model *model = NULL;
  status = lode_model_open_memory(&given, 1, NULL, &model, &err);
  require((status == LODE_OK) == (model != NULL));
  const bool opened = model != NULL;
  lode_model_free(model);
  stream_bundle(data, size, opened);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  open_bundle(data, size);
  if (size == 0 || data[0] != '{') return 0;
  const uint8_t *newline = memchr(data, '\n', size);
  const size_t length = newline != NULL ? (size_t)(newline + 1 - data) : size;
  uint8_t *file = malloc(8 + size);
  if (file == NULL) return 0;
  for (int i = 0; i < 8; i++) file[i] = (uint8_t)((uint64_t)length >> (8 * i));
  memcpy(file + 8, data, size);
  open_bundle(file, 8 + size);
  free(file);
  return 0;
}
