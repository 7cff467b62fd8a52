/* Filters on what is known of a document besides its text. All documents are looked at, which is
 * cheap beside the search itself as long as a collection has no millions of them. */
#include <string.h>

#include "base/json.h"
#include "index/files/ignore.h"
#include "index/search/corpus_store.h"
#include "index/search/search.h"

typedef struct filtering {
  const lode_search_filter *filter;
  lode_ignore patterns;
  lode_buffer scratch;
  lode_buffer found; /* int64_t */
  size_t count;
} filtering;

/* ---------------------------------------------------------------- paths */

/* "docs/" names all that is below a folder, and so does "docs" here. */
static bool path_passes(const filtering *f, lode_text key) {
  if (f->filter->path_count == 0) return true;
  while (key.size > 0 && key.data[0] == '/') {
    key.data++;
    key.size--;
  }
  for (size_t i = 0; i < key.size; i++) {
    if (key.data[i] != '/' || i == 0) continue;
    const lode_ignore_answer above = lode_ignore_match(&f->patterns, key.data, i, true);
    if (above == LODE_IGNORE_SKIP &&
        lode_ignore_match(&f->patterns, key.data, key.size, false) != LODE_IGNORE_KEEP) {
      return true;
    }
  }
  return lode_ignore_match(&f->patterns, key.data, key.size, false) == LODE_IGNORE_SKIP;
}

/* ---------------------------------------------------------------- metadata */

/* Is the node that string, or a number or boolean written like that? */
static lode_status node_is(filtering *f, const lode_json *json, lode_json_ref node, lode_text value,
                           bool *is, lode_error *err) {
  const lode_json_kind kind = lode_json_kind_of(json, node);
  *is = false;
  if (kind == LODE_JSON_STRING) {
    if (!lode_buffer_reserve(&f->scratch, lode_json_string_bound(json, node) + 1, 1, 0)) {
      return lode_error_nomem(err);
    }
    const size_t size = lode_json_string(json, node, f->scratch.data);
    *is = size == value.size && memcmp(f->scratch.data, value.data, size) == 0;
  } else if (kind == LODE_JSON_NUMBER || kind == LODE_JSON_BOOL) {
    /* As it is written in the text, up to what can follow a number or a word there. */
    const char *p = json->text + lode_json_pos(json, node);
    const size_t left = (size_t)(json->text + json->size - p);
    if (left < value.size || memcmp(p, value.data, value.size) != 0) return LODE_OK;
    *is = left == value.size || strchr(" \t\r\n,]}", p[value.size]) != NULL;
  }
  return LODE_OK;
}

static lode_status has_value(filtering *f, const lode_json *json, const lode_search_field *field,
                             bool *has, lode_error *err) {
  *has = false;
  lode_json_ref member = lode_json_first(json, 0);
  for (; member != LODE_JSON_NONE && !*has; member = lode_json_next(json, member)) {
    bool is;
    lode_status status = node_is(f, json, lode_json_key(json, member), field->key, &is, err);
    if (status != LODE_OK) return status;
    if (!is) continue;
    const bool array = lode_json_kind_of(json, member) == LODE_JSON_ARRAY;
    lode_json_ref node = array ? lode_json_first(json, member) : member;
    while (node != LODE_JSON_NONE && !*has) {
      status = node_is(f, json, node, field->value, has, err);
      if (status != LODE_OK) return status;
      node = array ? lode_json_next(json, node) : LODE_JSON_NONE;
    }
  }
  return LODE_OK;
}

static bool same_key(const lode_search_field *a, const lode_search_field *b) {
  return a->key.size == b->key.size && memcmp(a->key.data, b->key.data, a->key.size) == 0;
}

/* Of each key one of the values. */
static lode_status fields_pass(filtering *f, const lode_json *json, bool *pass, lode_error *err) {
  const lode_search_field *fields = f->filter->fields;
  *pass = true;
  for (size_t i = 0; i < f->filter->field_count && *pass; i++) {
    bool seen = false;
    for (size_t k = 0; k < i; k++) seen = seen || same_key(&fields[k], &fields[i]);
    if (seen) continue;
    *pass = false;
    for (size_t k = i; k < f->filter->field_count && !*pass; k++) {
      if (!same_key(&fields[k], &fields[i])) continue;
      const lode_status status = has_value(f, json, &fields[k], pass, err);
      if (status != LODE_OK) return status;
    }
  }
  return LODE_OK;
}

/* Metadata that is no JSON object has no fields. */
static lode_status metadata_passes(filtering *f, lode_text metadata, bool *pass, lode_error *err) {
  *pass = f->filter->field_count == 0;
  if (*pass || metadata.size == 0) return LODE_OK;
  lode_json json = {0};
  lode_status status = lode_json_parse(metadata.data, metadata.size, &json, err);
  if (status == LODE_OK && lode_json_kind_of(&json, 0) == LODE_JSON_OBJECT) {
    status = fields_pass(f, &json, pass, err);
  } else if (status == LODE_E_FORMAT) {
    lode_error_clear(err);
    status = LODE_OK;
  }
  lode_json_free(&json);
  return status;
}

/* ---------------------------------------------------------------- all documents */

static lode_status visit(void *user, const lode_store_document *document, lode_error *err) {
  filtering *f = user;
  const lode_search_filter *filter = f->filter;
  const lode_languages language = LODE_LANGUAGE_BIT(document->language);
  if (filter->languages != 0 && (filter->languages & language) == 0) return LODE_OK;
  if (filter->modified_from != 0 && document->mtime_ns < filter->modified_from) return LODE_OK;
  if (filter->modified_to != 0 && document->mtime_ns > filter->modified_to) return LODE_OK;
  if (!path_passes(f, document->key)) return LODE_OK;
  bool pass;
  const lode_status status = metadata_passes(f, document->metadata, &pass, err);
  if (status != LODE_OK || !pass) return status;
  const size_t used = f->count * sizeof(int64_t);
  if (!lode_buffer_reserve(&f->found, f->count + 1, sizeof(int64_t), used)) {
    return lode_error_nomem(err);
  }
  ((int64_t *)f->found.data)[f->count++] = document->id;
  return LODE_OK;
}

static lode_status add_patterns(filtering *f, lode_error *err) {
  for (size_t i = 0; i < f->filter->path_count; i++) {
    const lode_status status =
        lode_ignore_add(&f->patterns, f->filter->paths[i].data, f->filter->paths[i].size, err);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

lode_status lode_filter_documents(void *self, const lode_search_filter *filter, lode_arena *arena,
                                  lode_ids *out, lode_error *err) {
  filtering f = {.filter = filter};
  lode_status status = add_patterns(&f, err);
  if (status == LODE_OK) status = lode_store_documents(self, 0, visit, &f, err);
  if (status == LODE_OK) {
    out->count = f.count;
    out->list = lode_arena_array(arena, f.count, sizeof *out->list);
    if (out->list == NULL) {
      status = lode_error_nomem(err);
    } else if (f.count > 0) {
      memcpy(out->list, f.found.data, f.count * sizeof *out->list);
      lode_ids_order(out);
    }
  }
  lode_ignore_free(&f.patterns);
  lode_buffer_free(&f.scratch);
  lode_buffer_free(&f.found);
  return status;
}
