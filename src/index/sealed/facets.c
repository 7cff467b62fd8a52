/* What documents can be filtered by. */
#include <string.h>

#include "base/utf8.h"
#include "index/sealed/reader.h"

/* Of which documents: NULL, of all. */
typedef struct counting {
  lode_sealed *sealed;
  const lode_ids *documents;
  bool missing; /* a file with a list of documents */
  char *key;    /* [LODE_SEALED_KEY_MAX] that a list has */
  lode_postings postings;
  lode_error *err;
  lode_status status; /* of the lists */
} counting;

/* How many of the documents have the value. */
static uint64_t count_value(counting *n, lode_text key, lode_text value) {
  const size_t size = 2 + key.size + value.size;
  if (size > LODE_SEALED_KEY_MAX || n->status != LODE_OK) return 0;
  n->key[0] = LODE_SEALED_FACET;
  memcpy(n->key + 1, key.data, key.size);
  n->key[1 + key.size] = '=';
  memcpy(n->key + 2 + key.size, value.data, value.size);
  const lode_text text = {n->key, size};
  bool missing = false;
  n->status = lode_sealed_ask_range(n->sealed, LODE_SEALED_TERMS, text, text, 1, &missing, n->err);
  n->missing = n->missing || missing;
  if (n->status != LODE_OK || n->missing) return 0;
  n->status = lode_sealed_listed(n->sealed, text, &n->postings, n->err);
  uint64_t count = 0;
  for (size_t i = 0; i < n->postings.count && n->status == LODE_OK; i++) {
    count += lode_ids_has(n->documents, lode_postings_list(&n->postings)[i].document);
  }
  return count;
}

/* A name or value; false: not what was written. */
static bool put_text(lode_cursor *c, lode_json_text *json, lode_text *out) {
  *out = lode_cursor_text(c);
  if (c->bad || lode_utf8_valid(out->data, out->size) != out->size) return false;
  lode_json_put_string(json, out->data, out->size);
  return true;
}

static bool put_values(lode_cursor *c, lode_text key, counting *n, lode_json_text *json) {
  const uint64_t values = lode_cursor_number(c);
  const uint64_t documents = (uint64_t)n->sealed->boot.documents;
  lode_json_put_text(json, ",\"values\":[");
  for (uint64_t i = 0; i < values && !c->bad; i++) {
    lode_text value;
    const size_t before = json->size;
    lode_json_put_text(json, i > 0 ? ",{\"value\":" : "{\"value\":");
    if (!put_text(c, json, &value)) return false;
    uint64_t count = lode_cursor_upto(c, documents);
    if (n->documents != NULL && i >= LODE_SEALED_COUNTED) {
      json->size = before;
      continue;
    }
    if (n->documents != NULL) count = count_value(n, key, value);
    lode_json_put_text(json, ",\"count\":");
    lode_json_put_int(json, (int64_t)count);
    lode_json_put_text(json, "}");
  }
  lode_json_put_text(json, "]}");
  return !c->bad;
}

static bool put_facets(lode_cursor *c, counting *n, lode_json_text *json) {
  const uint64_t keys = lode_cursor_number(c);
  for (uint64_t i = 0; i < keys && !c->bad; i++) {
    lode_text key;
    lode_json_put_text(json, i > 0 ? ",{\"key\":" : "{\"key\":");
    if (!put_text(c, json, &key) || !put_values(c, key, n, json)) return false;
  }
  return !c->bad && !lode_cursor_more(c);
}

static lode_status put_all(counting *n, lode_json_text *json, lode_error *err) {
  const lode_sealed_entries *files = &n->sealed->boot.lists[LODE_SEALED_FACETS];
  json->size = 0;
  json->failed = false;
  lode_json_put_text(json, "[");
  if (files->count > 0) {
    lode_cursor c;
    const lode_status status = lode_sealed_get(n->sealed, files->list, "LSF1", &c, err);
    if (status != LODE_OK) return status;
    if (!put_facets(&c, n, json) && !json->failed) {
      return lode_sealed_damaged(err, files->list, "facets");
    }
  }
  if (n->status != LODE_OK) return n->status;
  if (n->missing) return LODE_E_BUSY;
  lode_json_put(json, "]", 2); /* with the NUL */
  return json->failed ? lode_error_nomem(err) : LODE_OK;
}

lode_status lode_sealed_facets(lode_sealed *sealed, lode_json_text *json, lode_error *err) {
  counting n = {.sealed = sealed};
  return put_all(&n, json, err);
}

lode_status lode_sealed_count_facets(lode_sealed *sealed, lode_ids *documents, lode_json_text *json,
                                     lode_error *err) {
  lode_arena arena = {0};
  counting n = {.sealed = sealed, .documents = documents, .err = err};
  n.key = lode_arena_alloc(&arena, LODE_SEALED_KEY_MAX);
  lode_ids_order(documents);
  const lode_status status = n.key != NULL ? put_all(&n, json, err) : lode_error_nomem(err);
  lode_postings_free(&n.postings);
  lode_arena_free(&arena);
  return status;
}
