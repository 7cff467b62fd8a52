/* In a module files are what SQLite's VFS says (wasm/vfs.c), and a collection has one writer, who
 * has it alone. */
#include "index/store/system.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

lode_status lode_store_look_at(const char *path, bool may_be_missing, lode_error *err) {
  if (may_be_missing || lode_store_size_of(path, "") > 0) return LODE_OK;
  return lode_error_set(err, LODE_E_NOT_FOUND, -1, -1, "%s: there is no such collection", path);
}

/* That there is something is all that is asked for. */
int64_t lode_store_size_of(const char *path, const char *end) {
  sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
  const size_t size = strlen(path) + strlen(end) + 1;
  char *name = malloc(size);
  if (vfs == NULL || name == NULL) {
    free(name);
    return 0;
  }
  (void)snprintf(name, size, "%s%s", path, end);
  int found = 0;
  const int rc = vfs->xAccess(vfs, name, SQLITE_ACCESS_EXISTS, &found);
  free(name);
  return rc == SQLITE_OK && found != 0 ? 1 : 0;
}

bool lode_store_is_shared(void) {
  return false;
}

const char *lode_store_no_room(void) {
  return "storage is full: no room is left for this page, or on its device";
}
