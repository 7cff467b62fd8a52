#include "json.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS /* without them closing a bracket searches all tokens before it */
#include <jsmn.h>

#include "json_check.h"
#include "utf8.h"

struct cli_json {
  const char *text;
  jsmntok_t *tokens;
  unsigned capacity;
  int count;
};

enum { FIRST_TOKENS = 64, TOKENS_MAX = INT_MAX / 2 };

cli_status cli_json_new(cli_json **out, cli_error *err) {
  cli_json *json = calloc(1, sizeof *json);
  if (json == NULL) return cli_fail_memory(err);
  json->tokens = calloc(FIRST_TOKENS, sizeof *json->tokens);
  json->capacity = FIRST_TOKENS;
  if (json->tokens == NULL) {
    free(json);
    return cli_fail_memory(err);
  }
  *out = json;
  return CLI_OK;
}

void cli_json_free(cli_json *json) {
  if (json == NULL) return;
  free(json->tokens);
  free(json);
}

static cli_status grow(cli_json *json, cli_error *err) {
  if (json->capacity > TOKENS_MAX / 2) return cli_fail(err, CLI_E_INPUT, "too many values");
  jsmntok_t *tokens = realloc(json->tokens, 2 * sizeof *tokens * json->capacity);
  if (tokens == NULL) return cli_fail_memory(err);
  json->tokens = tokens;
  json->capacity *= 2;
  return CLI_OK;
}

cli_status cli_json_read(cli_json *json, const char *text, size_t size, cli_error *err) {
  json->count = 0;
  json->text = text;
  if (size > INT_MAX) return cli_fail(err, CLI_E_INPUT, "JSON of 2 GiB or more");
  size_t at;
  const char *wrong = cli_json_check(text, size, &at);
  if (wrong != NULL) return cli_fail(err, CLI_E_INPUT, "not JSON: %s (byte %zu)", wrong, at);
  jsmn_parser parser;
  jsmn_init(&parser);
  for (;;) {
    int count = jsmn_parse(&parser, text, size, json->tokens, json->capacity);
    if (count >= 1) {
      json->count = count;
      return CLI_OK;
    }
    if (count != JSMN_ERROR_NOMEM) return cli_fail(err, CLI_E_INPUT, "not JSON");
    cli_status status = grow(json, err); /* and go on where it stopped */
    if (status != CLI_OK) return status;
  }
}

/* ------------------------------------------------------------------ strings */

static uint32_t hex4(const char *s) {
  uint32_t value = 0;
  for (int i = 0; i < 4; i++) {
    char c = s[i];
    uint32_t digit = c <= '9' ? (uint32_t)(c - '0') : (uint32_t)((c | 0x20) - 'a' + 10);
    value = value << 4 | digit;
  }
  return value;
}

/* The code point of the escape at s[0] = 'u' (checked JSON: four digits follow); *s moves
 * behind it. UINT32_MAX: an unpaired surrogate. */
static uint32_t unicode_escape(const char **s, const char *end) {
  uint32_t c = hex4(*s + 1);
  *s += 5;
  if (c < 0xD800 || c > 0xDFFF) return c;
  if (c < 0xDC00 && end - *s >= 6 && (*s)[0] == '\\' && (*s)[1] == 'u') {
    uint32_t low = hex4(*s + 2);
    if (low >= 0xDC00 && low <= 0xDFFF) {
      *s += 6;
      return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
  }
  return UINT32_MAX;
}

/* The inside of a JSON string, s[0..end). */
static bool decode(const char *s, const char *end, bool replace, char *dst, size_t *size) {
  static const char letters[] = "bfnrt", values[] = "\b\f\n\r\t";
  char *d = dst;
  while (s < end) {
    const char *slash = memchr(s, '\\', (size_t)(end - s));
    size_t plain = (size_t)((slash != NULL ? slash : end) - s);
    memcpy(d, s, plain);
    d += plain;
    if (slash == NULL) break;
    s = slash + 1;
    if (*s == 'u') {
      uint32_t c = unicode_escape(&s, end);
      if (c == UINT32_MAX && !replace) return false;
      d += cli_utf8_put(d, c == UINT32_MAX ? 0xFFFD : c);
      continue;
    }
    const char *letter = memchr(letters, *s, sizeof letters - 1);
    *d++ = letter != NULL ? values[letter - letters] : *s;
    s++;
  }
  *size = (size_t)(d - dst);
  return true;
}

bool cli_json_decode(const cli_json *json, int string, bool replace, char *dst, size_t *size) {
  lode_text source = cli_json_source(json, string);
  return decode(source.data, source.data + source.size, replace, dst, size);
}

/* ------------------------------------------------------------------ values */

cli_json_kind cli_json_kind_of(const cli_json *json, int value) {
  const jsmntok_t *token = &json->tokens[value];
  switch (token->type) {
    case JSMN_OBJECT:
      return CLI_JSON_OBJECT;
    case JSMN_ARRAY:
      return CLI_JSON_ARRAY;
    case JSMN_STRING:
      return CLI_JSON_STRING;
    default:
      break;
  }
  char c = json->text[token->start];
  return c == 'n' ? CLI_JSON_NULL : c == 't' || c == 'f' ? CLI_JSON_BOOL : CLI_JSON_NUMBER;
}

const char *cli_json_kind_name(cli_json_kind kind) {
  switch (kind) {
    case CLI_JSON_NULL:
      return "null";
    case CLI_JSON_BOOL:
      return "true or false";
    case CLI_JSON_NUMBER:
      return "a number";
    case CLI_JSON_STRING:
      return "a string";
    case CLI_JSON_ARRAY:
      return "an array";
    case CLI_JSON_OBJECT:
      return "an object";
  }
  return "?";
}

lode_text cli_json_source(const cli_json *json, int value) {
  const jsmntok_t *token = &json->tokens[value];
  return (lode_text){json->text + token->start, (size_t)(token->end - token->start)};
}

static bool is_name(const cli_json *json, int key, const char *name, size_t size, char *scratch) {
  lode_text source = cli_json_source(json, key);
  if (memchr(source.data, '\\', source.size) != NULL) {
    if (!cli_json_decode(json, key, true, scratch, &source.size)) return false;
    source.data = scratch;
  }
  return source.size == size && memcmp(source.data, name, size) == 0;
}

int cli_json_member(const cli_json *json, int object, const char *name, size_t size,
                    char *scratch) {
  const jsmntok_t *tokens = json->tokens;
  int found = -1;
  if (tokens[object].type != JSMN_OBJECT) return found;
  for (int i = object + 1; i + 1 < json->count && tokens[i].start < tokens[object].end; i++) {
    if (tokens[i].parent == object && is_name(json, i, name, size, scratch)) found = i + 1;
  }
  return found;
}

int cli_json_first(const cli_json *json, int container) {
  const jsmntok_t *token = &json->tokens[container];
  bool holds = token->type == JSMN_ARRAY || token->type == JSMN_OBJECT;
  return holds && token->size > 0 ? container + 1 : -1;
}

int cli_json_value_of(const cli_json *json, int name) {
  const jsmntok_t *tokens = json->tokens;
  bool has_one =
      tokens[name].type == JSMN_STRING && name + 1 < json->count && tokens[name + 1].parent == name;
  return has_one ? name + 1 : -1;
}

int cli_json_next(const cli_json *json, int element) {
  const jsmntok_t *tokens = json->tokens;
  int value = cli_json_value_of(json, element); /* of a name: it goes with it */
  int end = tokens[value >= 0 ? value : element].end;
  int next = element + 1;
  while (next < json->count && tokens[next].start < end) next++;
  return next < json->count && tokens[next].parent == tokens[element].parent ? next : -1;
}
