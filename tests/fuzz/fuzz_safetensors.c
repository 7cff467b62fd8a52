/* Any bytes as a safetensors file: the tensors of what is accepted lie in the file, one after
 * the other, each as long as its shape says. Input that begins with '{' is given the header
 * length that reaches to its first newline, so that headers can be fuzzed as text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/safetensors.h"

static void require(bool condition) {
  if (!condition) abort();
}

static void check_tensor(const lode_file *file, const lode_tensor *tensor) {
  require(tensor->name != NULL && tensor->file == file);
  require(tensor->data >= file->data && tensor->data <= file->data + file->size);
  require(tensor->size <= (size_t)(file->data + file->size - tensor->data));
  require(tensor->rank >= 0 && tensor->rank <= LODE_TENSOR_MAX_RANK);
  const size_t element_size = lode_dtype_size(tensor->dtype);
  if (element_size == 0) return;
  size_t bytes = 1;
  for (int i = 0; i < tensor->rank; i++) {
    require(tensor->shape[i] >= 0);
    require(lode_size_mul(bytes, (size_t)tensor->shape[i], &bytes));
  }
  require(lode_size_mul(bytes, element_size, &bytes) && bytes == tensor->size);
}

static void read_file(const lode_file *file) {
  lode_tensor_set set = {0};
  lode_error err = {0};
  lode_status status = lode_safetensors_read("fuzz", file, &set, &err);
  require(status == LODE_OK || (err.code == status && err.text[0] != '\0' && set.count == 0));
  if (status == LODE_OK) status = lode_tensor_set_finish(&set, &err);
  if (status == LODE_OK) {
    size_t total = 0;
    for (size_t i = 0; i < set.count; i++) {
      const lode_tensor *tensor = &set.items[i];
      check_tensor(file, tensor);
      require(lode_tensor_set_find(&set, tensor->name) == tensor);
      total += tensor->size;
    }
    require(total <= file->size);
  }
  lode_tensor_set_free(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  read_file(&(lode_file){.data = data, .size = size});
  if (size == 0 || data[0] != '{') return 0;
  const uint8_t *newline = memchr(data, '\n', size);
  const size_t length = newline != NULL ? (size_t)(newline + 1 - data) : size;
  uint8_t *file = malloc(8 + size);
  if (file == NULL) return 0;
  for (int i = 0; i < 8; i++) file[i] = (uint8_t)((uint64_t)length >> (8 * i));
  memcpy(file + 8, data, size);
  read_file(&(lode_file){.data = file, .size = 8 + size});
  free(file);
  return 0;
}
