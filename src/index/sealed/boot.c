#include "index/sealed/boot.h"

#include <math.h>
#include <string.h>

#include "base/sha256.h"

enum { DIM_MAX = 16384, PROBES_MAX = 64, BASE_MAX = 4096 };

void lode_sealed_number_key(uint64_t number, char *key) {
  for (int i = 0; i < 8; i++) key[i] = (char)(number >> (56 - 8 * i) & 0xff);
}

bool lode_sealed_keyed(lode_sealed_list list) {
  return list < LODE_SEALED_FACETS;
}

/* ---------------------------------------------------------------- reading */

static bool read_entries(lode_cursor *c, lode_sealed_list list, lode_arena *arena, lode_key *key,
                         lode_sealed_entries *out) {
  /* So many bytes has each at least, so that a count cannot ask for more memory than there is. */
  out->count = (size_t)lode_cursor_upto(c, (uint64_t)(c->end - c->at) / LODE_SEALED_NAME);
  out->list = lode_arena_array(arena, out->count, sizeof *out->list);
  if (out->list == NULL) return false;
  key->size = 0;
  for (size_t i = 0; i < out->count && !c->bad; i++) {
    const uint8_t *name = lode_cursor_bytes(c, LODE_SEALED_NAME);
    if (name != NULL) memcpy(out->list[i].name, name, LODE_SEALED_NAME);
  }
  for (size_t i = 0; i < out->count && lode_sealed_keyed(list) && !c->bad; i++) {
    lode_sealed_entry *entry = &out->list[i];
    if (!lode_cursor_rest(c, key)) break;
    entry->key.data = lode_arena_string(arena, key->bytes, key->size);
    entry->key.size = key->size;
    if (entry->key.data == NULL) return false;
    if (i > 0 && lode_key_compare(entry[-1].key, entry->key) >= 0) c->bad = true;
  }
  return true;
}

static bool read_common(lode_cursor *c, lode_arena *arena, lode_key *key, lode_sealed_boot *out) {
  out->common_count = (size_t)lode_cursor_upto(c, (uint64_t)(c->end - c->at) / 3);
  out->common = lode_arena_array(arena, out->common_count, sizeof *out->common);
  if (out->common == NULL) return false;
  key->size = 0;
  for (size_t i = 0; i < out->common_count && lode_cursor_rest(c, key); i++) {
    lode_sealed_common *common = &out->common[i];
    common->term.data = lode_arena_string(arena, key->bytes, key->size);
    common->term.size = key->size;
    if (common->term.data == NULL) return false;
    if (i > 0 && lode_key_compare(common[-1].term, common->term) >= 0) c->bad = true;
    common->documents = (int64_t)lode_cursor_upto(c, (uint64_t)out->documents);
  }
  return true;
}

static bool read_model(lode_cursor *c, lode_arena *arena, lode_sealed_boot *out) {
  out->dim = (size_t)lode_cursor_upto(c, DIM_MAX);
  if (out->dim == 0) return true;
  out->model = lode_cursor_text(c);
  (void)lode_cursor_upto(c, 0); /* int8 */
  out->weight = lode_cursor_float(c);
  out->unrelated = lode_cursor_float(c);
  if (!(out->weight > 0 && out->weight <= 1) || !(out->unrelated > -1 && out->unrelated < 1)) {
    c->bad = true;
  }
  out->probe_count = (size_t)lode_cursor_upto(c, PROBES_MAX);
  float *probes = lode_arena_array(arena, out->probe_count * out->dim, sizeof *probes);
  const char *name = lode_arena_string(arena, out->model.data, out->model.size);
  if (probes == NULL || name == NULL) return false;
  for (size_t p = 0; p < out->probe_count; p++) {
    const float scale = lode_cursor_float(c);
    const uint8_t *row = lode_cursor_bytes(c, out->dim);
    if (row == NULL || !isfinite(scale)) {
      c->bad = true;
      return true;
    }
    for (size_t i = 0; i < out->dim; i++) {
      probes[p * out->dim + i] = scale * (float)(int8_t)row[i];
    }
  }
  out->probes = probes;
  out->model.data = name;
  return true;
}

static bool read_all(lode_cursor *c, lode_arena *arena, lode_key *key, lode_sealed_boot *out) {
  const uint64_t most = INT64_MAX / 4;
  out->documents = (int64_t)lode_cursor_upto(c, UINT32_MAX);
  out->words = (int64_t)lode_cursor_upto(c, most);
  out->chunks = (int64_t)lode_cursor_upto(c, most);
  out->languages = (lode_languages)lode_cursor_upto(c, UINT32_MAX);
  const lode_text base = lode_cursor_text(c);
  out->base = (lode_text){lode_arena_string(arena, base.data, base.size), base.size};
  if (out->base.data == NULL) return false;
  if (base.size > BASE_MAX) c->bad = true;
  if (!read_model(c, arena, out)) return false;
  for (int list = 0; list < LODE_SEALED_LISTS; list++) {
    if (!read_entries(c, (lode_sealed_list)list, arena, key, &out->lists[list])) return false;
  }
  if (!read_common(c, arena, key, out)) return false;
  if (lode_cursor_more(c)) c->bad = true;
  return true;
}

lode_status lode_sealed_boot_read(const void *data, size_t size, lode_arena *arena,
                                  lode_sealed_boot *out, lode_error *err) {
  static const size_t magic = sizeof LODE_SEALED_MAGIC - 1;
  *out = (lode_sealed_boot){0};
  if (size < magic + LODE_SEALED_CHECK + 1 || memcmp(data, LODE_SEALED_MAGIC, magic) != 0) {
    return lode_error_set(err, LODE_E_FORMAT, -1, 0, "boot: not a sealed index");
  }
  lode_cursor c = lode_cursor_of((const uint8_t *)data + magic, size - magic - LODE_SEALED_CHECK);
  const uint64_t version = lode_cursor_number(&c);
  if (!c.bad && version > 0 && version != LODE_SEALED_VERSION) {
    const bool newer = version > LODE_SEALED_VERSION;
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "boot: written by a%s lode (version %llu of the format; this one knows "
                          "%d)%s",
                          newer ? " newer" : "n older", (unsigned long long)version,
                          (int)LODE_SEALED_VERSION, newer ? "" : ": run lode site again");
  }
  uint8_t digest[LODE_SEALED_NAME];
  lode_sealed_name(data, size - LODE_SEALED_CHECK, digest);
  if (memcmp(digest, (const uint8_t *)data + size - LODE_SEALED_CHECK, LODE_SEALED_CHECK) != 0) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1, "boot: cut off, or damaged");
  }
  lode_key *key = lode_arena_alloc(arena, sizeof *key);
  if (key == NULL || !read_all(&c, arena, key, out)) return lode_error_nomem(err);
  if (c.bad || version == 0) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1, "boot: damaged");
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- looking up */

const lode_sealed_entry *lode_sealed_find(const lode_sealed_entries *entries, lode_text key) {
  size_t low = 0;
  size_t high = entries->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (lode_key_compare(entries->list[middle].key, key) <= 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low > 0 ? &entries->list[low - 1] : NULL;
}

int64_t lode_sealed_common_of(const lode_sealed_boot *boot, lode_text term) {
  size_t low = 0;
  size_t high = boot->common_count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const int order = lode_key_compare(boot->common[middle].term, term);
    if (order == 0) return boot->common[middle].documents;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return -1;
}
