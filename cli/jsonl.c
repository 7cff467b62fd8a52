#include "jsonl.h"

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

struct cli_jsonl {
  jsmntok_t *tokens;
  unsigned capacity;
  int count;
};

enum { FIRST_TOKENS = 64, TOKENS_MAX = INT_MAX / 2 };

cli_status cli_jsonl_new(cli_jsonl **out, cli_error *err) {
  cli_jsonl *reader = calloc(1, sizeof *reader);
  if (reader == NULL) return cli_fail_memory(err);
  reader->tokens = calloc(FIRST_TOKENS, sizeof *reader->tokens);
  reader->capacity = FIRST_TOKENS;
  if (reader->tokens == NULL) {
    free(reader);
    return cli_fail_memory(err);
  }
  *out = reader;
  return CLI_OK;
}

void cli_jsonl_free(cli_jsonl *reader) {
  if (reader == NULL) return;
  free(reader->tokens);
  free(reader);
}

static cli_status grow(cli_jsonl *reader, cli_error *err) {
  if (reader->capacity > TOKENS_MAX / 2) return cli_fail(err, CLI_E_INPUT, "too many values");
  jsmntok_t *tokens = realloc(reader->tokens, 2 * sizeof *tokens * reader->capacity);
  if (tokens == NULL) return cli_fail_memory(err);
  reader->tokens = tokens;
  reader->capacity *= 2;
  return CLI_OK;
}

static cli_status parse(cli_jsonl *reader, const char *line, size_t size, cli_error *err) {
  if (size > INT_MAX) return cli_fail(err, CLI_E_INPUT, "JSON of 2 GiB or more on one line");
  size_t at;
  const char *wrong = cli_json_check(line, size, &at);
  if (wrong != NULL) return cli_fail(err, CLI_E_INPUT, "not JSON: %s (byte %zu)", wrong, at);
  if (line[strspn(line, " \t\r")] != '{') {
    return cli_fail(err, CLI_E_INPUT, "not a JSON object");
  }
  jsmn_parser parser;
  jsmn_init(&parser);
  for (;;) {
    reader->count = jsmn_parse(&parser, line, size, reader->tokens, reader->capacity);
    if (reader->count != JSMN_ERROR_NOMEM) break;
    cli_status status = grow(reader, err); /* and go on where it stopped */
    if (status != CLI_OK) return status;
  }
  if (reader->count < 1) return cli_fail(err, CLI_E_INPUT, "not JSON");
  return CLI_OK;
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

/* Decode the inside of a JSON string into dst, which is never outgrown: each escape is
 * longer than its UTF-8. false: an unpaired surrogate, unless `replace`. */
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

/* ------------------------------------------------------------------ fields */

static bool is_name(const char *line, const jsmntok_t *token, const char *name, size_t size,
                    char *scratch) {
  const char *s = line + token->start;
  size_t length = (size_t)(token->end - token->start);
  if (memchr(s, '\\', length) != NULL) {
    if (!decode(s, s + length, true, scratch, &length)) return false;
    s = scratch;
  }
  return length == size && memcmp(s, name, size) == 0;
}

/* The value of member name[0..size) of object token `object`; of several, the last, as
 * Python's json has it. -1: none. */
static int member(const cli_jsonl *reader, const char *line, int object, const char *name,
                  size_t size, char *scratch) {
  int found = -1;
  const jsmntok_t *tokens = reader->tokens;
  for (int i = object + 1; i + 1 < reader->count && tokens[i].start < tokens[object].end; i++) {
    if (tokens[i].parent == object && is_name(line, &tokens[i], name, size, scratch)) {
      found = i + 1;
    }
  }
  return found;
}

static int find(const cli_jsonl *reader, const char *line, const char *path, char *scratch) {
  int whole = member(reader, line, 0, path, strlen(path), scratch);
  if (whole >= 0) return whole;
  int at = 0;
  for (;;) {
    if (reader->tokens[at].type != JSMN_OBJECT) return -1;
    size_t size = strcspn(path, ".");
    at = member(reader, line, at, path, size, scratch);
    if (at < 0 || path[size] == '\0') return at;
    path += size + 1;
  }
}

static const char *kind_of(const char *line, const jsmntok_t *token) {
  switch (token->type) {
    case JSMN_OBJECT:
      return "an object";
    case JSMN_ARRAY:
      return "an array";
    case JSMN_STRING:
      return "a string";
    default:
      break;
  }
  char c = line[token->start];
  return c == 'n' ? "null" : c == 't' || c == 'f' ? "true or false" : "a number";
}

static cli_status take_text(const jsmntok_t *token, const cli_jsonl_fields *fields,
                            const char *line, char *scratch, size_t *used, lode_text *text,
                            cli_error *err) {
  if (token->type != JSMN_STRING) {
    return cli_fail(err, CLI_E_INPUT, "field \"%s\" is %s, not a string", fields->text,
                    kind_of(line, token));
  }
  const char *s = line + token->start, *end = line + token->end;
  *used = 0;
  *text = (lode_text){s, (size_t)(end - s)};
  if (memchr(s, '\\', text->size) == NULL) return CLI_OK;
  if (!decode(s, end, fields->replace, scratch, &text->size)) {
    return cli_fail(err, CLI_E_INPUT,
                    "field \"%s\" has an unpaired surrogate (--utf8 replace reads U+FFFD)",
                    fields->text);
  }
  text->data = scratch;
  *used = text->size;
  return CLI_OK;
}

static cli_status take_id(const jsmntok_t *token, const char *path, const char *line, lode_text *id,
                          cli_error *err) {
  bool is_string = token->type == JSMN_STRING;
  const char *s = line + token->start;
  if (!is_string && (token->type != JSMN_PRIMITIVE || strchr("tfn", *s) != NULL)) {
    return cli_fail(err, CLI_E_INPUT, "field \"%s\" is %s, not a string or number", path,
                    kind_of(line, token));
  }
  size_t size = (size_t)(token->end - token->start);
  if (is_string && cli_utf8_valid(s, size) < size) {
    return cli_fail(err, CLI_E_INPUT, "field \"%s\" is not well-formed UTF-8", path);
  }
  *id = is_string ? (lode_text){s - 1, size + 2} : (lode_text){s, size};
  return CLI_OK;
}

cli_status cli_jsonl_read(cli_jsonl *reader, const cli_jsonl_fields *fields, const char *line,
                          size_t size, char *scratch, size_t *used, lode_text *text, lode_text *id,
                          cli_error *err) {
  cli_status status = parse(reader, line, size, err);
  if (status != CLI_OK) return status;
  int at = find(reader, line, fields->text, scratch);
  if (at < 0) return cli_fail(err, CLI_E_INPUT, "no field \"%s\"", fields->text);
  const jsmntok_t *text_token = &reader->tokens[at];
  if (fields->id != NULL) {
    at = find(reader, line, fields->id, scratch);
    if (at < 0) return cli_fail(err, CLI_E_INPUT, "no field \"%s\"", fields->id);
    status = take_id(&reader->tokens[at], fields->id, line, id, err);
    if (status != CLI_OK) return status;
  }
  return take_text(text_token, fields, line, scratch, used, text, err);
}
