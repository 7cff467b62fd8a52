/* A sealed index of which one file is anything: whatever it is, questions end, without a fault, in
 * results or in an error. Input: a byte that says which kind of file, then its bytes; the names
 * that the index has for it, which are digests, are made to fit. */
#include <stdint.h>

#include "index_sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition) abort();
}

/* Besides those that the boot file names: what tables and places name, and the boot file. */
enum { TEXTS = LODE_SEALED_LISTS, LIST, BOOT, KINDS };

/* Two indexes: vectors by document, and in lists. */
typedef struct sealed_index {
  sealed_files files;
  lode_arena arena;
  lode_sealed_boot boot;
} sealed_index;

static sealed_index indexes[2];

/* Once: written to a folder, and read into memory. */
static void make_index(search_fixture *f, sealed_index *out, size_t lists_from) {
  char folder[] = "/tmp/lode-fuzz-sealed-XXXXXX";
  require(mkdtemp(folder) != NULL);
  require(sealed_write(f, folder, lists_from) == LODE_OK);
  require(sealed_read(folder, &out->files));
  sealed_remove(folder);
  require(lode_sealed_boot_read(out->files.boot.data, out->files.boot.size, &out->arena, &out->boot,
                                NULL) == LODE_OK);
}

static void make_indexes(void) {
  static search_fixture f;
  require(search_open(&f, sealed_pages, SEALED_PAGES, true, 1) == LODE_OK);
  for (size_t i = 0; i < 2; i++) make_index(&f, &indexes[i], i == 0 ? 0 : SEALED_LISTS);
  search_close(&f);
  for (int list = 0; list < LODE_SEALED_LISTS; list++) {
    require(indexes[0].boot.lists[list].count + indexes[1].boot.lists[list].count > 0);
  }
}

/* ---------------------------------------------------------------- asking */

/* Files that are in the place of the index's own. */
typedef struct changed {
  const sealed_index *index;
  const sealed_file *list; /* [count] */
  size_t count;
} changed;

static const sealed_file *find_file(const changed *c, const char *name) {
  for (size_t i = 0; i < c->count; i++) {
    if (strcmp(c->list[i].name, name) == 0) return &c->list[i];
  }
  for (size_t i = 0; i < c->index->files.count; i++) {
    const sealed_file *file = &c->index->files.list[i];
    if (strcmp(file->name, name) == 0) return file;
  }
  return NULL;
}

static lode_status fetch(lode_site *site, const changed *c) {
  while (lode_site_needs(site) > 0) {
    const sealed_file *file = find_file(c, lode_site_need(site, 0, NULL));
    if (file == NULL) return LODE_E_NOT_FOUND;
    const lode_status status = lode_site_give(site, file->name, file->data, file->size, NULL);
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
                const changed *c) {
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
    if (fetch(site, c) != LODE_OK) return;
  }
  require(status == LODE_OK || status == LODE_E_FORMAT || status == LODE_E_UNSUPPORTED);
  require(status == LODE_OK || err.text[0] != '\0');
  if (status == LODE_OK) check(results);
  lode_results_free(results);
  const char *json;
  for (rounds = 0; status == LODE_OK && rounds < 100; rounds++) {
    const lode_status counted = lode_site_counts(site, &json, &err);
    require(counted == LODE_OK || counted == LODE_E_BUSY || counted == LODE_E_FORMAT);
    if (counted != LODE_E_BUSY || fetch(site, c) != LODE_OK) break;
  }
  require(rounds < 100);
}

static void ask_all(const uint8_t *bytes, size_t size, const changed *c, int near) {
  static const char *const queries[] = {"install",     "\"cat sleeps\" kitten",
                                        "getUserName", "kiten",
                                        "東京 -linux", "the of zzz",
                                        "cats",        "insta"};
  static const char *const filters[] = {"tag=pet"};
  lode_site *site;
  if (lode_site_open(bytes, size, &site, NULL) != LODE_OK) return;
  require(lode_site_set_near(site, near, NULL) == LODE_OK);
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
    ask(site, queries[i], &options, c);
  }
  lode_site_free(site);
}

/* ---------------------------------------------------------------- fitting */

/* A copy of the one file of that list, with another name [size] at a place in it; and the entry of
 * it. */
static void rename_in(const sealed_index *index, unsigned list, size_t at, const uint8_t *name,
                      size_t size, sealed_file *out, lode_sealed_entry *entry) {
  const changed none = {.index = index};
  char real[LODE_SEALED_FILE];
  *entry = index->boot.lists[list].list[0];
  lode_sealed_file(entry->name, real);
  const sealed_file *file = find_file(&none, real);
  require(file != NULL && file->size >= at + size);
  out->size = file->size;
  out->data = malloc(file->size);
  require(out->data != NULL);
  memcpy(out->data, file->data, file->size);
  memcpy(out->data + at, name, size);
  lode_sealed_name(out->data, out->size, entry->name);
  lode_sealed_file(entry->name, out->name);
}

static void fit(const sealed_index *index, unsigned kind, uint8_t *data, size_t size, int near) {
  uint8_t digest[LODE_SEALED_NAME];
  sealed_file own[2] = {{.data = data, .size = size}};
  lode_sealed_boot now = index->boot;
  lode_sealed_entry entry = {.key = {"", 0}};
  const unsigned list = kind == TEXTS  ? LODE_SEALED_TABLES
                        : kind == LIST ? LODE_SEALED_PLACES
                                       : kind;
  if (now.lists[list].count == 0) return;
  lode_sealed_name(data, size, digest);
  lode_sealed_file(digest, own[0].name);
  if (list == kind) {
    entry = now.lists[list].list[0];
    memcpy(entry.name, digest, sizeof digest);
    entry.size = size;
  } else if (kind == TEXTS) { /* the first name in it is behind its kind and a number */
    rename_in(index, list, LODE_SEALED_KIND + 1, digest + LODE_SEALED_NUMBERED,
              LODE_SEALED_TEXT_NAME, &own[1], &entry);
  } else { /* or two */
    rename_in(index, list, LODE_SEALED_KIND + 2, digest, sizeof digest, &own[1], &entry);
  }
  now.lists[list] = (lode_sealed_entries){&entry, 1};
  lode_bytes bytes = {0};
  lode_sealed_boot_write(&now, &bytes);
  require(!bytes.failed);
  const changed c = {.index = index, .list = own, .count = list == kind ? 1 : 2};
  ask_all(lode_bytes_data(&bytes), bytes.size, &c, near);
  lode_bytes_free(&bytes);
  free(own[1].data);
}

/* The boot file itself: as it is, and with the digest at its end that it would have. */
static void ask_boot(const sealed_index *index, const uint8_t *data, size_t size) {
  const changed c = {.index = index};
  ask_all(data, size, &c, 0);
  lode_bytes bytes = {0};
  uint8_t digest[LODE_SEALED_NAME];
  lode_bytes_add(&bytes, data, size);
  if (size > 0) lode_sealed_name(data, size, digest);
  if (size > 0) lode_bytes_add(&bytes, digest, LODE_SEALED_CHECK);
  require(!bytes.failed);
  if (size > 0) ask_all(lode_bytes_data(&bytes), bytes.size, &c, 1);
  lode_bytes_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (indexes[0].files.count == 0) make_indexes();
  if (size == 0) return 0;
  const unsigned kind = data[0] % KINDS;
  const int lists = kind == LIST || kind == LODE_SEALED_CENTRES || kind == LODE_SEALED_PLACES;
  const sealed_index *index = &indexes[lists];
  if (kind == BOOT) {
    ask_boot(index, data + 1, size - 1);
    return 0;
  }
  uint8_t *copy = malloc(size);
  require(copy != NULL);
  memcpy(copy, data + 1, size - 1);
  fit(index, kind, copy, size - 1, lists && data[0] / KINDS % 2 == 0);
  free(copy);
  return 0;
}
