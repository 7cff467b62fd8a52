#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool cli_file_exists(const char *path) {
  struct stat st;
  return stat(path, &st) == 0;
}

int64_t cli_file_size(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_size : -1;
}

/* Until the end of the file, or `size` bytes. -1: errno. */
static ssize_t read_up_to(int fd, char *data, size_t size) {
  size_t used = 0;
  while (used < size) {
    ssize_t n = read(fd, data + used, size - used);
    if (n == 0) break;
    if (n > 0) used += (size_t)n;
    if (n < 0 && errno != EINTR) return -1;
  }
  return (ssize_t)used;
}

static cli_status read_open(int fd, const char *path, size_t max, char **data, size_t *size,
                            cli_error *err) {
  struct stat st;
  if (fstat(fd, &st) != 0) return cli_fail_errno(err, errno, path);
  if (!S_ISREG(st.st_mode)) return cli_fail(err, CLI_E_RUN, "%s: not a file", path);
  if ((uint64_t)st.st_size > max) return cli_fail(err, CLI_E_RUN, "%s: too large", path);
  char *bytes = malloc((size_t)st.st_size + 1);
  if (bytes == NULL) return cli_fail_memory(err);
  ssize_t n = read_up_to(fd, bytes, (size_t)st.st_size);
  if (n < 0) {
    int number = errno;
    free(bytes);
    return cli_fail_errno(err, number, path);
  }
  bytes[n] = '\0';
  *data = bytes;
  *size = (size_t)n;
  return CLI_OK;
}

cli_status cli_file_read(const char *path, size_t max, char **data, size_t *size, cli_error *err) {
  *data = NULL;
  *size = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return errno == ENOENT || errno == ENOTDIR ? CLI_OK : cli_fail_errno(err, errno, path);
  }
  cli_status status = read_open(fd, path, max, data, size, err);
  close(fd);
  return status;
}

/* mkdir -p of path[0..size), in place. */
static cli_status make_folders(char *path, cli_error *err) {
  for (char *c = path;; c++) {
    if (*c != '/' && *c != '\0') continue;
    char ended = *c;
    *c = '\0';
    if (*path != '\0' && mkdir(path, 0777) != 0) {
      const int reason = errno;
      if (reason != EEXIST && !cli_file_exists(path)) return cli_fail_errno(err, reason, path);
    }
    *c = ended;
    if (ended == '\0') return CLI_OK;
  }
}

cli_status cli_folder_make(const char *path, cli_error *err) {
  char *copy = strdup(path);
  if (copy == NULL) return cli_fail_memory(err);
  cli_status status = make_folders(copy, err);
  free(copy);
  return status;
}

cli_status cli_folder_make_above(const char *path, cli_error *err) {
  const char *slash = strrchr(path, '/');
  if (slash == NULL) return CLI_OK;
  char *copy = strndup(path, (size_t)(slash - path));
  if (copy == NULL) return cli_fail_memory(err);
  cli_status status = make_folders(copy, err);
  free(copy);
  return status;
}
