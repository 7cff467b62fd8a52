#include "format/safetensors.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "format/sniff.h"

/* The reference reader's limit. */
static const uint64_t max_header_size = 100000000;

/* What one header is read with. */
typedef struct reader {
  const char *file_name;
  const lode_file *file;
  const uint8_t *data; /* the first tensor byte */
  size_t data_size;
  size_t data_offset; /* in the file */
  lode_json header;
  lode_tensor_set *set;
  lode_error *err;
} reader;

static lode_status refuse(const reader *r, lode_json_ref at, const char *tensor,
                          const char *reason) {
  int64_t pos = lode_json_pos(&r->header, at);
  if (pos >= 0) pos += 8; /* from the header's start to the file's */
  return lode_error_set(r->err, LODE_E_FORMAT, -1, pos, "%s: tensor \"%s\": %s", r->file_name,
                        tensor, reason);
}

/* ---------------------------------------------------------------- header */

static lode_status refuse_file(const reader *r, int64_t pos, const char *reason) {
  return lode_error_set(r->err, LODE_E_FORMAT, -1, pos, "%s: %s", r->file_name, reason);
}

static uint64_t load_le64(const uint8_t *p) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; i--) value = value << 8 | p[i];
  return value;
}

static lode_status open_header(reader *r) {
  const lode_file *file = r->file;
  const lode_status status = lode_sniff(r->file_name, file, r->err);
  if (status != LODE_OK) return status;
  if (file->size == 0) return refuse_file(r, 0, "is empty");
  if (file->size < 8) return refuse_file(r, 0, "truncated: shorter than a safetensors header");
  const uint64_t size = load_le64(file->data);
  if (size > max_header_size) {
    return refuse_file(r, 0, "not a safetensors file: its header would be over 100 MB long");
  }
  if (size > file->size - 8) {
    return lode_error_set(r->err, LODE_E_FORMAT, -1, 0,
                          "%s: truncated: its header is %llu bytes long, the file has %zu",
                          r->file_name, (unsigned long long)size, file->size);
  }
  if (size == 0 || file->data[8] != '{') {
    return refuse_file(r, 8, "not a safetensors file: its header is no JSON object");
  }
  r->data_offset = 8 + (size_t)size;
  r->data = file->data + r->data_offset;
  r->data_size = file->size - r->data_offset;
  const lode_status parsed =
      lode_json_parse((const char *)file->data + 8, (size_t)size, &r->header, r->err);
  if (parsed != LODE_E_FORMAT) return parsed;
  return lode_error_prefix(r->err, parsed, r->file_name);
}

/* {string: string}, of no use here, but a file in which it is something else is damaged. */
static lode_status check_metadata(const reader *r, lode_json_ref metadata) {
  bool good = lode_json_kind_of(&r->header, metadata) == LODE_JSON_OBJECT;
  for (lode_json_ref value = lode_json_first(&r->header, metadata); value != LODE_JSON_NONE;
       value = lode_json_next(&r->header, value)) {
    good = good && lode_json_kind_of(&r->header, value) == LODE_JSON_STRING;
  }
  if (good) return LODE_OK;
  return refuse_file(r, lode_json_pos(&r->header, metadata) + 8,
                     "__metadata__ is no object of strings");
}

/* ---------------------------------------------------------------- one tensor */

static bool parse_dtype(const lode_json *json, lode_json_ref ref, lode_dtype *out) {
  for (lode_dtype dtype = LODE_DTYPE_F32; dtype < LODE_DTYPE_OTHER; dtype++) {
    if (lode_json_is(json, ref, lode_dtype_name(dtype))) {
      *out = dtype;
      return true;
    }
  }
  /* Known to the format, and skipped over here: their bytes are still checked to be in
   * the file, but not against the shape (some elements are smaller than a byte). */
  static const char *const others[] = {"F8_E5M2",     "F8_E4M3",     "F8_E8M0",
                                       "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F6_E2M3",
                                       "F6_E3M2",     "F4",          "C64"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    if (lode_json_is(json, ref, others[i])) {
      *out = LODE_DTYPE_OTHER;
      return true;
    }
  }
  return false;
}

/* *elements: the product, which fits. */
static lode_status read_shape(const reader *r, lode_json_ref ref, lode_tensor *tensor,
                              size_t *elements) {
  if (lode_json_kind_of(&r->header, ref) != LODE_JSON_ARRAY) {
    return refuse(r, ref, tensor->name, "shape is missing or no array");
  }
  if (lode_json_length(&r->header, ref) > LODE_TENSOR_MAX_RANK) {
    return refuse(r, ref, tensor->name, "shape has more than 8 dimensions");
  }
  size_t product = 1;
  for (lode_json_ref dim = lode_json_first(&r->header, ref); dim != LODE_JSON_NONE;
       dim = lode_json_next(&r->header, dim)) {
    int64_t extent = -1;
    if (!lode_json_int(&r->header, dim, &extent) || extent < 0) {
      return refuse(r, dim, tensor->name, "shape has a dimension that is no size");
    }
    if (!lode_size_mul(product, (size_t)extent, &product)) {
      return refuse(r, ref, tensor->name, "shape has too large a product");
    }
    tensor->shape[tensor->rank++] = extent;
  }
  *elements = product;
  return LODE_OK;
}

static lode_status read_offsets(const reader *r, lode_json_ref ref, lode_tensor *tensor) {
  const lode_json_ref first = lode_json_first(&r->header, ref);
  int64_t begin = -1;
  int64_t end = -1;
  if (lode_json_kind_of(&r->header, ref) != LODE_JSON_ARRAY ||
      lode_json_length(&r->header, ref) != 2 || !lode_json_int(&r->header, first, &begin) ||
      !lode_json_int(&r->header, lode_json_next(&r->header, first), &end)) {
    return refuse(r, ref, tensor->name, "data_offsets is not a pair of positions");
  }
  if (begin < 0 || end < begin) {
    return refuse(r, ref, tensor->name, "data_offsets ends before it begins");
  }
  if ((uint64_t)end > r->data_size) {
    return lode_error_set(r->err, LODE_E_FORMAT, -1, lode_json_pos(&r->header, ref) + 8,
                          "%s: truncated: tensor \"%s\" ends at byte %llu, the file has %zu",
                          r->file_name, tensor->name, (unsigned long long)end + r->data_offset,
                          r->file->size);
  }
  tensor->data = r->data + begin;
  tensor->size = (size_t)(end - begin);
  return LODE_OK;
}

static lode_status check_extent(const reader *r, lode_json_ref at, const lode_tensor *tensor,
                                size_t elements) {
  const size_t element_size = lode_dtype_size(tensor->dtype);
  if (element_size == 0) return LODE_OK;
  size_t wanted;
  if (!lode_size_mul(elements, element_size, &wanted)) {
    return refuse(r, at, tensor->name, "shape has too large a product");
  }
  if (wanted != tensor->size) {
    return lode_error_set(r->err, LODE_E_FORMAT, -1, lode_json_pos(&r->header, at) + 8,
                          "%s: tensor \"%s\": its shape needs %zu bytes of %s, data_offsets "
                          "spans %zu",
                          r->file_name, tensor->name, wanted, lode_dtype_name(tensor->dtype),
                          tensor->size);
  }
  /* In the file, not in memory: whether a file is good does not depend on where it lies. */
  const size_t position = (size_t)(tensor->data - r->file->data);
  if (position % element_size != 0 && tensor->size > 0) {
    return lode_error_set(r->err, LODE_E_FORMAT, -1, (int64_t)position,
                          "%s: tensor \"%s\": misaligned: %s data at byte %zu", r->file_name,
                          tensor->name, lode_dtype_name(tensor->dtype), position);
  }
  return LODE_OK;
}

static lode_status read_tensor(const reader *r, lode_json_ref value) {
  lode_tensor *tensor = lode_tensor_set_add(r->set);
  if (tensor == NULL) return lode_error_nomem(r->err);
  const lode_json *json = &r->header;
  const lode_json_ref key = lode_json_key(json, value);
  const size_t name_bound = lode_json_string_bound(json, key);
  char *name = lode_arena_alloc(&r->set->arena, name_bound + 1);
  if (name == NULL) return lode_error_nomem(r->err);
  const size_t name_size = lode_json_string(json, key, name);
  if (name_size == SIZE_MAX || memchr(name, '\0', name_size) != NULL) {
    return refuse_file(r, lode_json_pos(json, key) + 8,
                       "a tensor's name has an unpaired surrogate or a NUL");
  }
  tensor->name = name;
  tensor->file = r->file;
  if (lode_json_kind_of(json, value) != LODE_JSON_OBJECT) {
    return refuse(r, value, name, "is described by no object");
  }
  const lode_json_ref dtype = lode_json_get(json, value, "dtype");
  if (!parse_dtype(json, dtype, &tensor->dtype)) {
    return refuse(r, dtype, name, "dtype is missing or unknown");
  }
  size_t elements = 0;
  const lode_json_ref shape = lode_json_get(json, value, "shape");
  lode_status status = read_shape(r, shape, tensor, &elements);
  if (status == LODE_OK) {
    status = read_offsets(r, lode_json_get(json, value, "data_offsets"), tensor);
  }
  if (status == LODE_OK) status = check_extent(r, shape, tensor, elements);
  return status;
}

/* ---------------------------------------------------------------- all of them */

static int compare_places(const void *a, const void *b) {
  const lode_tensor *x = a;
  const lode_tensor *y = b;
  if (x->data != y->data) return x->data < y->data ? -1 : 1;
  return (x->size > y->size) - (x->size < y->size);
}

/* The tensors from `first` on cover the data, each byte once. Sorts them by place. */
static lode_status check_cover(const reader *r, size_t first) {
  const size_t count = r->set->count - first;
  lode_tensor *items = count > 0 ? &r->set->items[first] : NULL;
  if (count > 1) qsort(items, count, sizeof *items, compare_places);
  const uint8_t *end = r->data;
  for (size_t i = 0; i < count; i++) {
    const lode_tensor *tensor = &items[i];
    if (tensor->data < end) {
      return refuse(r, LODE_JSON_NONE, tensor->name, "overlaps another tensor");
    }
    if (tensor->data > end) {
      return refuse(r, LODE_JSON_NONE, tensor->name, "bytes before it belong to no tensor");
    }
    end = tensor->data + tensor->size;
  }
  const size_t rest = r->data_size - (size_t)(end - r->data);
  if (rest == 0) return LODE_OK;
  return lode_error_set(r->err, LODE_E_FORMAT, -1, (int64_t)(r->file->size - rest),
                        "%s: %zu bytes at its end belong to no tensor", r->file_name, rest);
}

static lode_status read_tensors(const reader *r) {
  const size_t first = r->set->count;
  for (lode_json_ref value = lode_json_first(&r->header, 0); value != LODE_JSON_NONE;
       value = lode_json_next(&r->header, value)) {
    const bool metadata =
        lode_json_is(&r->header, lode_json_key(&r->header, value), "__metadata__");
    const lode_status status = metadata ? check_metadata(r, value) : read_tensor(r, value);
    if (status != LODE_OK) return status;
  }
  return check_cover(r, first);
}

lode_status lode_safetensors_read(const char *file_name, const lode_file *file,
                                  lode_tensor_set *set, lode_error *err) {
  reader r = {.file_name = file_name, .file = file, .set = set, .err = err};
  const size_t count = set->count;
  lode_status status = open_header(&r);
  if (status == LODE_OK) status = read_tensors(&r);
  if (status != LODE_OK) set->count = count;
  lode_json_free(&r.header);
  return status;
}

lode_status lode_safetensors_metadata(const lode_file *file, const char *key, char *out,
                                      size_t size, lode_error *err) {
  reader r = {.file_name = "", .file = file, .err = err};
  out[0] = '\0';
  const lode_status status = open_header(&r);
  if (status == LODE_OK) {
    const lode_json_ref metadata = lode_json_get(&r.header, 0, "__metadata__");
    const lode_json_ref value = lode_json_get(&r.header, metadata, key);
    if (lode_json_kind_of(&r.header, value) == LODE_JSON_STRING &&
        lode_json_string_bound(&r.header, value) < size) {
      const size_t n = lode_json_string(&r.header, value, out);
      out[n == SIZE_MAX ? 0 : n] = '\0';
    }
  }
  lode_json_free(&r.header);
  return status;
}
