/* Named tensors: views into files. */
#ifndef LODE_FORMAT_TENSOR_H
#define LODE_FORMAT_TENSOR_H

#include "base/file.h"
#include "base/memory.h"
#include "base/types.h"

const char *lode_dtype_name(lode_dtype dtype); /* "F32"; "?" for OTHER */
size_t lode_dtype_size(lode_dtype dtype);      /* bytes an element; 0 for OTHER and I4 */

#define LODE_TENSOR_MAX_RANK 8

typedef struct lode_tensor {
  const char *name;
  lode_dtype dtype;
  int rank;
  int64_t shape[LODE_TENSOR_MAX_RANK]; /* row-major */
  const uint8_t *data;                 /* little-endian elements */
  size_t size;                         /* bytes */
  const lode_file *file;               /* where data lies, for lode_file_dont_need */
} lode_tensor;

enum { LODE_TENSOR_SET_MAX_FILES = 64 };

/* Sorted by name once reading is done; zero-initialise it. */
typedef struct lode_tensor_set {
  lode_tensor *items;
  size_t count;
  size_t capacity;
  lode_file *files[LODE_TENSOR_SET_MAX_FILES]; /* owned, opened by the importer */
  size_t file_count;
  lode_arena arena; /* names, files */
} lode_tensor_set;

/* For importers: a new tensor, zeroed, to fill; it moves when the next one is added.
 * NULL: out of memory. */
lode_tensor *lode_tensor_set_add(lode_tensor_set *set);
/* For importers: a new empty file, which the set will close; it stays where it is.
 * NULL: out of memory, or as many files as a set takes. */
lode_file *lode_tensor_set_add_file(lode_tensor_set *set);

/* Sort, and refuse a name that occurs twice. To be called before _find. */
lode_status lode_tensor_set_finish(lode_tensor_set *set, lode_error *err);
/* NULL: no such tensor. */
const lode_tensor *lode_tensor_set_find(const lode_tensor_set *set, const char *name);
void lode_tensor_set_free(lode_tensor_set *set);

#endif
