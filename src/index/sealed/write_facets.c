/* What can be filtered by. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "index/sealed/write_parts.h"

enum { VALUES_MAX = 500, VALUE_BYTES = 100 }; /* of a key that is offered as a facet */

bool lode_sealed_keys_add(lode_sealed_keys *keys, lode_arena *arena, lode_text key,
                          uint32_t document) {
  const char *copy = lode_arena_string(arena, key.data, key.size);
  const size_t used = keys->count * sizeof(lode_sealed_listed_key);
  if (copy == NULL ||
      !lode_buffer_reserve(&keys->list, keys->count + 1, sizeof(lode_sealed_listed_key), used)) {
    return false;
  }
  ((lode_sealed_listed_key *)keys->list.data)[keys->count++] =
      (lode_sealed_listed_key){{copy, key.size}, document};
  return true;
}

static int in_order(const void *a, const void *b) {
  const lode_sealed_listed_key *x = a;
  const lode_sealed_listed_key *y = b;
  const int order = lode_key_compare(x->key, y->key);
  return order != 0 ? order : (x->document > y->document) - (x->document < y->document);
}

void lode_sealed_keys_order(lode_sealed_keys *keys) {
  if (keys->count == 0) return;
  lode_sealed_listed_key *list = keys->list.data;
  qsort(list, keys->count, sizeof *list, in_order);
  size_t kept = 1;
  for (size_t i = 1; i < keys->count; i++) {
    if (in_order(&list[i], &list[kept - 1]) != 0) list[kept++] = list[i];
  }
  keys->count = kept;
}

/* ---------------------------------------------------------------- metadata */

/* The node's text: a string, or a number or boolean as it is written. */
static bool add_text(const lode_json *json, lode_json_ref node, lode_bytes *out) {
  const lode_json_kind kind = lode_json_kind_of(json, node);
  if (kind == LODE_JSON_STRING) {
    const size_t bound = lode_json_string_bound(json, node);
    lode_buffer text = {0};
    if (!lode_buffer_reserve(&text, bound + 1, 1, 0)) {
      out->failed = true;
      return false;
    }
    const size_t size = lode_json_string(json, node, text.data);
    if (size != SIZE_MAX) lode_bytes_add(out, text.data, size);
    lode_buffer_free(&text);
    return size != SIZE_MAX;
  }
  if (kind != LODE_JSON_NUMBER && kind != LODE_JSON_BOOL) return false;
  const char *p = json->text + lode_json_pos(json, node);
  size_t size = 0;
  while (p + size < json->text + json->size && strchr(" \t\r\n,]}", p[size]) == NULL) size++;
  lode_bytes_add(out, p, size);
  return true;
}

static bool add_value(const lode_json *json, lode_json_ref key, lode_json_ref value,
                      lode_bytes *scratch, lode_sealed_keys *keys, lode_arena *arena,
                      uint32_t document) {
  static const char facet = LODE_SEALED_FACET;
  scratch->size = 0;
  lode_bytes_add(scratch, &facet, 1);
  if (!add_text(json, key, scratch)) return !scratch->failed;
  lode_bytes_add(scratch, "=", 1);
  if (!add_text(json, value, scratch)) return !scratch->failed;
  if (scratch->failed) return false;
  if (scratch->size > LODE_SEALED_KEY_MAX) return true; /* nobody filters by that */
  return lode_sealed_keys_add(keys, arena, (lode_text){scratch->buffer.data, scratch->size},
                              document);
}

lode_status lode_sealed_facets_add(lode_sealed_keys *keys, lode_arena *arena, lode_text metadata,
                                   uint32_t document, lode_error *err) {
  if (metadata.size == 0) return LODE_OK;
  lode_json json = {0};
  lode_bytes scratch = {0};
  lode_status status = lode_json_parse(metadata.data, metadata.size, &json, err);
  if (status == LODE_E_FORMAT) { /* metadata that is no JSON object has no fields */
    lode_error_clear(err);
    lode_json_free(&json);
    return LODE_OK;
  }
  lode_json_ref member = LODE_JSON_NONE;
  if (status == LODE_OK && lode_json_kind_of(&json, 0) == LODE_JSON_OBJECT) {
    member = lode_json_first(&json, 0);
  }
  for (; member != LODE_JSON_NONE && status == LODE_OK; member = lode_json_next(&json, member)) {
    const lode_json_ref key = lode_json_key(&json, member);
    const bool array = lode_json_kind_of(&json, member) == LODE_JSON_ARRAY;
    lode_json_ref node = array ? lode_json_first(&json, member) : member;
    while (node != LODE_JSON_NONE && status == LODE_OK) {
      if (!add_value(&json, key, node, &scratch, keys, arena, document)) {
        status = lode_error_nomem(err);
      }
      node = array ? lode_json_next(&json, node) : LODE_JSON_NONE;
    }
  }
  lode_bytes_free(&scratch);
  lode_json_free(&json);
  return status;
}

/* ---------------------------------------------------------------- the list of them */

static lode_text name_of(const lode_sealed_listed_key *key) {
  const char *equals = memchr(key->key.data + 1, '=', key->key.size - 1);
  return (lode_text){key->key.data + 1, (size_t)(equals - key->key.data) - 1};
}

/* The values of one name, list[0..n); their documents are counted. */
static size_t write_values(const lode_sealed_listed_key *list, size_t n, lode_bytes *out) {
  size_t values = 0;
  for (size_t i = 0; i < n;) {
    size_t end = i;
    while (end < n && lode_key_compare(list[end].key, list[i].key) == 0) end++;
    const size_t skip = name_of(&list[i]).size + 2;
    const lode_text value = {list[i].key.data + skip, list[i].key.size - skip};
    if (value.size > VALUE_BYTES) return SIZE_MAX;
    lode_bytes_text(out, value);
    lode_bytes_number(out, end - i);
    if (++values > VALUES_MAX) return SIZE_MAX;
    i = end;
  }
  return values;
}

lode_status lode_sealed_facets_write(const lode_sealed_keys *keys, const lode_sealed_sink *sink,
                                     lode_sealed_entry *out, bool *there, lode_error *err) {
  const lode_sealed_listed_key *list = keys->list.data;
  lode_bytes all = {0};
  lode_bytes values = {0};
  size_t count = 0;
  for (size_t i = 0; i < keys->count;) {
    if (list[i].key.data[0] != LODE_SEALED_FACET) {
      i++;
      continue;
    }
    const lode_text name = name_of(&list[i]);
    size_t end = i;
    while (end < keys->count && lode_key_compare(name_of(&list[end]), name) == 0) end++;
    values.size = 0;
    const size_t n = write_values(list + i, end - i, &values);
    if (n != SIZE_MAX) {
      lode_bytes_text(&all, name);
      lode_bytes_number(&all, n);
      lode_bytes_add(&all, lode_bytes_data(&values), values.size);
      count++;
    }
    i = end;
  }
  lode_bytes file = {0};
  lode_bytes_add(&file, "LSF1", LODE_SEALED_KIND);
  lode_bytes_number(&file, count);
  lode_bytes_add(&file, lode_bytes_data(&all), all.size);
  file.failed = file.failed || all.failed || values.failed;
  *there = count > 0;
  const lode_status status = count > 0 ? lode_sealed_put(sink, &file, out, err) : LODE_OK;
  lode_bytes_free(&file);
  lode_bytes_free(&all);
  lode_bytes_free(&values);
  return status;
}
