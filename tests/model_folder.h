/* A model directory read into memory, so that a test can change or leave out files before
 * it opens the model with lode_model_open_memory. */
#ifndef LODE_TESTS_MODEL_FOLDER_H
#define LODE_TESTS_MODEL_FOLDER_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lode.h"

enum { MODEL_FILES_MAX = 32 };

typedef struct model_files {
  lode_file_data files[MODEL_FILES_MAX]; /* data is malloc'ed */
  size_t count;
} model_files;

/* "<source>/tests/data/models/<name>", or with name NULL the folder of all of them. */
static inline const char *fixture_path(const char *name, char *path, size_t size) {
  const char *source = getenv("LODE_SOURCE_DIR");
  snprintf(path, size, "%s/tests/data/models%s%s", source ? source : ".", name ? "/" : "",
           name ? name : "");
  return path;
}

/* All of a file in memory, NUL after its end; NULL when it cannot be read. */
static inline char *read_whole(const char *path, size_t *size) {
  FILE *f = fopen(path, "rb");
  if (!f) return NULL;
  fseek(f, 0, SEEK_END);
  const long length = ftell(f);
  rewind(f);
  char *data = length < 0 ? NULL : malloc((size_t)length + 1);
  if (data && fread(data, 1, (size_t)length, f) != (size_t)length) {
    free(data);
    data = NULL;
  }
  fclose(f);
  if (data) data[length] = '\0';
  if (data) *size = (size_t)length;
  return data;
}

/* Add the files of folder/inside, and of the folders in it, under their relative names. */
static inline void model_files_add(model_files *m, const char *folder, const char *inside) {
  char path[1024];
  if (snprintf(path, sizeof path, "%s/%s", folder, inside) >= (int)sizeof path) abort();
  DIR *dir = opendir(path);
  if (!dir) return;
  for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
    if (entry->d_name[0] == '.') continue;
    char name[512];
    const int n =
        snprintf(name, sizeof name, "%s%s%s", inside, inside[0] ? "/" : "", entry->d_name);
    if (n >= (int)sizeof name ||
        snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
      abort();
    }
    struct stat info;
    if (stat(path, &info) != 0) continue;
    if (S_ISDIR(info.st_mode)) {
      model_files_add(m, folder, name);
      continue;
    }
    size_t size = 0;
    char *data = read_whole(path, &size);
    if (!data || m->count == MODEL_FILES_MAX) abort();
    m->files[m->count++] = (lode_file_data){strdup(name), data, size};
  }
  closedir(dir);
}

static inline model_files model_files_read(const char *folder) {
  model_files m = {.count = 0};
  model_files_add(&m, folder, "");
  return m;
}

static inline void model_files_drop(lode_file_data *file) {
  free((void *)(uintptr_t)file->data);
  free((void *)(uintptr_t)file->name);
}

static inline void model_files_free(model_files *m) {
  for (size_t i = 0; i < m->count; i++) model_files_drop(&m->files[i]);
  m->count = 0;
}

static inline lode_file_data *model_files_find(model_files *m, const char *name) {
  for (size_t i = 0; i < m->count; i++) {
    if (strcmp(m->files[i].name, name) == 0) return &m->files[i];
  }
  return NULL;
}

/* Add a file, or put `size` bytes in place of what it holds; takes a copy. */
static inline void model_files_put(model_files *m, const char *name, const void *data,
                                   size_t size) {
  char *copy = malloc(size + 1);
  if (!copy || m->count == MODEL_FILES_MAX) abort();
  memcpy(copy, data, size);
  copy[size] = '\0';
  lode_file_data *file = model_files_find(m, name);
  if (file) {
    free((void *)(uintptr_t)file->data);
  } else {
    file = &m->files[m->count++];
    file->name = strdup(name);
  }
  file->data = copy;
  file->size = size;
}

static inline void model_files_remove(model_files *m, const char *name) {
  lode_file_data *file = model_files_find(m, name);
  if (!file) return;
  model_files_drop(file);
  *file = m->files[--m->count];
}

/* Replace the first `from` in a text file by `to`; false when it is not there. */
static inline int model_files_edit(model_files *m, const char *name, const char *from,
                                   const char *to) {
  const lode_file_data *file = model_files_find(m, name);
  const char *text = file ? file->data : "";
  const char *at = strstr(text, from);
  if (!at) return 0;
  const size_t head = (size_t)(at - text);
  const size_t tail = strlen(at + strlen(from));
  const size_t size = head + strlen(to) + tail;
  char *edited = malloc(size + 1);
  if (!edited) abort();
  memcpy(edited, text, head);
  memcpy(edited + head, to, strlen(to));
  memcpy(edited + head + strlen(to), at + strlen(from), tail + 1);
  model_files_put(m, name, edited, size);
  free(edited);
  return 1;
}

#endif
