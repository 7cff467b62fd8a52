/* A sealed index of which one file is anything: whatever it is, questions end, without a fault, in
 * results or in an error. Input: a byte that says which kind of file, then its bytes; the names
 * that the index has for it, which are digests, are made to fit. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "index/sealed/sealed.h"
#include "index/sealed/write.h"
#include "index_search.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition) abort();
}

static const search_page pages[] = {
    {"a.md", "Cats", "The cat sleeps on the windowsill.\n\nA kitten plays with wool.", "Cats",
     "{\"tag\":[\"pet\",\"small\"]}", LODE_LANGUAGE_EN, 1},
    {"b.md", "Install on Linux", "Install getUserName, then run it.\n\nInstalling takes a minute.",
     "Install", NULL, LODE_LANGUAGE_EN, 2},
    {"c.md", "東京", "東京都は日本の首都である。", NULL, NULL, LODE_LANGUAGE_NONE, 3}};

enum { FILES_MAX = 64, TEXTS = LODE_SEALED_LISTS, BOOT = TEXTS + 1, KINDS = BOOT + 1 };

typedef struct file {
  char name[LODE_SEALED_FILE];
  uint8_t *data;
  size_t size;
} file;

static file files[FILES_MAX];
static size_t file_count;
static file boot;
static lode_arena arena;
static lode_sealed_boot parsed;

static void read_file(const char *folder, const char *name, file *out) {
  char path[512];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  lode_file mapped = {0};
  require(lode_file_map(path, &mapped, NULL) == LODE_OK && mapped.size > 0);
  out->size = mapped.size;
  out->data = malloc(mapped.size);
  require(out->data != NULL);
  memcpy(out->data, mapped.data, mapped.size);
  lode_file_close(&mapped);
  (void)snprintf(out->name, sizeof out->name, "%s", name);
  require(unlink(path) == 0);
}

/* The index, once: written to a folder, and read into memory. */
static void make_index(void) {
  static search_fixture f;
  char folder[] = "/tmp/lode-fuzz-sealed-XXXXXX";
  require(search_open(&f, pages, sizeof pages / sizeof *pages, true, 1) == LODE_OK);
  require(mkdtemp(folder) != NULL);
  const lode_sealed_options options = {.weight = 0.3F};
  lode_sealed_report report;
  require(lode_sealed_write(f.store, folder, &options, &report, &f.err) == LODE_OK);
  search_close(&f);
  DIR *dir = opendir(folder);
  require(dir != NULL);
  const struct dirent *entry;
  while ((entry = readdir(dir)) != NULL) {
    if (entry->d_name[0] == '.') continue;
    if (strcmp(entry->d_name, LODE_SEALED_BOOT) == 0) continue;
    require(file_count < FILES_MAX);
    read_file(folder, entry->d_name, &files[file_count++]);
  }
  require(closedir(dir) == 0);
  char name[LODE_SEALED_FILE] = LODE_SEALED_BOOT;
  read_file(folder, name, &boot);
  require(rmdir(folder) == 0);
  require(lode_sealed_boot_read(boot.data, boot.size, &arena, &parsed, NULL) == LODE_OK);
  for (int list = 0; list < LODE_SEALED_LISTS; list++) {
    require(list == LODE_SEALED_CODES || parsed.lists[list].count > 0);
  }
}

/* ---------------------------------------------------------------- asking */

typedef struct changed {
  const char *name;
  const uint8_t *data;
  size_t size;
} changed;

static lode_status give(lode_site *site, const char *name, const changed *own, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (strcmp(own[i].name, name) == 0) {
      return lode_site_give(site, name, own[i].data, own[i].size, NULL);
    }
  }
  for (size_t i = 0; i < file_count; i++) {
    if (strcmp(files[i].name, name) == 0) {
      return lode_site_give(site, name, files[i].data, files[i].size, NULL);
    }
  }
  return LODE_E_NOT_FOUND;
}

static lode_status fetch(lode_site *site, const changed *own, size_t n) {
  while (lode_site_needs(site) > 0) {
    char name[LODE_SEALED_FILE];
    (void)snprintf(name, sizeof name, "%s", lode_site_need(site, 0, NULL));
    const lode_status status = give(site, name, own, n);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

static void check(const lode_results *results) {
  for (size_t i = 0; i < results->count; i++) {
    const lode_result *r = &results->list[i];
    require(strlen(r->title) + strlen(r->id) + strlen(r->url) + strlen(r->anchor) < SIZE_MAX);
    require(r->snippet.begin <= r->snippet.end && r->snippet.end <= strlen(r->text));
    for (size_t m = 0; m < r->mark_count; m++) {
      require(r->snippet.begin <= r->marks[m].begin && r->marks[m].end <= r->snippet.end);
    }
  }
}

static void ask(lode_site *site, const char *query, const lode_index_search_options *options,
                const changed *own, size_t n) {
  lode_error err;
  lode_results *results = NULL;
  require(lode_site_ask(site, (lode_text){query, strlen(query)}, options, &err) == LODE_OK);
  if (options->mode == LODE_INDEX_HYBRID) {
    float vector[SEARCH_DIM];
    search_vector(query, strlen(query), vector);
    (void)lode_site_set_vector(site, vector, SEARCH_DIM, &err);
  }
  lode_status status;
  int rounds = 0;
  while ((status = lode_site_results(site, &results, &err)) == LODE_E_BUSY) {
    require(lode_site_needs(site) > 0 && ++rounds < 100);
    if (fetch(site, own, n) != LODE_OK) return;
  }
  require(status == LODE_OK || status == LODE_E_FORMAT || status == LODE_E_UNSUPPORTED);
  require(status == LODE_OK || err.text[0] != '\0');
  if (status == LODE_OK) check(results);
  lode_results_free(results);
}

static void ask_all(const uint8_t *bytes, size_t size, const changed *own, size_t n) {
  static const char *const queries[] = {"install",     "\"cat sleeps\" kitten",
                                        "getUserName", "kiten",
                                        "東京 -linux", "the of zzz",
                                        "cats",        "insta"};
  static const char *const filters[] = {"tag=pet"};
  lode_site *site;
  if (lode_site_open(bytes, size, &site, NULL) != LODE_OK) return;
  lode_site_info info = LODE_SITE_INFO_INIT;
  require(lode_site_get_info(site, &info, NULL) == LODE_OK);
  for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
    lode_index_search_options options = LODE_INDEX_SEARCH_OPTIONS_INIT;
    options.mode = i % 2 == 0 ? LODE_INDEX_HYBRID : LODE_INDEX_KEYWORD;
    options.typing = i == 7;
    options.by_chunk = i == 1;
    options.all = i % 3 == 0;
    options.filters = filters;
    options.filter_count = i == 6;
    ask(site, queries[i], &options, own, n);
  }
  lode_site_free(site);
}

/* ---------------------------------------------------------------- fitting */

static void fit(unsigned kind, const uint8_t *data, size_t size) {
  uint8_t digest[LODE_SEALED_NAME];
  char name[LODE_SEALED_FILE], table_name[LODE_SEALED_FILE];
  changed own[2] = {{name, data, size}};
  size_t n = 1;
  lode_sealed_boot now = parsed;
  lode_sealed_entry entry, table_entry;
  uint8_t *table = NULL;
  lode_sealed_name(data, size, digest);
  lode_sealed_file(digest, name);
  unsigned list = kind == TEXTS ? LODE_SEALED_TABLES : kind;
  if (parsed.lists[list].count == 0) return;
  entry = parsed.lists[list].list[0];
  memcpy(entry.name, digest, sizeof digest);
  entry.size = size;
  now.lists[list] = (lode_sealed_entries){&entry, 1};
  if (kind == TEXTS) { /* the first name in the table is behind its kind and a count */
    char real[LODE_SEALED_FILE];
    table_entry = parsed.lists[list].list[0];
    lode_sealed_file(table_entry.name, real);
    size_t i = 0;
    while (i < file_count && strcmp(files[i].name, real) != 0) i++;
    require(i < file_count);
    table = malloc(files[i].size);
    require(table != NULL);
    memcpy(table, files[i].data, files[i].size);
    memcpy(table + LODE_SEALED_KIND + 1, digest, sizeof digest);
    lode_sealed_name(table, files[i].size, table_entry.name);
    lode_sealed_file(table_entry.name, table_name);
    own[n++] = (changed){table_name, table, files[i].size};
    now.lists[list] = (lode_sealed_entries){&table_entry, 1};
  }
  lode_bytes bytes = {0};
  lode_sealed_boot_write(&now, &bytes);
  require(!bytes.failed);
  ask_all(lode_bytes_data(&bytes), bytes.size, own, n);
  lode_bytes_free(&bytes);
  free(table);
}

/* The boot file itself: as it is, and with the digest at its end that it would have. */
static void ask_boot(const uint8_t *data, size_t size) {
  ask_all(data, size, NULL, 0);
  lode_bytes bytes = {0};
  uint8_t digest[LODE_SEALED_NAME];
  lode_bytes_add(&bytes, data, size);
  if (size > 0) lode_sealed_name(data, size, digest);
  if (size > 0) lode_bytes_add(&bytes, digest, LODE_SEALED_CHECK);
  require(!bytes.failed);
  if (size > 0) ask_all(lode_bytes_data(&bytes), bytes.size, NULL, 0);
  lode_bytes_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (file_count == 0) make_index();
  if (size == 0) return 0;
  const unsigned kind = data[0] % KINDS;
  if (kind == BOOT) {
    ask_boot(data + 1, size - 1);
  } else {
    fit(kind, data + 1, size - 1);
  }
  return 0;
}
