/* What documents can be filtered by. */
#include "base/utf8.h"
#include "index/sealed/reader.h"

/* A name or value; false: not what was written. */
static bool put_text(lode_cursor *c, lode_json_text *json) {
  const lode_text text = lode_cursor_text(c);
  if (c->bad || lode_utf8_valid(text.data, text.size) != text.size) return false;
  lode_json_put_string(json, text.data, text.size);
  return true;
}

static bool put_values(lode_cursor *c, uint64_t documents, lode_json_text *json) {
  const uint64_t n = lode_cursor_number(c);
  lode_json_put_text(json, ",\"values\":[");
  for (uint64_t i = 0; i < n && !c->bad; i++) {
    lode_json_put_text(json, i > 0 ? ",{\"value\":" : "{\"value\":");
    if (!put_text(c, json)) return false;
    lode_json_put_text(json, ",\"count\":");
    lode_json_put_int(json, (int64_t)lode_cursor_upto(c, documents));
    lode_json_put_text(json, "}");
  }
  lode_json_put_text(json, "]}");
  return !c->bad;
}

static bool put_facets(lode_cursor *c, uint64_t documents, lode_json_text *json) {
  const uint64_t n = lode_cursor_number(c);
  for (uint64_t i = 0; i < n && !c->bad; i++) {
    lode_json_put_text(json, i > 0 ? ",{\"key\":" : "{\"key\":");
    if (!put_text(c, json) || !put_values(c, documents, json)) return false;
  }
  return !c->bad && !lode_cursor_more(c);
}

lode_status lode_sealed_facets(lode_sealed *sealed, lode_json_text *json, lode_error *err) {
  const lode_sealed_entries *files = &sealed->boot.lists[LODE_SEALED_FACETS];
  json->size = 0;
  json->failed = false;
  lode_json_put_text(json, "[");
  if (files->count > 0) {
    lode_cursor c;
    const lode_status status = lode_sealed_get(sealed, files->list, "LSF1", &c, err);
    if (status != LODE_OK) return status;
    if (!put_facets(&c, (uint64_t)sealed->boot.documents, json) && !json->failed) {
      return lode_sealed_damaged(err, files->list, "facets");
    }
  }
  lode_json_put(json, "]", 2); /* with the NUL */
  return json->failed ? lode_error_nomem(err) : LODE_OK;
}
