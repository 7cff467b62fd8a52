#include "index/sealed/format.h"

#include <string.h>

#include "base/sha256.h"

/* ---------------------------------------------------------------- reading */

static void spoil(lode_cursor *c) {
  c->bad = true;
  c->at = c->end;
}

uint64_t lode_cursor_number(lode_cursor *c) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && c->at < c->end; shift += 7) {
    const uint8_t byte = *c->at++;
    value |= (uint64_t)(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  spoil(c);
  return 0;
}

uint64_t lode_cursor_upto(lode_cursor *c, uint64_t most) {
  const uint64_t value = lode_cursor_number(c);
  if (value <= most) return value;
  spoil(c);
  return 0;
}

const uint8_t *lode_cursor_bytes(lode_cursor *c, size_t size) {
  if ((size_t)(c->end - c->at) < size) {
    spoil(c);
    return NULL;
  }
  const uint8_t *bytes = c->at;
  c->at += size;
  return bytes;
}

lode_text lode_cursor_text(lode_cursor *c) {
  const uint64_t size = lode_cursor_upto(c, (uint64_t)(c->end - c->at));
  const uint8_t *bytes = lode_cursor_bytes(c, (size_t)size);
  return bytes != NULL ? (lode_text){(const char *)bytes, (size_t)size} : (lode_text){"", 0};
}

float lode_cursor_float(lode_cursor *c) {
  const uint8_t *b = lode_cursor_bytes(c, 4);
  if (b == NULL) return 0;
  const uint32_t bits =
      (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

bool lode_cursor_rest(lode_cursor *c, lode_key *key) {
  const size_t shared = (size_t)lode_cursor_upto(c, key->size);
  const lode_text rest = lode_cursor_text(c);
  if (c->bad || rest.size > LODE_SEALED_KEY_MAX - shared) {
    spoil(c);
    return false;
  }
  memcpy(key->bytes + shared, rest.data, rest.size);
  key->size = shared + rest.size;
  return true;
}

int lode_key_compare(lode_text a, lode_text b) {
  const size_t common = a.size < b.size ? a.size : b.size;
  const int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
  if (order != 0) return order;
  return (a.size > b.size) - (a.size < b.size);
}

/* ---------------------------------------------------------------- names */

void lode_sealed_name(const void *data, size_t size, uint8_t *name) {
  uint8_t digest[32];
  lode_sha256 sha;
  lode_sha256_init(&sha);
  lode_sha256_update(&sha, data, size);
  lode_sha256_final(&sha, digest);
  memcpy(name, digest, LODE_SEALED_NAME);
  if (size < LODE_SEALED_KIND || (memcmp(data, "LSX1", LODE_SEALED_KIND) != 0 &&
                                  memcmp(data, "LSM1", LODE_SEALED_KIND) != 0)) {
    return;
  }
  lode_cursor c = lode_cursor_of((const uint8_t *)data + LODE_SEALED_KIND, size - LODE_SEALED_KIND);
  lode_sealed_text_name((uint32_t)lode_cursor_number(&c), digest, name);
}

void lode_sealed_text_name(uint32_t document, const uint8_t *digest, uint8_t *name) {
  memmove(name + LODE_SEALED_NUMBERED, digest, LODE_SEALED_TEXT_NAME);
  name[0] = (uint8_t)(document >> 8);
  name[1] = (uint8_t)document;
}

void lode_sealed_file(const uint8_t *name, char *file) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < LODE_SEALED_NAME; i++) {
    *file++ = digits[name[i] >> 4];
    *file++ = digits[name[i] & 15];
  }
  memcpy(file, LODE_SEALED_EXTENSION, sizeof LODE_SEALED_EXTENSION);
}

bool lode_sealed_name_of(const char *file, uint8_t *name) {
  for (size_t i = 0; i < 2 * (size_t)LODE_SEALED_NAME; i++) {
    const char c = file[i];
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
    const unsigned digit = (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
    name[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : name[i / 2] | digit);
  }
  return strcmp(file + 2 * (size_t)LODE_SEALED_NAME, LODE_SEALED_EXTENSION) == 0;
}

uint64_t lode_sealed_hash(const void *data, size_t size) {
  const uint8_t *bytes = data;
  uint64_t hash = UINT64_C(14695981039346656037);
  for (size_t i = 0; i < size; i++) hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
  return hash;
}
