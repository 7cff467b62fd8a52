#include "index/sealed/cut.h"

#include <string.h>

lode_status lode_sealed_put(const lode_sealed_sink *sink, const lode_bytes *file,
                            lode_sealed_entry *out, lode_error *err) {
  if (file->failed) return lode_error_nomem(err);
  if (file->size > LODE_SEALED_FILE_MAX) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "a file of %zu bytes would be needed: the collection is too large",
                          file->size);
  }
  lode_sealed_name(lode_bytes_data(file), file->size, out->name);
  out->size = file->size;
  return sink->put(sink->user, out->name, lode_bytes_data(file), file->size, err);
}

void lode_cut_free(lode_cut *cut) {
  lode_bytes_free(&cut->file);
  lode_buffer_free(&cut->list);
  lode_arena_free(&cut->arena);
}

/* A file ends behind an entry with a chance that is its share of the target, once it has a third of
 * that; at three times the target it ends anyway. */
bool lode_cut_here(lode_text key, size_t entry, size_t file, size_t target) {
  if (file >= 3 * target) return true;
  if (file < target / 3) return false;
  const uint64_t hash = lode_sealed_hash(key.data, key.size);
  const uint64_t draw = (hash ^ hash >> 29) * UINT64_C(0xbf58476d1ce4e5b9) >> 32;
  return draw * target < (uint64_t)entry << 32;
}

static lode_status finish_file(lode_cut *cut, lode_error *err) {
  if (!cut->any) return LODE_OK;
  lode_sealed_entry entry;
  const lode_status status = lode_sealed_put(cut->sink, &cut->file, &entry, err);
  if (status != LODE_OK) return status;
  entry.key.data = lode_arena_string(&cut->arena, cut->first.bytes, cut->first.size);
  entry.key.size = cut->first.size;
  const size_t used = cut->count * sizeof entry;
  if (entry.key.data == NULL ||
      !lode_buffer_reserve(&cut->list, cut->count + 1, sizeof entry, used)) {
    return lode_error_nomem(err);
  }
  ((lode_sealed_entry *)cut->list.data)[cut->count++] = entry;
  cut->bytes += cut->file.size;
  cut->file.size = 0;
  cut->any = false;
  return LODE_OK;
}

/* The shortest beginning of `key` that is above the last key of the file before. */
static void begin_file(lode_cut *cut, lode_text key) {
  size_t shared = 0;
  while (cut->count > 0 && shared < cut->last.size && shared < key.size &&
         cut->last.bytes[shared] == key.data[shared]) {
    shared++;
  }
  cut->first.size = cut->count > 0 && shared < key.size ? shared + 1 : key.size;
  memcpy(cut->first.bytes, key.data, cut->first.size);
  cut->last.size = 0;
  cut->file.size = 0;
  lode_bytes_add(&cut->file, cut->kind, LODE_SEALED_KIND);
  cut->any = true;
}

lode_status lode_cut_add(lode_cut *cut, lode_text key, const lode_bytes *content, bool as_text,
                         lode_error *err) {
  if (content->failed) return lode_error_nomem(err);
  if (!cut->any) begin_file(cut, key);
  const size_t before = cut->file.size;
  lode_bytes_rest(&cut->file, lode_key_text(&cut->last), key);
  if (as_text) lode_bytes_number(&cut->file, content->size);
  lode_bytes_add(&cut->file, lode_bytes_data(content), content->size);
  memcpy(cut->last.bytes, key.data, key.size);
  cut->last.size = key.size;
  if (cut->file.failed) return lode_error_nomem(err);
  const size_t entry = cut->file.size - before;
  return lode_cut_here(key, entry, cut->file.size, cut->target) ? finish_file(cut, err) : LODE_OK;
}

lode_status lode_cut_end(lode_cut *cut, lode_error *err) {
  return finish_file(cut, err);
}

lode_sealed_entries lode_cut_entries(const lode_cut *cut) {
  return (lode_sealed_entries){.list = cut->list.data, .count = cut->count};
}
