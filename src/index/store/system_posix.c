#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "index/store/system.h"

lode_status lode_store_look_at(const char *path, bool may_be_missing, lode_error *err) {
  struct stat s;
  if (stat(path, &s) != 0) {
    const int number = errno;
    if (number == ENOENT && may_be_missing) return LODE_OK;
    return lode_error_set(err, number == ENOENT ? LODE_E_NOT_FOUND : LODE_E_IO, -1, -1, "%s: %s",
                          path, strerror(number));
  }
  /* Opening a pipe would wait for its other end, a device do who knows what. */
  if (S_ISREG(s.st_mode)) return LODE_OK;
  return lode_error_set(err, LODE_E_IO, -1, -1, "%s: %s", path,
                        S_ISDIR(s.st_mode) ? "is a directory" : "is not a regular file");
}

int64_t lode_store_size_of(const char *path, const char *end) {
  const size_t size = strlen(path) + strlen(end) + 1;
  char *name = malloc(size);
  if (name == NULL) return 0;
  (void)snprintf(name, size, "%s%s", path, end);
  struct stat s;
  const int64_t found = stat(name, &s) == 0 ? (int64_t)s.st_size : 0;
  free(name);
  return found;
}

bool lode_store_is_shared(void) {
  return true;
}

const char *lode_store_no_room(void) {
  return "no room is left on the disk (or on that of temporary files)";
}
