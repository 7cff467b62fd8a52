/* Any bytes as JSON: what parses must be a consistent tree, whose strings decode to UTF-8. */
#include <stdint.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"

static void require(bool condition) {
  if (!condition) abort();
}

static void check_scalar(const lode_json *json, lode_json_ref ref) {
  bool boolean = false;
  int64_t whole = 0;
  double real = 0;
  const lode_json_kind kind = lode_json_kind_of(json, ref);
  require(lode_json_bool(json, ref, &boolean) == (kind == LODE_JSON_BOOL));
  const bool is_double = lode_json_double(json, ref, &real);
  const bool is_int = lode_json_int(json, ref, &whole);
  require(kind == LODE_JSON_NUMBER || (!is_double && !is_int));
  if (is_double) require(real - real == 0); /* finite */
  if (is_double && is_int) require((double)whole == real);
}

static void check_string(const lode_json *json, lode_json_ref ref) {
  lode_arena arena = {0};
  const size_t bound = lode_json_string_bound(json, ref);
  char *bytes = malloc(bound > 0 ? bound : 1);
  size_t duplicate_size = 0;
  const char *duplicate = lode_json_string_dup(json, ref, &arena, &duplicate_size);
  if (bytes != NULL) {
    const size_t size = lode_json_string(json, ref, bytes);
    require((size == SIZE_MAX) == (duplicate == NULL));
    if (duplicate != NULL) {
      require(size <= bound && size == duplicate_size && duplicate[size] == '\0');
      require(lode_utf8_valid(bytes, size) == size);
    }
  }
  free(bytes);
  lode_arena_free(&arena);
}

/* The children of `ref`: as many as its length says, in the order of the text. */
static void check_children(const lode_json *json, lode_json_ref ref) {
  const bool members = lode_json_kind_of(json, ref) == LODE_JSON_OBJECT;
  int32_t count = 0;
  int64_t pos = lode_json_pos(json, ref);
  for (lode_json_ref child = lode_json_first(json, ref); child != LODE_JSON_NONE;
       child = lode_json_next(json, child)) {
    require(child > ref && child < json->count);
    require(lode_json_pos(json, child) > pos);
    pos = lode_json_pos(json, child);
    const lode_json_ref key = lode_json_key(json, child);
    require((key != LODE_JSON_NONE) == members);
    if (members) require(lode_json_kind_of(json, key) == LODE_JSON_STRING);
    count++;
  }
  require(count == lode_json_length(json, ref));
  (void)lode_json_get(json, ref, "key");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lode_json json = {0};
  lode_error err = {0};
  const lode_status status = lode_json_parse((const char *)data, size, &json, &err);
  if (status != LODE_OK) {
    require(err.code == status && err.text[0] != '\0');
    require(json.nodes == NULL);
    require(err.pos >= -1 && err.pos <= (int64_t)size);
  }
  for (lode_json_ref ref = 0; ref < json.count; ref++) {
    check_children(&json, ref);
    check_scalar(&json, ref);
    check_string(&json, ref);
  }
  lode_json_free(&json);
  return 0;
}
