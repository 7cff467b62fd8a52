#include "index/ingest/metadata.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/json_write.h"

typedef struct writer {
  lode_json_text text;
  size_t keys;
} writer;

static void put(writer *w, const char *s) {
  lode_json_put_text(&w->text, s);
}

static void put_string(writer *w, const char *s, size_t n) {
  lode_json_put_string(&w->text, s, n);
}

static void put_key(writer *w, const char *key, size_t n) {
  if (w->keys++ > 0) put(w, ", ");
  put_string(w, key, n);
  put(w, ": [");
}

/* ---- what was given */

static lode_status put_given_value(writer *w, const lode_json *json, lode_json_ref value,
                                   lode_arena *arena, lode_error *err) {
  size_t size = 0;
  const char *s;
  bool truth = false;
  double number = 0;
  char digits[40];
  switch (lode_json_kind_of(json, value)) {
    case LODE_JSON_STRING:
      s = lode_json_string_dup(json, value, arena, &size);
      if (!s) return lode_error_set(err, LODE_E_ARG, -1, -1, "metadata: a string is not Unicode");
      put_string(w, s, size);
      return LODE_OK;
    case LODE_JSON_NUMBER:
      if (!lode_json_double(json, value, &number)) break;
      put_string(w, digits, (size_t)snprintf(digits, sizeof digits, "%.17g", number));
      return LODE_OK;
    case LODE_JSON_BOOL:
      lode_json_bool(json, value, &truth);
      put_string(w, truth ? "true" : "false", truth ? 4 : 5);
      return LODE_OK;
    default:
      break;
  }
  return lode_error_set(err, LODE_E_ARG, -1, lode_json_pos(json, value),
                        "metadata: a value is neither a string, a number, true or false, nor an "
                        "array of these");
}

static lode_status put_given(writer *w, const lode_json *json, lode_arena *arena, lode_error *err) {
  for (lode_json_ref v = lode_json_first(json, 0); v != LODE_JSON_NONE;
       v = lode_json_next(json, v)) {
    size_t size = 0;
    const char *key = lode_json_string_dup(json, lode_json_key(json, v), arena, &size);
    if (!key) return lode_error_set(err, LODE_E_ARG, -1, -1, "metadata: a key is not Unicode");
    put_key(w, key, size);
    lode_status status = LODE_OK;
    if (lode_json_kind_of(json, v) == LODE_JSON_ARRAY) {
      size_t count = 0;
      for (lode_json_ref e = lode_json_first(json, v); e != LODE_JSON_NONE && status == LODE_OK;
           e = lode_json_next(json, e)) {
        if (count++ > 0) put(w, ", ");
        status = put_given_value(w, json, e, arena, err);
      }
    } else {
      status = put_given_value(w, json, v, arena, err);
    }
    if (status != LODE_OK) return status;
    put(w, "]");
  }
  return LODE_OK;
}

/* Keys of any characters: compared as they are after decoding. */
static bool is_given(const lode_json *json, const char *key) {
  if (json->count == 0) return false;
  for (lode_json_ref v = lode_json_first(json, 0); v != LODE_JSON_NONE;
       v = lode_json_next(json, v)) {
    if (lode_json_is(json, lode_json_key(json, v), key)) return true;
  }
  return false;
}

/* ---- what the document says */

static bool came_before(const lode_document *document, size_t i) {
  for (size_t j = 0; j < i; j++) {
    if (strcmp(document->meta[j].key, document->meta[i].key) == 0) return true;
  }
  return false;
}

static void put_found(writer *w, const lode_document *document, const lode_json *given) {
  bool description = is_given(given, "description");
  bool url = is_given(given, "url");
  for (size_t i = 0; i < document->meta_count; i++) {
    const char *key = document->meta[i].key;
    if (came_before(document, i) || is_given(given, key)) continue;
    description |= strcmp(key, "description") == 0;
    url |= strcmp(key, "url") == 0;
    put_key(w, key, strlen(key));
    size_t count = 0;
    for (size_t j = i; j < document->meta_count; j++) {
      if (strcmp(document->meta[j].key, key) != 0) continue;
      if (count++ > 0) put(w, ", ");
      put_string(w, document->meta[j].value, strlen(document->meta[j].value));
    }
    put(w, "]");
  }
  if (document->description && !description) {
    put_key(w, "description", 11);
    put_string(w, document->description, strlen(document->description));
    put(w, "]");
  }
  if (document->canonical && !url) {
    put_key(w, "url", 3);
    put_string(w, document->canonical, strlen(document->canonical));
    put(w, "]");
  }
}

lode_status lode_metadata_join(const lode_document *document, const char *given, lode_arena *arena,
                               const char **out, lode_error *err) {
  writer w = {.keys = 0};
  lode_json json = {0};
  lode_status status = LODE_OK;
  if (given) {
    status = lode_json_parse(given, strlen(given), &json, err);
    if (status == LODE_OK && lode_json_kind_of(&json, 0) != LODE_JSON_OBJECT) {
      status = lode_error_set(err, LODE_E_ARG, -1, 0, "not an object");
    }
    if (status == LODE_E_FORMAT) status = err ? (err->code = LODE_E_ARG) : LODE_E_ARG;
    if (status != LODE_OK) status = lode_error_prefix(err, status, "metadata");
  }
  put(&w, "{");
  if (status == LODE_OK) {
    put_found(&w, document, &json);
    if (given) status = put_given(&w, &json, arena, err);
  }
  put(&w, "}");
  if (status == LODE_OK && w.text.failed) status = lode_error_nomem(err);
  if (status == LODE_OK) {
    *out = lode_arena_string(arena, w.text.buffer.data, w.text.size);
    if (!*out) status = lode_error_nomem(err);
  }
  lode_json_free(&json);
  lode_buffer_free(&w.text.buffer);
  return status;
}
