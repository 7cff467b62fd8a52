/* Bytes that grow. */
#include <string.h>

#include "index/sealed/format.h"

void lode_bytes_free(lode_bytes *bytes) {
  lode_buffer_free(&bytes->buffer);
  *bytes = (lode_bytes){0};
}

void lode_bytes_add(lode_bytes *bytes, const void *data, size_t size) {
  if (bytes->failed || size == 0) return;
  if (size > SIZE_MAX - bytes->size ||
      !lode_buffer_reserve(&bytes->buffer, bytes->size + size, 1, bytes->size)) {
    bytes->failed = true;
    return;
  }
  memcpy((uint8_t *)bytes->buffer.data + bytes->size, data, size);
  bytes->size += size;
}

size_t lode_sealed_number(uint64_t value, uint8_t out[LODE_SEALED_NUMBER_MAX]) {
  size_t n = 0;
  do {
    out[n] = (uint8_t)(value & 0x7f);
    value >>= 7;
    if (value != 0) out[n] |= 0x80;
    n++;
  } while (value != 0);
  return n;
}

void lode_bytes_number(lode_bytes *bytes, uint64_t value) {
  uint8_t out[LODE_SEALED_NUMBER_MAX];
  lode_bytes_add(bytes, out, lode_sealed_number(value, out));
}

void lode_bytes_text(lode_bytes *bytes, lode_text text) {
  lode_bytes_number(bytes, text.size);
  lode_bytes_add(bytes, text.data, text.size);
}

void lode_bytes_float(lode_bytes *bytes, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint8_t out[4] = {(uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16),
                          (uint8_t)(bits >> 24)};
  lode_bytes_add(bytes, out, sizeof out);
}

void lode_bytes_rest(lode_bytes *bytes, lode_text before, lode_text text) {
  size_t shared = 0;
  while (shared < before.size && shared < text.size && before.data[shared] == text.data[shared]) {
    shared++;
  }
  lode_bytes_number(bytes, shared);
  lode_bytes_text(bytes, (lode_text){text.data + shared, text.size - shared});
}
