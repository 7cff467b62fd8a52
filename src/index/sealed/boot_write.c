#include <string.h>

#include "index/sealed/boot.h"
#include "index/vectors/vectors.h"

static void write_entries(const lode_sealed_entries *entries, lode_sealed_list list,
                          lode_bytes *out) {
  lode_text before = {"", 0};
  lode_bytes_number(out, entries->count);
  for (size_t i = 0; i < entries->count; i++) {
    lode_bytes_add(out, entries->list[i].name, LODE_SEALED_NAME);
  }
  for (size_t i = 0; i < entries->count && lode_sealed_keyed(list); i++) {
    lode_bytes_rest(out, before, entries->list[i].key);
    before = entries->list[i].key;
  }
}

static void write_model(const lode_sealed_boot *boot, lode_bytes *out) {
  lode_bytes_number(out, boot->dim);
  if (boot->dim == 0) return;
  lode_bytes_text(out, boot->model);
  lode_bytes_number(out, 0);
  lode_bytes_float(out, boot->weight);
  lode_bytes_float(out, boot->unrelated);
  lode_bytes_number(out, boot->probe_count);
  lode_buffer row = {0};
  if (!lode_buffer_reserve(&row, boot->dim, 1, 0)) out->failed = true;
  for (size_t p = 0; p < boot->probe_count && !out->failed; p++) {
    float scale = 0;
    (void)lode_vectors_encode(boot->dim, boot->probes + p * boot->dim, row.data, &scale, NULL);
    lode_bytes_float(out, scale);
    lode_bytes_add(out, row.data, boot->dim);
  }
  lode_buffer_free(&row);
}

void lode_sealed_boot_write(const lode_sealed_boot *boot, lode_bytes *out) {
  out->size = 0;
  lode_bytes_add(out, LODE_SEALED_MAGIC, sizeof LODE_SEALED_MAGIC - 1);
  lode_bytes_number(out, LODE_SEALED_VERSION);
  lode_bytes_number(out, (uint64_t)boot->documents);
  lode_bytes_number(out, (uint64_t)boot->words);
  lode_bytes_number(out, (uint64_t)boot->chunks);
  lode_bytes_number(out, boot->languages);
  lode_bytes_text(out, boot->base);
  write_model(boot, out);
  for (int list = 0; list < LODE_SEALED_LISTS; list++) {
    write_entries(&boot->lists[list], (lode_sealed_list)list, out);
  }
  lode_text before = {"", 0};
  lode_bytes_number(out, boot->common_count);
  for (size_t i = 0; i < boot->common_count; i++) {
    lode_bytes_rest(out, before, boot->common[i].term);
    lode_bytes_number(out, (uint64_t)boot->common[i].documents);
    before = boot->common[i].term;
  }
  uint8_t digest[LODE_SEALED_NAME];
  lode_sealed_name(lode_bytes_data(out), out->size, digest);
  lode_bytes_add(out, digest, LODE_SEALED_CHECK);
}
