#include "format/tensor.h"

#include <stdlib.h>
#include <string.h>

static const struct {
  const char *name;
  size_t size;
} dtypes[] = {
    [LODE_DTYPE_F32] = {"F32", 4},   [LODE_DTYPE_F16] = {"F16", 2}, [LODE_DTYPE_BF16] = {"BF16", 2},
    [LODE_DTYPE_F64] = {"F64", 8},   [LODE_DTYPE_I8] = {"I8", 1},   [LODE_DTYPE_U8] = {"U8", 1},
    [LODE_DTYPE_I16] = {"I16", 2},   [LODE_DTYPE_U16] = {"U16", 2}, [LODE_DTYPE_I32] = {"I32", 4},
    [LODE_DTYPE_U32] = {"U32", 4},   [LODE_DTYPE_I64] = {"I64", 8}, [LODE_DTYPE_U64] = {"U64", 8},
    [LODE_DTYPE_BOOL] = {"BOOL", 1}, [LODE_DTYPE_OTHER] = {"?", 0}, [LODE_DTYPE_I4] = {"I4", 0},
};

const char *lode_dtype_name(lode_dtype dtype) {
  return dtypes[dtype].name;
}

size_t lode_dtype_size(lode_dtype dtype) {
  return dtypes[dtype].size;
}

lode_tensor *lode_tensor_set_add(lode_tensor_set *set) {
  if (set->count == set->capacity) {
    const size_t capacity = set->capacity == 0 ? 64 : 2 * set->capacity;
    size_t bytes;
    if (!lode_size_mul(capacity, sizeof *set->items, &bytes)) return NULL;
    lode_tensor *items = realloc(set->items, bytes);
    if (items == NULL) return NULL;
    set->items = items;
    set->capacity = capacity;
  }
  lode_tensor *tensor = &set->items[set->count++];
  *tensor = (lode_tensor){0};
  return tensor;
}

static int compare_names(const void *a, const void *b) {
  const lode_tensor *x = a;
  const lode_tensor *y = b;
  return strcmp(x->name, y->name);
}

lode_status lode_tensor_set_finish(lode_tensor_set *set, lode_error *err) {
  if (set->count > 1) qsort(set->items, set->count, sizeof *set->items, compare_names);
  for (size_t i = 1; i < set->count; i++) {
    if (strcmp(set->items[i - 1].name, set->items[i].name) == 0) {
      return lode_error_set(err, LODE_E_FORMAT, -1, -1, "tensor \"%s\": occurs twice",
                            set->items[i].name);
    }
  }
  return LODE_OK;
}

const lode_tensor *lode_tensor_set_find(const lode_tensor_set *set, const char *name) {
  if (set->count == 0) return NULL;
  const lode_tensor wanted = {.name = name};
  return bsearch(&wanted, set->items, set->count, sizeof *set->items, compare_names);
}

lode_file *lode_tensor_set_add_file(lode_tensor_set *set) {
  if (set->file_count == LODE_TENSOR_SET_MAX_FILES) return NULL;
  lode_file *file = lode_arena_alloc(&set->arena, sizeof *file);
  if (file != NULL) set->files[set->file_count++] = file;
  return file;
}

void lode_tensor_set_free(lode_tensor_set *set) {
  for (size_t i = 0; i < set->file_count; i++) lode_file_close(set->files[i]);
  free(set->items);
  lode_arena_free(&set->arena);
  *set = (lode_tensor_set){0};
}
