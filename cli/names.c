#include "names.h"

#include <stdlib.h>
#include <string.h>

bool cli_names_has(const cli_names *names, const char *name) {
  for (size_t i = 0; i < names->count; i++) {
    if (strcmp(names->items[i], name) == 0) return true;
  }
  return false;
}

cli_status cli_names_append(cli_names *names, const char *name, size_t size, cli_error *err) {
  if (names->count == names->capacity) {
    size_t capacity = names->capacity > 0 ? 2 * names->capacity : 16;
    char **items = realloc(names->items, capacity * sizeof *items);
    if (items == NULL) return cli_fail_memory(err);
    names->items = items;
    names->capacity = capacity;
  }
  char *copy = strndup(name, size);
  if (copy == NULL) return cli_fail_memory(err);
  names->items[names->count++] = copy;
  return CLI_OK;
}

cli_status cli_names_add(cli_names *names, const char *name, size_t size, cli_error *err) {
  for (size_t i = 0; i < names->count; i++) {
    if (strncmp(names->items[i], name, size) == 0 && names->items[i][size] == '\0') return CLI_OK;
  }
  return cli_names_append(names, name, size, err);
}

void cli_names_free(cli_names *names) {
  for (size_t i = 0; i < names->count; i++) free(names->items[i]);
  free(names->items);
  *names = (cli_names){0};
}
