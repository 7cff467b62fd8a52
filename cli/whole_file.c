#include "whole_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

cli_status cli_whole_file_read(const char *path, char **bytes, size_t *size, cli_error *err) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return cli_fail_errno(err, errno, path);
  size_t capacity = 1 << 16, used = 0;
  char *data = malloc(capacity);
  cli_status status = CLI_OK;
  if (data == NULL) status = cli_fail_memory(err);
  while (data != NULL) {
    errno = 0;
    size_t n = fread(data + used, 1, capacity - used, file);
    used += n;
    if (used < capacity) {
      if (ferror(file)) status = cli_fail_errno(err, errno, path);
      break;
    }
    char *grown = capacity <= SIZE_MAX / 2 ? realloc(data, capacity * 2) : NULL;
    if (grown == NULL) {
      status = cli_fail_memory(err);
      break;
    }
    data = grown;
    capacity *= 2;
  }
  fclose(file);
  *bytes = data;
  *size = used;
  return status;
}
