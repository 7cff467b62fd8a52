/* The boot file of a sealed index, and centres of vectors, without the index around them. What is
 * read can be written, and what was written is read as the same. Input: a byte that says which,
 * then the file, without the digest at its end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "index/sealed/boot.h"
#include "index/sealed/centres.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition) abort();
}

static int read_boot(const lode_bytes *bytes, lode_arena *arena, lode_sealed_boot *out) {
  lode_bytes whole = {0};
  uint8_t digest[LODE_SEALED_NAME];
  lode_bytes_add(&whole, lode_bytes_data(bytes), bytes->size);
  if (bytes->size > 0) lode_sealed_name(lode_bytes_data(bytes), bytes->size, digest);
  if (bytes->size > 0) lode_bytes_add(&whole, digest, LODE_SEALED_CHECK);
  require(!whole.failed);
  lode_error err;
  const lode_status status =
      lode_sealed_boot_read(lode_bytes_data(&whole), whole.size, arena, out, &err);
  require(status == LODE_OK || err.text[0] != '\0');
  lode_bytes_free(&whole);
  return status == LODE_OK;
}

static void try_boot(const uint8_t *data, size_t size) {
  lode_bytes bytes = {0};
  lode_arena arena = {0}, again = {0};
  lode_sealed_boot boot, same;
  lode_bytes_add(&bytes, data, size);
  if (read_boot(&bytes, &arena, &boot)) {
    lode_sealed_boot_write(&boot, &bytes);
    require(!bytes.failed);
    bytes.size -= LODE_SEALED_CHECK;
    require(read_boot(&bytes, &again, &same));
    require(same.documents == boot.documents && same.dim == boot.dim);
    require(same.common_count == boot.common_count);
    for (int list = 0; list < LODE_SEALED_LISTS; list++) {
      const lode_sealed_entries *a = &boot.lists[list], *b = &same.lists[list];
      require(a->count == b->count);
      for (size_t i = 0; i < a->count; i++) {
        require(memcmp(a->list[i].name, b->list[i].name, LODE_SEALED_NAME) == 0);
        require(!lode_sealed_keyed((lode_sealed_list)list) ||
                lode_key_compare(a->list[i].key, b->list[i].key) == 0);
      }
    }
  }
  lode_bytes_free(&bytes);
  lode_arena_free(&arena);
  lode_arena_free(&again);
}

static void try_centres(const uint8_t *data, size_t size, size_t dim) {
  lode_arena arena = {0};
  lode_sealed_centres centres;
  lode_cursor c = lode_cursor_of(data, size);
  require(lode_sealed_centres_read(&c, dim, &arena, &centres));
  for (size_t i = 0; i < centres.count && !c.bad; i++) {
    require(centres.scales[i] >= 0);
    for (size_t d = 0; d < dim; d++) require(centres.rows[i * dim + d] != INT8_MIN);
  }
  lode_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  if (data[0] % 2 == 0) {
    try_boot(data + 1, size - 1);
  } else {
    try_centres(data + 1, size - 1, (size_t)data[0] / 2 % 17 + 1);
  }
  return 0;
}
