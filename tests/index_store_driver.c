/* Works on a store until it is killed, for tests/test_index_store_crash.py.
 *
 *   index_store_driver FILE work LAST   goes on from the step that the store is at, to step LAST.
 *                                       Says "index 3", "update 4", "remove 5" or "compact 6" when
 *                                       it begins with one, and "done 3" when it is committed
 *   index_store_driver FILE check       says which step the store is at, if all that it has is
 *                                       what that step leaves behind
 *
 * What a step does depends on its number alone. */
#include "index_store.h"

enum { KEYS = 60, MARK = 1000 /* the document that says which step it is */ };

/* What should be there: the seeds of each document's chunks. */
typedef struct expected {
  size_t count[KEYS];
  uint64_t seeds[KEYS][STORE_CHUNKS_MAX];
} expected;

static lode_error err;

static int complain(const char *what) {
  fprintf(stderr, "%s: %s\n", what, err.text);
  return EXIT_FAILURE;
}

static uint64_t draw(uint64_t *state, uint64_t below) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (*state >> 33) % below;
}

static const char *kind_of(uint64_t step) {
  static const char *const kinds[] = {"index", "update", "remove", "compact"};
  return step < 3 ? kinds[0] : kinds[step % 4];
}

/* Which documents a step puts (with new seeds) or removes (count 0). changed [KEYS]. */
static void advance(expected *e, uint64_t step, bool changed[KEYS]) {
  uint64_t random = step * 977 + 3;
  const bool remove = strcmp(kind_of(step), "remove") == 0;
  memset(changed, 0, KEYS * sizeof *changed);
  if (strcmp(kind_of(step), "compact") == 0) return;
  for (int n = 0; n < 12; n++) {
    const uint64_t k = draw(&random, KEYS);
    changed[k] = true;
    if (remove) {
      e->count[k] = 0;
      continue;
    }
    e->count[k] = 1 + draw(&random, STORE_CHUNKS_MAX);
    for (size_t i = 0; i < e->count[k]; i++) {
      if (e->seeds[k][i] == 0 || draw(&random, 3) == 0) e->seeds[k][i] = 1 + draw(&random, 5000);
    }
  }
}

static void expect(expected *e, int64_t step) {
  bool changed[KEYS];
  memset(e, 0, sizeof *e);
  for (int64_t s = 0; s <= step; s++) advance(e, (uint64_t)s, changed);
}

static lode_text key_of(uint64_t k, char out[64]) {
  (void)snprintf(out, 64, "doc/%llu.md", (unsigned long long)k);
  return store_text(out);
}

/* ---------------------------------------------------------------- working */

/* The step that the store is at; -1: none yet. */
static lode_status find_step(lode_store *store, int64_t *step) {
  lode_arena arena = {0};
  lode_store_document d;
  char key[64];
  const lode_status status = lode_store_find(store, key_of(MARK, key), &arena, &d, &err);
  *step = status == LODE_OK ? d.size : -1;
  lode_arena_free(&arena);
  return status == LODE_E_NOT_FOUND ? LODE_OK : status;
}

static lode_status put_mark(lode_store *store, int64_t source, int64_t step) {
  static store_sample s;
  store_sample_make(&s, source, MARK, NULL, 0);
  s.put.size = step;
  return lode_store_put(store, &s.put, NULL, &err);
}

static lode_status put_document(lode_store *store, int64_t source, const expected *e, uint64_t k) {
  static store_sample s;
  store_sample_make(&s, source, k, e->seeds[k], e->count[k]);
  lode_status status = LODE_OK;
  for (size_t i = 0; i < e->count[k] && status == LODE_OK; i++) {
    bool has = false;
    status = lode_store_has_vector(store, s.chunks[i].hash, &has, &err);
    if (has) s.chunks[i].vector = NULL;
  }
  return status == LODE_OK ? lode_store_put(store, &s.put, NULL, &err) : status;
}

static lode_status remove_document(lode_store *store, uint64_t k) {
  lode_arena arena = {0};
  lode_store_document d;
  char key[64];
  lode_status status = lode_store_find(store, key_of(k, key), &arena, &d, &err);
  lode_arena_free(&arena);
  if (status == LODE_E_NOT_FOUND) return LODE_OK;
  return status == LODE_OK ? lode_store_remove(store, d.id, &err) : status;
}

static lode_status write_step(lode_store *store, int64_t step, expected *e) {
  bool changed[KEYS];
  int64_t source;
  lode_status status = lode_store_begin(store, &err);
  if (status == LODE_OK && step == 0) status = store_set_sample_model(store, LODE_DTYPE_I8, &err);
  if (status == LODE_OK) status = lode_store_source_put(store, "/docs", "{}", &source, &err);
  advance(e, (uint64_t)step, changed);
  for (uint64_t k = 0; k < KEYS && status == LODE_OK; k++) {
    if (!changed[k]) continue;
    status = e->count[k] > 0 ? put_document(store, source, e, k) : remove_document(store, k);
  }
  if (status == LODE_OK) status = put_mark(store, source, step);
  return status == LODE_OK ? lode_store_commit(store, &err) : status;
}

static int work(const char *path, int64_t last) {
  lode_store *store = NULL;
  if (lode_store_open(path, LODE_STORE_CREATE, NULL, &store, &err) != LODE_OK)
    return complain("open");
  int64_t step;
  if (find_step(store, &step) != LODE_OK) return complain("find");
  static expected e;
  expect(&e, step);
  while (++step <= last) {
    printf("%s %lld\n", kind_of((uint64_t)step), (long long)step);
    if (strcmp(kind_of((uint64_t)step), "compact") == 0 &&
        lode_store_compact(store, &err) != LODE_OK) {
      return complain("compact");
    }
    if (write_step(store, step, &e) != LODE_OK) return complain("write");
    printf("done %lld\n", (long long)step);
  }
  printf("close 0\n");
  lode_store_close(store);
  return EXIT_SUCCESS;
}

/* ---------------------------------------------------------------- checking */

static int compare(lode_store *store, const expected *e) {
  lode_arena arena = {0};
  size_t chunks = 0;
  int result = EXIT_SUCCESS;
  for (uint64_t k = 0; k < KEYS && result == EXIT_SUCCESS; k++) {
    char key[64];
    lode_store_document d;
    lode_store_chunk *list;
    size_t count = 0;
    lode_status status = lode_store_find(store, key_of(k, key), &arena, &d, &err);
    if (status == LODE_OK) status = lode_store_chunks(store, d.id, &arena, &list, &count, &err);
    if (status != LODE_OK && status != LODE_E_NOT_FOUND) result = complain("find");
    if (count != e->count[k]) {
      fprintf(stderr, "document %s has %zu chunks, not %zu\n", key, count, e->count[k]);
      result = EXIT_FAILURE;
    }
    for (size_t i = 0; i < count && result == EXIT_SUCCESS; i++) {
      uint8_t hash[LODE_STORE_CHUNK_HASH_SIZE];
      store_hash(e->seeds[k][i], hash, sizeof hash);
      if (memcmp(hash, list[i].hash, sizeof hash) == 0) continue;
      fprintf(stderr, "document %s has another chunk %zu\n", key, i);
      result = EXIT_FAILURE;
    }
    chunks += count;
  }
  lode_arena_free(&arena);
  lode_store_stats now;
  if (lode_store_stats_get(store, &now, &err) != LODE_OK) return complain("stats");
  if (now.vectors != (int64_t)chunks) {
    fprintf(stderr, "%lld vectors, not %zu\n", (long long)now.vectors, chunks);
    return EXIT_FAILURE;
  }
  return result;
}

static int check(const char *path) {
  lode_store *store = NULL;
  if (lode_store_open(path, LODE_STORE_CREATE, NULL, &store, &err) != LODE_OK)
    return complain("open");
  int64_t step;
  static expected e;
  int result = EXIT_SUCCESS;
  if (lode_store_verify(store, &err) != LODE_OK) result = complain("verify");
  if (result == EXIT_SUCCESS && find_step(store, &step) != LODE_OK) result = complain("find");
  if (result == EXIT_SUCCESS) {
    expect(&e, step);
    result = compare(store, &e);
  }
  if (result == EXIT_SUCCESS) printf("%lld\n", (long long)step);
  lode_store_close(store);
  return result;
}

int main(int argc, char **argv) {
  (void)setvbuf(stdout, NULL, _IONBF, 0);
  if (argc == 4 && strcmp(argv[2], "work") == 0) return work(argv[1], strtol(argv[3], NULL, 10));
  if (argc == 3 && strcmp(argv[2], "check") == 0) return check(argv[1]);
  fprintf(stderr, "index_store_driver FILE work LAST | check\n");
  return EXIT_FAILURE;
}
