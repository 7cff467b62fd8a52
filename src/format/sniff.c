#include "format/sniff.h"

#include <string.h>

/* Does the file begin with `prefix` (lower-case), whatever its case there? */
static bool begins_with(const uint8_t *data, size_t size, const char *prefix) {
  for (size_t i = 0; prefix[i] != '\0'; i++) {
    if (i == size) return false;
    uint8_t c = data[i];
    if (c >= 'A' && c <= 'Z') c = (uint8_t)(c + ('a' - 'A'));
    if (c != (uint8_t)prefix[i]) return false;
  }
  return true;
}

lode_status lode_sniff(const char *name, const lode_file *file, lode_error *err) {
  const uint8_t *data = file->data;
  size_t size = file->size;
  if (begins_with(data, size, "version https://git-lfs.github.com/spec/")) {
    return lode_error_set(err, LODE_E_FORMAT, -1, 0,
                          "%s: is a Git LFS pointer, not the file itself (\"git lfs pull\" "
                          "fetches it)",
                          name);
  }
  while (size > 0 && strchr(" \t\r\n", data[0]) != NULL && data[0] != '\0') {
    data++;
    size--;
  }
  if (begins_with(data, size, "<!doctype html") || begins_with(data, size, "<html")) {
    return lode_error_set(err, LODE_E_FORMAT, -1, 0,
                          "%s: is an HTML page, probably an error page that was saved in the "
                          "file's place",
                          name);
  }
  return LODE_OK;
}
