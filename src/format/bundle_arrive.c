/* The beginning of a bundle, while the rest of it is on its way. */
#include <string.h>

#include "format/bundle.h"
#include "format/bundle_names.h"
#include "format/safetensors.h"

enum { LENGTH_BYTES = 8, DIGEST_BYTES = 32 };

static size_t end_of(const lode_bundle_arrival *a, const lode_tensor *tensor) {
  return (size_t)(tensor->data - a->file->data) + tensor->size;
}

static size_t header_size(const lode_bundle_arrival *a) {
  uint64_t length = 0;
  for (int i = 0; i < LENGTH_BYTES; i++) length |= (uint64_t)a->file->data[i] << (8 * i);
  const uint64_t most = a->file->size - LENGTH_BYTES;
  return LENGTH_BYTES + (size_t)(length < most ? length : most); /* the reader refuses more */
}

static bool begins_with(const char *name, const char *prefix) {
  return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* Not a weight: to be there before the model is put together. */
static bool is_head(const char *name) {
  return strcmp(name, LODE_BUNDLE_DIGESTS) == 0 || strcmp(name, LODE_BUNDLE_VECTORS) == 0 ||
         begins_with(name, LODE_BUNDLE_FILE);
}

/* A static model's program is made by looking at its table: there is nothing to gain. */
static bool is_static(const char *name) {
  return strcmp(name, "embeddings") == 0 || strcmp(name, "embedding.weight") == 0;
}

static lode_status refuse(const lode_bundle_arrival *a, const char *what, lode_error *err) {
  return lode_error_set(err, LODE_E_FORMAT, -1, -1, "%s: %s", a->name, what);
}

/* There is one for each tensor. */
static lode_status check_digests(const lode_bundle_arrival *a, lode_error *err) {
  if (a->own == a->tensors.count) return refuse(a, "has no digests (tensor \"sha256\")", err);
  const lode_tensor *digests = &a->tensors.items[a->own];
  const size_t rows = a->tensors.count + a->tensors.count % 2;
  return digests->dtype == LODE_DTYPE_U8 && digests->size == rows * DIGEST_BYTES
             ? LODE_OK
             : refuse(a, "tensor \"sha256\" is not a digest for each tensor", err);
}

static lode_status read_header(lode_bundle_arrival *a, lode_error *err) {
  const lode_status status = lode_safetensors_read(a->name, a->file, &a->tensors, err);
  if (status != LODE_OK) return status;
  const lode_tensor_set *set = &a->tensors;
  a->head = a->tensors.count ? LENGTH_BYTES : a->file->size;
  a->own = set->count;
  for (size_t i = 0; i < set->count; i++) {
    const lode_tensor *tensor = &set->items[i];
    if (strcmp(tensor->name, LODE_BUNDLE_DIGESTS) == 0) a->own = i;
    if (is_head(tensor->name) && end_of(a, tensor) > a->head) a->head = end_of(a, tensor);
    if (is_static(tensor->name)) a->head = a->file->size;
  }
  return a->verify ? check_digests(a, err) : LODE_OK;
}

static lode_status damaged(const lode_bundle_arrival *a, lode_error *err) {
  const lode_tensor *tensor = &a->tensors.items[a->compared];
  const bool header = a->compared == a->own;
  return lode_error_set(
      err, LODE_E_FORMAT, -1, header ? 0 : (int64_t)(tensor->data - a->file->data),
      "%s: damaged: the bytes of %s%s%s are not those of its sha-256", a->name,
      header ? "the header" : "tensor \"", header ? "" : tensor->name, header ? "" : "\"");
}

/* As far as the bytes reach. */
static lode_status compare_digests(lode_bundle_arrival *a, lode_error *err) {
  const lode_tensor *own = &a->tensors.items[a->own];
  if (end_of(a, own) > a->have) return LODE_OK;
  static const uint8_t unused[DIGEST_BYTES];
  const size_t rows = own->size / DIGEST_BYTES;
  if (rows > a->tensors.count &&
      memcmp(own->data + a->tensors.count * DIGEST_BYTES, unused, DIGEST_BYTES) != 0) {
    return refuse(a, "tensor \"sha256\" is not a digest for each tensor", err);
  }
  for (; a->compared < a->tensors.count; a->compared++, a->hashed = 0) {
    const lode_tensor *tensor = &a->tensors.items[a->compared];
    const bool header = a->compared == a->own; /* which has the place of the digests' own */
    const size_t begin = header ? 0 : (size_t)(tensor->data - a->file->data);
    const size_t end = header ? header_size(a) : begin + tensor->size;
    if (a->hashed == 0) lode_sha256_init(&a->sha);
    const size_t from = begin + a->hashed;
    const size_t to = end < a->have ? end : a->have;
    if (to > from) {
      lode_sha256_update(&a->sha, a->file->data + from, to - from);
      a->hashed += to - from;
    }
    if (to < end) return LODE_OK;
    uint8_t digest[DIGEST_BYTES];
    lode_sha256_final(&a->sha, digest);
    if (memcmp(digest, own->data + a->compared * DIGEST_BYTES, DIGEST_BYTES) != 0) {
      return damaged(a, err);
    }
  }
  return LODE_OK;
}

lode_status lode_bundle_arrived(lode_bundle_arrival *a, size_t have, lode_error *err) {
  a->have = have;
  if (a->head == 0) {
    const bool whole = have == a->file->size;
    if (!whole && (have < LENGTH_BYTES || have < header_size(a))) return LODE_OK;
    const lode_status status = read_header(a, err);
    if (status != LODE_OK) return status;
  }
  return a->verify ? compare_digests(a, err) : LODE_OK;
}

void lode_bundle_arrival_free(lode_bundle_arrival *a) {
  lode_tensor_set_free(&a->tensors);
}
