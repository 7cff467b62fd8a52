#define _GNU_SOURCE /* syncfs */
#include "index/sealed/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files that are being written. One process writes an index at a time; a second one that writes
 * the same file writes the same bytes. */
static const char unfinished[] = ".lode-site-part";

static lode_status fail(const lode_sealed_folder *folder, const char *file, lode_error *err) {
  const int cause = errno;
  return lode_error_set(err, LODE_E_IO, -1, -1, "%s/%s: %s", folder->path, file, strerror(cause));
}

lode_status lode_sealed_folder_open(const char *path, lode_sealed_folder *out, lode_error *err) {
  *out = (lode_sealed_folder){.path = path, .fd = -1};
  if (mkdir(path, 0777) != 0 && errno != EEXIST) {
    const int cause = errno;
    return lode_error_set(err, LODE_E_IO, -1, -1, "%s: %s", path, strerror(cause));
  }
  out->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (out->fd >= 0) return LODE_OK;
  const int cause = errno;
  return lode_error_set(err, LODE_E_IO, -1, -1, "%s: %s", path, strerror(cause));
}

void lode_sealed_folder_close(lode_sealed_folder *folder) {
  if (folder->fd >= 0) (void)close(folder->fd);
  lode_buffer_free(&folder->scratch);
  folder->fd = -1;
}

/* ---------------------------------------------------------------- reading */

static bool read_all(int fd, char *data, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ssize_t n = read(fd, data + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += (size_t)n;
  }
  return true;
}

lode_status lode_sealed_folder_get(lode_sealed_folder *folder, const char *file, size_t *size,
                                   lode_error *err) {
  const int fd = openat(folder->fd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) {
    const bool absent = errno == ENOENT;
    (void)fail(folder, file, err);
    return absent ? lode_error_set(err, LODE_E_NOT_FOUND, -1, -1, "%s/%s: not there", folder->path,
                                   file)
                  : LODE_E_IO;
  }
  struct stat info;
  lode_status status = LODE_OK;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    status = lode_error_set(err, LODE_E_IO, -1, -1, "%s/%s: not a file", folder->path, file);
  } else if (info.st_size > LODE_SEALED_FILE_MAX) {
    status =
        lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1, "%s/%s: too large", folder->path, file);
  } else if (!lode_buffer_reserve(&folder->scratch, (size_t)info.st_size + 1, 1, 0)) {
    status = lode_error_nomem(err);
  } else if (!read_all(fd, folder->scratch.data, (size_t)info.st_size)) {
    status = fail(folder, file, err);
  } else {
    *size = (size_t)info.st_size;
  }
  (void)close(fd);
  return status;
}

/* Is the file there, with these bytes? */
static bool has(lode_sealed_folder *folder, const char *file, const void *data, size_t size) {
  struct stat info;
  size_t there = 0;
  if (fstatat(folder->fd, file, &info, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (!S_ISREG(info.st_mode) || (size_t)info.st_size != size) return false;
  return lode_sealed_folder_get(folder, file, &there, NULL) == LODE_OK && there == size &&
         memcmp(folder->scratch.data, data, size) == 0;
}

/* ---------------------------------------------------------------- writing */

static bool write_all(int fd, const char *data, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ssize_t n = write(fd, data + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    done += (size_t)n;
  }
  return true;
}

/* The bytes under another name, then this one. */
static lode_status write_file(lode_sealed_folder *folder, const char *file, const void *data,
                              size_t size, bool sync, lode_error *err) {
  char part[64];
  (void)snprintf(part, sizeof part, "%s%s", file, unfinished);
  const int fd =
      openat(folder->fd, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (fd < 0) return fail(folder, part, err);
  lode_status status = LODE_OK;
  if (!write_all(fd, data, size) || (sync && fsync(fd) != 0)) status = fail(folder, part, err);
  if (close(fd) != 0 && status == LODE_OK) status = fail(folder, part, err);
  if (status == LODE_OK && renameat(folder->fd, part, folder->fd, file) != 0) {
    status = fail(folder, file, err);
  }
  if (status != LODE_OK) (void)unlinkat(folder->fd, part, 0);
  return status;
}

lode_status lode_sealed_folder_put(void *user, const uint8_t *name, const void *data, size_t size,
                                   lode_error *err) {
  lode_sealed_folder *folder = user;
  char file[LODE_SEALED_FILE];
  lode_sealed_file(name, file);
  if (has(folder, file, data, size)) return LODE_OK;
  folder->written++;
  return write_file(folder, file, data, size, false, err);
}

lode_status lode_sealed_folder_boot(lode_sealed_folder *folder, const lode_bytes *boot,
                                    bool *changed, lode_error *err) {
  *changed = !has(folder, LODE_SEALED_BOOT, lode_bytes_data(boot), boot->size);
  if (!*changed) return LODE_OK;
  /* The files that it names have to be on the disk before it is. */
  if (syncfs(folder->fd) != 0) return fail(folder, LODE_SEALED_BOOT, err);
  const lode_status status =
      write_file(folder, LODE_SEALED_BOOT, lode_bytes_data(boot), boot->size, true, err);
  if (status == LODE_OK) folder->written++;
  if (status == LODE_OK) (void)fsync(folder->fd);
  return status;
}

/* ---------------------------------------------------------------- removing */

static bool is_kept(const lode_bytes *names, const uint8_t *name) {
  const uint8_t *list = lode_bytes_data(names);
  size_t low = 0;
  size_t high = names->size / LODE_SEALED_NAME;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const int order = memcmp(list + middle * LODE_SEALED_NAME, name, LODE_SEALED_NAME);
    if (order == 0) return true;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return false;
}

static bool is_unfinished(const char *file) {
  const size_t n = strlen(file);
  const size_t end = sizeof unfinished - 1;
  if (n <= end || strcmp(file + n - end, unfinished) != 0) return false;
  uint8_t name[LODE_SEALED_NAME];
  char whole[64];
  if (n - end >= sizeof whole) return false;
  memcpy(whole, file, n - end);
  whole[n - end] = '\0';
  return strcmp(whole, LODE_SEALED_BOOT) == 0 || lode_sealed_name_of(whole, name);
}

lode_status lode_sealed_folder_prune(lode_sealed_folder *folder, const lode_bytes *names,
                                     lode_error *err) {
  const int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
  if (dir == NULL) {
    if (fd >= 0) (void)close(fd);
    return fail(folder, ".", err);
  }
  const struct dirent *entry;
  while ((entry = readdir(dir)) != NULL) {
    uint8_t name[LODE_SEALED_NAME];
    const bool ours =
        names != NULL && lode_sealed_name_of(entry->d_name, name) && !is_kept(names, name);
    if (!ours && !is_unfinished(entry->d_name)) continue;
    if (unlinkat(folder->fd, entry->d_name, 0) == 0) folder->removed += ours;
  }
  (void)closedir(dir);
  return LODE_OK;
}
