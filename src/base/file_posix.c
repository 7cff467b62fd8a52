#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_os.h"

/* ---------------------------------------------------------------- mapping */

/* `name` is what the error text calls the file. */
static lode_status fail_errno(const char *name, const char *what, int error, lode_error *err) {
  if (error == ENOENT || error == ENOTDIR) {
    return lode_error_set(err, LODE_E_NOT_FOUND, -1, -1, "%s: no such file", name);
  }
  if (error == ENOMEM) return lode_error_nomem(err);
  char reason[128];
  if (strerror_r(error, reason, sizeof reason) != 0) reason[0] = '\0';
  return lode_error_set(err, LODE_E_IO, -1, -1, "%s: cannot %s: %s", name, what, reason);
}

static lode_status map_descriptor(int fd, const char *name, lode_file *out, lode_error *err) {
  struct stat st;
  if (fstat(fd, &st) != 0) return fail_errno(name, "read its size", errno, err);
  if (S_ISDIR(st.st_mode)) {
    return lode_error_set(err, LODE_E_IO, -1, -1, "%s: is a directory, not a file", name);
  }
  if (!S_ISREG(st.st_mode)) {
    return lode_error_set(err, LODE_E_IO, -1, -1, "%s: is not a regular file", name);
  }
  if ((uint64_t)st.st_size > SIZE_MAX) {
    return lode_error_set(err, LODE_E_IO, -1, -1, "%s: is too large to map", name);
  }
  const size_t size = (size_t)st.st_size;
  if (size == 0) { /* mmap refuses an empty range */
    *out = (lode_file){.data = (const uint8_t *)"", .size = 0, .mapped = false};
    return LODE_OK;
  }
  void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (data == MAP_FAILED) return fail_errno(name, "map", errno, err);
  *out = (lode_file){.data = data, .size = size, .mapped = true};
  return LODE_OK;
}

/* `path` is relative to the directory that is open as `directory` (or AT_FDCWD). */
static lode_status map_path(int directory, const char *path, lode_file *out, lode_error *err) {
  /* O_NONBLOCK: opening a FIFO would wait for a writer. It means nothing to regular files. */
  const int fd = openat(directory, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return fail_errno(path, "open", errno, err);
  const lode_status status = map_descriptor(fd, path, out, err);
  close(fd); /* the mapping stays */
  return status;
}

lode_status lode_file_map(const char *path, lode_file *out, lode_error *err) {
  return map_path(AT_FDCWD, path, out, err);
}

bool lode_file_is_regular(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

void lode_file_close(lode_file *file) {
  if (file->mapped) munmap((void *)(uintptr_t)file->data, file->size);
  *file = (lode_file){0};
}

/* ---------------------------------------------------------------- hints */

/* madvise takes whole pages. The first page is included: what is before the range in it has
 * been read already, or will be. The last one belongs to what comes next, unless the file
 * ends here. */
static void advise(const lode_file *file, size_t offset, size_t size, int advice) {
  if (!file->mapped || offset >= file->size) return;
  const long page_size = sysconf(_SC_PAGESIZE);
  if (page_size <= 0) return;
  const size_t page = (size_t)page_size;
  if (size > file->size - offset) size = file->size - offset;
  const size_t begin = offset - offset % page;
  size_t end = offset + size;
  if (end < file->size) end -= end % page;
  if (end <= begin) return;
  (void)madvise((void *)(uintptr_t)(file->data + begin), end - begin, advice);
}

void lode_file_will_read(const lode_file *file, size_t offset, size_t size) {
  advise(file, offset, size, MADV_WILLNEED);
}

void lode_file_dont_need(const lode_file *file, size_t offset, size_t size) {
  advise(file, offset, size, MADV_DONTNEED);
}

/* ---------------------------------------------------------------- in a directory */

/* Relative to the directory's descriptor: no path to put together, nothing to allocate, and
 * an error can tell a mistyped directory from a file that it lacks. */
static int open_directory(const char *path) {
  return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
}

lode_status lode_file_map_in(const char *path, const char *name, lode_file *out, lode_error *err) {
  const int directory = open_directory(path);
  if (directory < 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return lode_error_set(err, LODE_E_NOT_FOUND, -1, -1, "%s: %s", path,
                            errno == ENOENT ? "no such directory" : "is not a directory");
    }
    return fail_errno(path, "open", errno, err);
  }
  const lode_status status = map_path(directory, name, out, err);
  close(directory);
  return status;
}

bool lode_file_is_in(const char *path, const char *name) {
  const int directory = open_directory(path);
  if (directory < 0) return false;
  struct stat st;
  const bool found = fstatat(directory, name, &st, 0) == 0 && S_ISREG(st.st_mode);
  close(directory);
  return found;
}
