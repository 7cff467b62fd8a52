/* A line of JSON Lines, as the program reads it: cli/json_check.c before jsmn. The line is
 * in memory of exactly its size, and decoded text must fit the room that is promised. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cli/json_check.h"
#include "../../cli/jsonl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *line = malloc(size);
  char *scratch = malloc(size);
  cli_jsonl *reader = NULL;
  cli_error err;
  if ((size > 0 && (line == NULL || scratch == NULL)) || cli_jsonl_new(&reader, &err) != CLI_OK) {
    free(line);
    free(scratch);
    return 0;
  }
  if (size > 0) memcpy(line, data, size);
  size_t at;
  bool is_json = cli_json_check(line, size, &at) == NULL;
  if (at > size) abort();
  for (int replace = 0; replace < 2; replace++) {
    const cli_jsonl_fields fields = {"a.text", "id", replace != 0};
    lode_text text = {NULL, 0}, id = {NULL, 0};
    size_t used = 0;
    cli_status status =
        cli_jsonl_read(reader, &fields, line, size, scratch, &used, &text, &id, &err);
    if (status != CLI_OK && status != CLI_E_INPUT) abort();
    if (status != CLI_OK) continue;
    bool in_line = text.data >= line && text.data + text.size <= line + size;
    bool in_scratch = text.data == scratch && text.size == used && used <= size;
    if (!is_json || !(in_line || in_scratch)) abort();
    if (id.size == 0 || id.data < line || id.data + id.size > line + size) abort();
  }
  cli_jsonl_free(reader);
  free(line);
  free(scratch);
  return 0;
}
