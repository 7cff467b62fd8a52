/* lode's side of the comparison of vector searches: answers bench/vectors, one line a request.
 *
 *   bench_vectors exact|prefilter|auto|f32 [THREADS]
 *
 * The protocol is described in bench/README.md. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "answer.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "index/vectors/vectors.h"

enum { SEGMENT = 4096 };

typedef struct worker {
  lode_vectors *vectors;
  lode_dtype dtype;
  lode_vectors_options options;
  size_t dim;
  size_t count;                   /* rows */
  lode_vectors_segment *segments; /* each SEGMENT rows, the last fewer */
  void *rows;
  float *scales;
  uint8_t *codes;
  float *queries;
  size_t query_count;
  lode_vectors_hit *hits;
} worker;

static void *memory(size_t n, size_t size) {
  size_t bytes;
  void *p = lode_size_mul(n, size, &bytes) ? lode_aligned_alloc(bytes) : NULL;
  if (p == NULL) fail("out of memory");
  return p;
}

/* A file of vectors in f32; *count becomes how many there are. */
static FILE *open_vectors(const char *path, size_t dim, size_t *count) {
  FILE *file = path == NULL ? NULL : fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) fail("%s: %s", path, strerror(errno));
  *count = (size_t)ftell(file) / (dim * sizeof(float));
  if (*count == 0) fail("%s: no vector in it", path);
  if (fseek(file, 0, SEEK_SET) != 0) fail("%s: %s", path, strerror(errno));
  return file;
}

static void read_vectors(FILE *file, const char *path, size_t floats, float *x) {
  if (fread(x, sizeof *x, floats, file) != floats) fail("%s: cannot be read", path);
}

static void encode_rows(worker *w, size_t first, size_t n, const float *x) {
  const size_t code_size = lode_vectors_code_size(w->dim);
  for (size_t i = 0; i < n; i++, x += w->dim) {
    int8_t *row = NULL;
    float *scale = NULL;
    if (w->dtype == LODE_DTYPE_I8) {
      row = (int8_t *)w->rows + (first + i) * w->dim;
      scale = &w->scales[first + i];
    } else {
      memcpy((float *)w->rows + (first + i) * w->dim, x, w->dim * sizeof *x);
    }
    if (!lode_vectors_encode(w->dim, x, row, scale, w->codes + (first + i) * code_size)) {
      fail("row %zu has NaN or infinities", first + i);
    }
  }
}

/* build DIM PATH: take the vectors of a file as the rows that are searched. */
static void request_build(worker *w, size_t dim, const char *path) {
  const double start = lode_clock_seconds();
  const clock_t cpu = clock();
  FILE *file = open_vectors(path, dim, &w->count);
  const size_t size = w->dtype == LODE_DTYPE_I8 ? 1 : sizeof(float);
  w->dim = dim;
  w->rows = memory(w->count * dim, size);
  w->scales = memory(w->count, sizeof *w->scales);
  w->codes = memory(w->count, lode_vectors_code_size(dim));
  w->segments = memory(w->count / SEGMENT + 1, sizeof *w->segments);
  float *x = memory((size_t)SEGMENT * dim, sizeof *x);
  for (size_t first = 0; first < w->count; first += SEGMENT) {
    const size_t n = w->count - first < SEGMENT ? w->count - first : SEGMENT;
    read_vectors(file, path, n * dim, x);
    encode_rows(w, first, n, x);
    w->segments[first / SEGMENT] =
        (lode_vectors_segment){n, (char *)w->rows + first * dim * size, w->scales + first,
                               w->codes + first * lode_vectors_code_size(dim), NULL};
  }
  lode_aligned_free(x);
  fclose(file);
  printf("{\"seconds\": %.6f, \"cpu_seconds\": %.6f, \"rows\": %zu}\n",
         lode_clock_seconds() - start, (double)(clock() - cpu) / CLOCKS_PER_SEC, w->count);
}

/* queries PATH */
static void request_queries(worker *w, const char *path) {
  if (w->dim == 0) fail("queries: no rows yet");
  FILE *file = open_vectors(path, w->dim, &w->query_count);
  lode_aligned_free(w->queries);
  w->queries = memory(w->query_count * w->dim, sizeof *w->queries);
  read_vectors(file, path, w->query_count * w->dim, w->queries);
  fclose(file);
  printf("{\"queries\": %zu}\n", w->query_count);
}

/* The best k for query i, in w->hits. */
static size_t search(worker *w, size_t i, size_t k) {
  lode_error err;
  size_t count = 0;
  const size_t n = (w->count + SEGMENT - 1) / SEGMENT;
  if (lode_vectors_search(w->vectors, w->segments, n, w->queries + i * w->dim, k, &w->options,
                          w->hits, &count, &err) != LODE_OK) {
    fail("lode_vectors_search: %s", err.text);
  }
  return count;
}

static void need_queries(worker *w, size_t k) {
  if (w->query_count == 0) fail("no queries yet");
  lode_aligned_free(w->hits);
  w->hits = memory(k, sizeof *w->hits);
}

/* search K COUNT: that many calls, going round the queries. */
static void request_search(worker *w, size_t k, size_t count) {
  need_queries(w, k);
  const clock_t cpu = clock();
  printf("{\"ms\": [");
  for (size_t i = 0; i < count; i++) {
    const double start = lode_clock_seconds();
    (void)search(w, i % w->query_count, k);
    printf("%s%.6f", i == 0 ? "" : ", ", 1e3 * (lode_clock_seconds() - start));
  }
  printf("], \"cpu_ms\": %.6f}\n", 1e3 * (double)(clock() - cpu) / CLOCKS_PER_SEC / (double)count);
}

/* results K PATH: write the numbers of every query's rows, [queries, K] of int32. */
static void request_results(worker *w, size_t k, const char *path) {
  need_queries(w, k);
  FILE *file = path == NULL ? NULL : fopen(path, "wb");
  if (file == NULL) fail("%s: %s", path, strerror(errno));
  for (size_t i = 0; i < w->query_count; i++) {
    const size_t count = search(w, i, k);
    for (size_t j = 0; j < k; j++) {
      const lode_vectors_hit *h = &w->hits[j];
      const int32_t row = j < count ? (int32_t)(h->segment * SEGMENT + h->row) : -1;
      if (fwrite(&row, sizeof row, 1, file) != 1) fail("%s: %s", path, strerror(errno));
    }
  }
  if (fclose(file) != 0) fail("%s: %s", path, strerror(errno));
  printf("{\"queries\": %zu}\n", w->query_count);
}

/* Do one request. Returns 0 when it was the last. */
static int serve(worker *w, char *line, lode_pool *pool) {
  line[strcspn(line, "\n")] = '\0';
  char *rest = line;
  const char *name = strsep(&rest, " ");
  if (strcmp(name, "quit") == 0) return 0;
  if (strcmp(name, "build") == 0 && w->dim == 0) {
    const size_t dim = parse_count(strsep(&rest, " "), "build DIM");
    lode_error err;
    if (lode_vectors_new(dim, w->dtype, lode_cpu_features(NULL, NULL), pool, &w->vectors, &err) !=
        LODE_OK) {
      fail("lode_vectors_new: %s", err.text);
    }
    request_build(w, dim, rest);
  } else if (strcmp(name, "queries") == 0) {
    request_queries(w, rest);
  } else if (strcmp(name, "effort") == 0) {
    w->options.candidates = parse_count(rest, "effort COUNT");
    printf("{\"effort\": %zu}\n", w->options.candidates);
  } else if (strcmp(name, "search") == 0) {
    const size_t k = parse_count(strsep(&rest, " "), "search K");
    request_search(w, k, parse_count(rest, "search COUNT"));
  } else if (strcmp(name, "results") == 0) {
    const size_t k = parse_count(strsep(&rest, " "), "results K");
    request_results(w, k, rest);
  } else {
    fail("\"%s\" is no request now", name);
  }
  return 1;
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    lode_dtype dtype;
    lode_vectors_prefilter prefilter;
  } ways[] = {{"exact", LODE_DTYPE_I8, LODE_VECTORS_PREFILTER_NEVER},
              {"prefilter", LODE_DTYPE_I8, LODE_VECTORS_PREFILTER_ALWAYS},
              {"auto", LODE_DTYPE_I8, LODE_VECTORS_PREFILTER_AUTO},
              {"f32", LODE_DTYPE_F32, LODE_VECTORS_PREFILTER_NEVER}};
  size_t way = 0;
  const size_t count = sizeof ways / sizeof ways[0];
  while (argc > 1 && way < count && strcmp(ways[way].name, argv[1]) != 0) way++;
  if (argc < 2 || argc > 3 || way == count) {
    fprintf(stderr, "usage: %s exact|prefilter|auto|f32 [THREADS]\n", argv[0]);
    return 2;
  }
  worker w = {.dtype = ways[way].dtype, .options = {.prefilter = ways[way].prefilter}};
  lode_pool *pool = argc == 3 ? lode_pool_new((int)parse_count(argv[2], "THREADS")) : NULL;
  if (argc == 3 && pool == NULL) fail("%s threads cannot be had", argv[2]);
  printf("{\"engine\": \"lode %s, %s\"}\n", lode_version(),
         lode_isa_name(lode_cpu_isa(lode_cpu_features(NULL, NULL))));
  char *line = NULL;
  size_t capacity = 0;
  int more = 1;
  while (more) {
    fflush(stdout);
    more = getline(&line, &capacity, stdin) > 0 && serve(&w, line, pool);
  }
  free(line);
  lode_aligned_free(w.rows);
  lode_aligned_free(w.scales);
  lode_aligned_free(w.codes);
  lode_aligned_free(w.segments);
  lode_aligned_free(w.queries);
  lode_aligned_free(w.hits);
  lode_vectors_free(w.vectors);
  lode_pool_free(pool);
  return 0;
}
