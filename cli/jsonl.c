#include "jsonl.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "utf8.h"

struct cli_jsonl {
  cli_json *json;
};

cli_status cli_jsonl_new(cli_jsonl **out, cli_error *err) {
  cli_jsonl *reader = calloc(1, sizeof *reader);
  if (reader == NULL) return cli_fail_memory(err);
  cli_status status = cli_json_new(&reader->json, err);
  if (status != CLI_OK) {
    free(reader);
    return status;
  }
  *out = reader;
  return CLI_OK;
}

void cli_jsonl_free(cli_jsonl *reader) {
  if (reader == NULL) return;
  cli_json_free(reader->json);
  free(reader);
}

static int find(const cli_json *json, const char *path, char *scratch) {
  int whole = cli_json_member(json, 0, path, strlen(path), scratch);
  if (whole >= 0) return whole;
  int at = 0;
  for (;;) {
    size_t size = strcspn(path, ".");
    at = cli_json_member(json, at, path, size, scratch);
    if (at < 0 || path[size] == '\0') return at;
    path += size + 1;
  }
}

static cli_status take_text(const cli_json *json, int value, const cli_jsonl_fields *fields,
                            char *scratch, size_t *used, lode_text *text, cli_error *err) {
  cli_json_kind kind = cli_json_kind_of(json, value);
  if (kind != CLI_JSON_STRING) {
    return cli_fail(err, CLI_E_INPUT, "field \"%s\" is %s, not a string", fields->text,
                    cli_json_kind_name(kind));
  }
  *used = 0;
  *text = cli_json_source(json, value);
  if (memchr(text->data, '\\', text->size) == NULL) return CLI_OK;
  if (!cli_json_decode(json, value, fields->replace, scratch, &text->size)) {
    return cli_fail(err, CLI_E_INPUT,
                    "field \"%s\" has an unpaired surrogate (--utf8 replace reads U+FFFD)",
                    fields->text);
  }
  text->data = scratch;
  *used = text->size;
  return CLI_OK;
}

static cli_status take_id(const cli_json *json, int value, const char *path, lode_text *id,
                          cli_error *err) {
  cli_json_kind kind = cli_json_kind_of(json, value);
  if (kind != CLI_JSON_STRING && kind != CLI_JSON_NUMBER) {
    return cli_fail(err, CLI_E_INPUT, "field \"%s\" is %s, not a string or number", path,
                    cli_json_kind_name(kind));
  }
  lode_text source = cli_json_source(json, value);
  bool is_string = kind == CLI_JSON_STRING;
  if (is_string && cli_utf8_valid(source.data, source.size) < source.size) {
    return cli_fail(err, CLI_E_INPUT, "field \"%s\" is not well-formed UTF-8", path);
  }
  *id = is_string ? (lode_text){source.data - 1, source.size + 2} : source;
  return CLI_OK;
}

cli_status cli_jsonl_read(cli_jsonl *reader, const cli_jsonl_fields *fields, const char *line,
                          size_t size, char *scratch, size_t *used, lode_text *text, lode_text *id,
                          cli_error *err) {
  cli_json *json = reader->json;
  cli_status status = cli_json_read(json, line, size, err);
  if (status != CLI_OK) return status;
  if (cli_json_kind_of(json, 0) != CLI_JSON_OBJECT) {
    return cli_fail(err, CLI_E_INPUT, "not a JSON object");
  }
  int text_value = find(json, fields->text, scratch);
  if (text_value < 0) return cli_fail(err, CLI_E_INPUT, "no field \"%s\"", fields->text);
  if (fields->id != NULL) {
    int id_value = find(json, fields->id, scratch);
    if (id_value < 0) return cli_fail(err, CLI_E_INPUT, "no field \"%s\"", fields->id);
    status = take_id(json, id_value, fields->id, id, err);
    if (status != CLI_OK) return status;
  }
  return take_text(json, text_value, fields, scratch, used, text, err);
}
