/* A module has no file system: what it reads is handed to it in memory. */
#include "base/file_os.h"

lode_status lode_file_map(const char *path, lode_file *out, lode_error *err) {
  (void)out;
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                        "%s: there are no files in WebAssembly: open it from memory", path);
}

bool lode_file_is_regular(const char *path) {
  (void)path;
  return false;
}

lode_status lode_file_map_in(const char *path, const char *name, lode_file *out, lode_error *err) {
  (void)name;
  return lode_file_map(path, out, err);
}

bool lode_file_is_in(const char *path, const char *name) {
  (void)path;
  (void)name;
  return false;
}

void lode_file_close(lode_file *file) {
  *file = (lode_file){0};
}

void lode_file_will_read(const lode_file *file, size_t offset, size_t size) {
  (void)file;
  (void)offset;
  (void)size;
}

void lode_file_dont_need(const lode_file *file, size_t offset, size_t size) {
  (void)file;
  (void)offset;
  (void)size;
}
