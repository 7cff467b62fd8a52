#include "site_assets.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtin.h"
#include "files.h"
#include "output.h"
#include "session.h"

enum { ASSET_MAX = 64 << 20, PATH_BYTES = 4096 };

static char *join(const char *folder, const char *file) {
  const size_t n = strlen(folder), m = strlen(file);
  char *path = malloc(n + m + 2);
  if (path != NULL) (void)snprintf(path, n + m + 2, "%s/%s", folder, file);
  return path;
}

/* The file with these bytes, unless it has them already. */
static cli_status put(const char *path, const void *data, size_t size, cli_error *err) {
  char *there = NULL;
  size_t there_size = 0;
  cli_status status = CLI_OK;
  if (cli_file_size(path) == (int64_t)size) {
    status = cli_file_read(path, size, &there, &there_size, err);
  }
  const bool same =
      there != NULL && data != NULL && there_size == size && memcmp(there, data, size) == 0;
  free(there);
  if (status != CLI_OK || same) return status;
  cli_output *out;
  status = cli_output_open(path, &out, err);
  if (status != CLI_OK) return status;
  cli_output_write(out, data, size);
  return cli_output_close(out, err);
}

/* ------------------------------------------------------------------ scripts */

cli_status cli_site_assets_find(char **out, cli_error *err) {
  *out = NULL;
  const char *given = getenv("LODE_SITE_ASSETS");
  if (given != NULL && *given != '\0') {
    if (!cli_file_exists(given)) {
      return cli_fail(err, CLI_E_RUN, "$LODE_SITE_ASSETS: %s: no such folder", given);
    }
    *out = strdup(given);
    return *out != NULL ? CLI_OK : cli_fail_memory(err);
  }
  char program[PATH_BYTES];
  const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
  if (n <= 0) return CLI_OK;
  program[n] = '\0';
  /* Beside the program: a build folder. Above: what is installed, PREFIX/bin. */
  for (int up = 0; up < 2; up++) {
    char *slash = strrchr(program, '/');
    if (slash == NULL) return CLI_OK;
    *slash = '\0';
    char *path = join(program, "share/lode/site");
    if (path == NULL) return cli_fail_memory(err);
    if (cli_file_exists(path)) {
      *out = path;
      return CLI_OK;
    }
    free(path);
  }
  return CLI_OK;
}

static cli_status copy_file(const char *from, const char *to, int64_t *bytes, cli_error *err) {
  char *data = NULL;
  size_t size = 0;
  cli_status status = cli_file_read(from, ASSET_MAX, &data, &size, err);
  if (status == CLI_OK && data != NULL) {
    status = put(to, data, size, err);
    *bytes += (int64_t)size;
  }
  free(data);
  return status;
}

cli_status cli_site_assets_copy(const char *from, const char *to, int64_t *bytes, cli_error *err) {
  DIR *dir = opendir(from);
  if (dir == NULL) return cli_fail_errno(err, errno, from);
  cli_status status = CLI_OK;
  const struct dirent *entry;
  while (status == CLI_OK && (entry = readdir(dir)) != NULL) {
    if (entry->d_name[0] == '.') continue;
    char *source = join(from, entry->d_name);
    char *target = join(to, entry->d_name);
    if (source == NULL || target == NULL) {
      status = cli_fail_memory(err);
    } else if (cli_file_size(source) >= 0) {
      status = copy_file(source, target, bytes, err);
    }
    free(source);
    free(target);
  }
  (void)closedir(dir);
  return status;
}

/* ------------------------------------------------------------------ the model */

typedef struct memory {
  char *data;
  size_t size;
  size_t room;
} memory;

static int keep(void *context, const void *data, size_t size) {
  memory *m = context;
  if (size > m->room - m->size) {
    const size_t room = m->room + m->room / 2 + size;
    char *more = realloc(m->data, room);
    if (more == NULL) return 1;
    m->data = more;
    m->room = room;
  }
  if (size > 0 && m->data != NULL) memcpy(m->data + m->size, data, size);
  m->size += size;
  return 0;
}

/* A bundle as it is, or made of a directory. */
static cli_status read_model(const cli_collection *c, memory *out, cli_error *err) {
  static const char ending[] = ".lode-model";
  const char *path = c->model_path;
  const lode_file_data *builtin = strcmp(path, CLI_BUILTIN) == 0 ? cli_builtin_model() : NULL;
  if (builtin != NULL) {
    return keep(out, builtin->data, builtin->size) == 0 ? CLI_OK : cli_fail_memory(err);
  }
  const size_t n = strlen(path), end = sizeof ending - 1;
  if (n > end && strcmp(path + n - end, ending) == 0) {
    cli_status status = cli_file_read(path, SIZE_MAX / 4, &out->data, &out->size, err);
    if (status == CLI_OK && out->data == NULL) {
      status = cli_fail(err, CLI_E_MODEL, "%s: no such file", path);
    }
    return status;
  }
  lode_error cause;
  return lode_model_save(c->model, keep, out, &cause) == LODE_OK ? CLI_OK
                                                                 : cli_fail_lode(err, &cause);
}

/* NAME-DIGITS.lode-model, the digits being those of its bytes (FNV-1a). */
static char *name_model(const char *path, const memory *m) {
  const char *name = cli_model_name(path);
  size_t n = strcspn(name, "/");
  static const char ending[] = ".lode-model";
  const size_t end = sizeof ending - 1;
  if (n > end && memcmp(name + n - end, ending, end) == 0) n -= end;
  uint64_t hash = UINT64_C(14695981039346656037);
  for (size_t i = 0; i < m->size; i++) {
    hash = (hash ^ (unsigned char)m->data[i]) * UINT64_C(1099511628211);
  }
  char *out = malloc(n + 32);
  if (out != NULL) {
    (void)snprintf(out, n + 32, "%.*s-%08lx%s", (int)n, name,
                   (unsigned long)(hash >> 32 ^ (hash & 0xffffffff)), ending);
  }
  return out;
}

cli_status cli_site_model_copy(const cli_collection *c, const char *to, char **name, int64_t *bytes,
                               cli_error *err) {
  memory m = {NULL, 0, 0};
  *name = NULL;
  cli_status status = read_model(c, &m, err);
  if (status == CLI_OK) {
    *name = name_model(c->model_path, &m);
    char *path = *name != NULL ? join(to, *name) : NULL;
    status = path != NULL ? put(path, m.data, m.size, err) : cli_fail_memory(err);
    free(path);
  }
  *bytes = (int64_t)m.size;
  free(m.data);
  if (status != CLI_OK) {
    free(*name);
    *name = NULL;
  }
  return status;
}
