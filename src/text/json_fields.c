#include "text/json_fields.h"

#include <string.h>

lode_shown lode_show_bytes(const char *s, size_t size) {
  lode_shown result = {""};
  size_t n = 0;
  for (; n < size && n < sizeof result.text - 4; n++) {
    result.text[n] = s[n] >= 0x20 && s[n] < 0x7f ? s[n] : '?';
  }
  if (n < size) memcpy(result.text + n, "...", 4);
  return result;
}

lode_shown lode_show(const lode_fields *f, lode_json_ref ref) {
  switch (lode_json_kind_of(&f->json, ref)) {
    case LODE_JSON_ABSENT:
      return (lode_shown){"(none)"};
    case LODE_JSON_STRING:
      return lode_show_bytes(f->json.text + lode_json_pos(&f->json, ref),
                             lode_json_string_bound(&f->json, ref));
    default:
      return (lode_shown){"(not a string)"};
  }
}

bool lode_field_absent(const lode_fields *f, lode_json_ref ref) {
  const lode_json_kind kind = lode_json_kind_of(&f->json, ref);
  return kind == LODE_JSON_ABSENT || kind == LODE_JSON_NULL;
}

lode_status lode_field_bad(const lode_fields *f, lode_json_ref object, const char *what,
                           const char *field, const char *kind) {
  const lode_json_ref ref = lode_json_get(&f->json, object, field);
  const int64_t pos = lode_json_pos(&f->json, ref >= 0 ? ref : object);
  const char *problem = ref >= 0 ? "is not" : "is missing: it must be";
  return lode_error_set(f->err, LODE_E_FORMAT, -1, pos, "%s: \"%s\" %s %s", what, field, problem,
                        kind);
}

lode_status lode_field_bool(const lode_fields *f, lode_json_ref object, const char *what,
                            const char *field, bool *out) {
  if (lode_json_bool(&f->json, lode_json_get(&f->json, object, field), out)) return LODE_OK;
  return lode_field_bad(f, object, what, field, "true or false");
}

lode_status lode_field_string(const lode_fields *f, lode_json_ref object, const char *what,
                              const char *field, const char **out, size_t *size) {
  const lode_json_ref ref = lode_json_get(&f->json, object, field);
  if (lode_json_kind_of(&f->json, ref) != LODE_JSON_STRING) {
    return lode_field_bad(f, object, what, field, "a string");
  }
  char *s = lode_arena_alloc(f->arena, lode_json_string_bound(&f->json, ref) + 1);
  if (s == NULL) return lode_error_nomem(f->err);
  *size = lode_json_string(&f->json, ref, s);
  if (*size == SIZE_MAX) return lode_field_bad(f, object, what, field, "well-formed Unicode");
  *out = s;
  return LODE_OK;
}
