/* A sealed index for tests: written from a small collection, read into memory, asked. */
#ifndef INDEX_SEALED_H
#define INDEX_SEALED_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "index/sealed/sealed.h"
#include "index/sealed/write.h"
#include "index_search.h"

static const search_page sealed_pages[] = {
    {"a.md", "Cats", "The cat sleeps on the windowsill.\n\nA kitten plays with wool.", "Cats",
     "{\"tag\":[\"pet\",\"small\"]}", LODE_LANGUAGE_EN, 1},
    {"b.md", "Install on Linux", "Install getUserName, then run it.\n\nInstalling takes a minute.",
     "Install", NULL, LODE_LANGUAGE_EN, 2},
    {"c.md", "東京", "東京都は日本の首都である。", NULL, NULL, LODE_LANGUAGE_NONE, 3}};

enum {
  SEALED_PAGES = sizeof sealed_pages / sizeof *sealed_pages,
  SEALED_FILES_MAX = 64,
  SEALED_LISTS = 1 /* lode_sealed_options.lists_from: vectors lie in lists */
};

typedef struct sealed_file {
  char name[LODE_SEALED_FILE];
  uint8_t *data;
  size_t size;
} sealed_file;

/* All files of a folder but the boot file, which is `boot`. */
typedef struct sealed_files {
  sealed_file boot;
  sealed_file list[SEALED_FILES_MAX];
  size_t count;
} sealed_files;

static inline lode_status sealed_write(search_fixture *f, const char *folder, size_t lists_from) {
  const lode_sealed_options options = {.weight = 0.3F, .lists_from = lists_from};
  lode_site_report report;
  return lode_sealed_write(f->store, folder, &options, &report, &f->err);
}

static inline bool sealed_read_file(const char *folder, const char *name, sealed_file *out) {
  char path[512];
  lode_file mapped = {0};
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  (void)snprintf(out->name, sizeof out->name, "%.*s", (int)sizeof out->name - 1, name);
  if (lode_file_map(path, &mapped, NULL) != LODE_OK) return false;
  out->size = mapped.size;
  out->data = malloc(mapped.size + 1);
  if (out->data != NULL && mapped.size > 0) memcpy(out->data, mapped.data, mapped.size);
  lode_file_close(&mapped);
  return out->data != NULL;
}

/* Of a folder that has nothing else. */
static inline bool sealed_read(const char *folder, sealed_files *out) {
  DIR *dir = opendir(folder);
  const struct dirent *entry;
  bool good = dir != NULL && sealed_read_file(folder, LODE_SEALED_BOOT, &out->boot);
  while (good && (entry = readdir(dir)) != NULL) {
    uint8_t name[LODE_SEALED_NAME];
    if (!lode_sealed_name_of(entry->d_name, name)) continue;
    good = out->count < SEALED_FILES_MAX &&
           sealed_read_file(folder, entry->d_name, &out->list[out->count++]);
  }
  if (dir != NULL) (void)closedir(dir);
  return good;
}

static inline void sealed_files_free(sealed_files *files) {
  for (size_t i = 0; i < files->count; i++) free(files->list[i].data);
  free(files->boot.data);
  *files = (sealed_files){.count = 0};
}

/* The folder, and all that is in it; it has no folders. */
static inline void sealed_remove(const char *folder) {
  char path[512];
  DIR *dir = opendir(folder);
  const struct dirent *entry;
  while (dir != NULL && (entry = readdir(dir)) != NULL) {
    (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (entry->d_name[0] != '.') (void)unlink(path);
  }
  if (dir != NULL) (void)closedir(dir);
  (void)rmdir(folder);
}

/* Gives what is needed. LODE_E_NOT_FOUND: there is no such file. */
static inline lode_status sealed_fetch(lode_site *site, const sealed_files *files,
                                       lode_error *err) {
  while (lode_site_needs(site) > 0) {
    const char *name = lode_site_need(site, 0, NULL);
    size_t i = 0;
    while (i < files->count && strcmp(files->list[i].name, name) != 0) i++;
    if (i == files->count) return LODE_E_NOT_FOUND;
    const sealed_file *file = &files->list[i];
    const lode_status status = lode_site_give(site, file->name, file->data, file->size, err);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

/* *results: of the question; with its vector, if it is not by words alone. */
static inline lode_status sealed_ask(lode_site *site, const sealed_files *files, const char *query,
                                     const lode_index_search_options *options,
                                     lode_results **results, lode_error *err) {
  lode_status status = lode_site_ask(site, store_text(query), options, err);
  if (status == LODE_OK && options->mode != LODE_INDEX_KEYWORD) {
    float vector[SEARCH_DIM];
    search_vector(query, strlen(query), vector);
    status = lode_site_set_vector(site, vector, SEARCH_DIM, err);
  }
  if (status != LODE_OK) return status;
  while ((status = lode_site_results(site, results, err)) == LODE_E_BUSY) {
    status = sealed_fetch(site, files, err);
    if (status != LODE_OK) return status;
  }
  return status;
}

#endif
