/* Documents to put into a store, made from numbers, and what the tests of the store do often. */
#ifndef INDEX_STORE_H
#define INDEX_STORE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index/store/store.h"

enum { STORE_DIM = 24, STORE_PROBES = 2, STORE_CHUNKS_MAX = 64 };

/* A call that must succeed and says why not in f->err; for files that include cmocka. */
#define ok(f, call)                                                  \
  do {                                                               \
    lode_error_clear(&(f)->err);                                     \
    if ((call) != LODE_OK) fail_msg("%s: %s", #call, (f)->err.text); \
  } while (0)

/* ---------------------------------------------------------------- files */

/* A folder of the test's own, and the name of a file in it. In memory where the system has such
 * folders: nothing has to wait for a disk. */
typedef struct store_place {
  char folder[256];
  char path[300];
} store_place;

static inline bool store_place_make(store_place *place) {
  const char *base = getenv("TMPDIR");
  if (base == NULL) base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
  (void)snprintf(place->folder, sizeof place->folder, "%s/lode-store-XXXXXX", base);
  if (mkdtemp(place->folder) == NULL) return false;
  (void)snprintf(place->path, sizeof place->path, "%s/a.lode", place->folder);
  return true;
}

static inline void store_place_beside(const store_place *place, const char *end, char out[320]) {
  (void)snprintf(out, 320, "%s%s", place->path, end);
}

static inline void store_place_remove(const store_place *place) {
  static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
  (void)chmod(place->folder, 0700);
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    char name[320];
    store_place_beside(place, ends[i], name);
    (void)unlink(name);
  }
  (void)rmdir(place->folder);
}

static inline int64_t store_file_size(const char *path) {
  struct stat s;
  return stat(path, &s) == 0 ? (int64_t)s.st_size : -1;
}

/* Bytes of a file, to be freed; NULL: it could not be read. */
static inline char *store_file_read(const char *path, size_t *size) {
  const int64_t has = store_file_size(path);
  FILE *file = has >= 0 ? fopen(path, "rb") : NULL;
  if (file == NULL) return NULL;
  char *data = malloc((size_t)has + 1);
  *size = data != NULL ? fread(data, 1, (size_t)has + 1, file) : 0;
  if (fclose(file) == 0 && *size == (size_t)has) return data;
  free(data);
  return NULL;
}

static inline bool store_file_write(const char *path, const void *data, size_t size) {
  FILE *file = fopen(path, "wb");
  if (file == NULL) return false;
  const bool written = fwrite(data, 1, size, file) == size;
  return fclose(file) == 0 && written;
}

/* ---------------------------------------------------------------- documents */

/* The vector of the chunk that `seed` names: small whole numbers, so that int8 has them exactly up
 * to the scale. */
static inline void store_vector(uint64_t seed, float out[STORE_DIM]) {
  uint64_t x = seed * 0x9e3779b97f4a7c15u + 1;
  for (int i = 0; i < STORE_DIM; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    out[i] = (float)((int)(x % 201) - 100);
  }
  out[0] = 127.0f;
}

static inline void store_hash(uint64_t seed, uint8_t *out, size_t size) {
  uint64_t x = seed * 0xd1342543de82ef95u + 7;
  for (size_t i = 0; i < size; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    out[i] = (uint8_t)(x >> 24);
  }
}

/* A document of n chunks, each of one line; seeds[i] says what chunk i is. */
typedef struct store_sample {
  lode_store_document_put put;
  lode_store_chunk_put chunks[STORE_CHUNKS_MAX];
  float vectors[STORE_CHUNKS_MAX][STORE_DIM];
  char key[64];
  char title[64];
  char headings[64];
  char body[STORE_CHUNKS_MAX * 64];
} store_sample;

static inline lode_text store_text(const char *s) {
  return (lode_text){s, strlen(s)};
}

static inline void store_sample_make(store_sample *s, int64_t source, uint64_t number,
                                     const uint64_t *seeds, size_t n) {
  memset(s, 0, sizeof *s);
  (void)snprintf(s->key, sizeof s->key, "doc/%llu.md", (unsigned long long)number);
  (void)snprintf(s->title, sizeof s->title, "Title number%llu", (unsigned long long)number);
  (void)snprintf(s->headings, sizeof s->headings, "Heading%llu", (unsigned long long)number);
  size_t used = 0;
  uint64_t all = n;
  for (size_t i = 0; i < n; i++) {
    lode_store_chunk_put *c = &s->chunks[i];
    c->begin = (uint32_t)used;
    used += (size_t)snprintf(s->body + used, sizeof s->body - used, "running words w%llu here\n",
                             (unsigned long long)seeds[i]);
    c->end = (uint32_t)used - 1;
    c->source_begin = c->begin + 10;
    c->source_end = c->end + 20;
    c->path = store_text("A > B");
    c->anchor = store_text("b");
    store_hash(seeds[i], c->hash, sizeof c->hash);
    store_vector(seeds[i], s->vectors[i]);
    c->vector = s->vectors[i];
    all = all * 31 + seeds[i];
  }
  s->put = (lode_store_document_put){
      .source = source,
      .key = store_text(s->key),
      .title = store_text(s->title),
      .url = store_text("https://example.org/"),
      .metadata = store_text("{\"a\":1}"),
      .headings = store_text(s->headings),
      .body = store_text(s->body),
      .language = LODE_LANGUAGE_EN,
      .format = LODE_FORMAT_MARKDOWN,
      .size = (int64_t)used,
      .mtime_ns = 1000 + (int64_t)number,
      .chunks = s->chunks,
      .chunk_count = n,
      .vectors = true,
  };
  store_hash(all, s->put.hash, sizeof s->put.hash);
}

static inline lode_status store_set_sample_model(lode_store *store, lode_dtype dtype,
                                                 lode_error *err) {
  float probes[STORE_PROBES * STORE_DIM];
  for (int i = 0; i < STORE_PROBES; i++) store_vector((uint64_t)i + 900, probes + i * STORE_DIM);
  const lode_store_model model = {"a model", STORE_DIM, dtype, probes, STORE_PROBES, "{}"};
  return lode_store_set_model(store, &model, err);
}

#endif
