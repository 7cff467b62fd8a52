/* lode's side of the comparison with other engines: answers bench/run, one line a request.
 *
 *   bench_worker MODEL_DIR DTYPE THREADS
 *
 * The protocol is described in bench/README.md. It is C against lode.h, so that nothing is
 * timed but the library: no start of a process, no reading of options, no output format. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "answer.h"
#include "lode.h"

typedef struct worker {
  lode_model *model;
  lode_context *context;
  size_t dim;
  char *bytes;      /* the file of texts */
  lode_text *texts; /* [count], one a line, into bytes */
  size_t count;
  float *vectors; /* [count, dim] */
} worker;

static double now_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void check(lode_status status, const char *what, const lode_error *err) {
  if (status != LODE_OK) fail("%s: %s: %s", what, lode_status_name(status), err->text);
}

/* A whole file, with `*size` its length. */
static char *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail("%s: %s", path, strerror(errno));
  size_t capacity = (size_t)1 << 16;
  size_t used = 0;
  char *bytes = NULL;
  do {
    capacity *= 2;
    char *grown = realloc(bytes, capacity);
    if (grown == NULL) fail("%s: out of memory", path);
    bytes = grown;
    used += fread(bytes + used, 1, capacity - used, file);
  } while (used == capacity);
  if (ferror(file)) fail("%s: cannot be read", path);
  fclose(file);
  *size = used;
  return bytes;
}

/* texts PATH: take the lines of a file as the texts of the requests that follow. */
static void request_texts(worker *w, const char *path) {
  size_t size = 0;
  free(w->bytes);
  free(w->texts);
  free(w->vectors);
  w->bytes = read_file(path, &size);
  w->count = 0;
  for (size_t i = 0; i < size; i++) w->count += w->bytes[i] == '\n';
  if (w->count == 0) fail("%s: no line in it", path);
  w->texts = calloc(w->count, sizeof *w->texts);
  w->vectors = calloc(w->count * w->dim, sizeof *w->vectors);
  if (w->texts == NULL || w->vectors == NULL) fail("%s: out of memory", path);
  const char *line = w->bytes;
  for (size_t i = 0; i < w->count; i++) {
    const char *end = memchr(line, '\n', (size_t)(w->bytes + size - line));
    w->texts[i] = (lode_text){line, (size_t)(end - line)};
    line = end + 1;
  }
  printf("{\"texts\": %zu}\n", w->count);
}

/* Texts first .. first + n - 1 in one call. */
static void embed(worker *w, size_t first, size_t n) {
  lode_error err;
  check(lode_embed(w->context, w->texts + first, n, NULL, w->vectors + first * w->dim, n * w->dim,
                   &err),
        "lode_embed", &err);
}

/* The first `count` texts, `batch` a call. Returns the seconds that took. */
static double embed_batches(worker *w, size_t count, size_t batch) {
  double start = now_seconds();
  for (size_t i = 0; i < count; i += batch) {
    embed(w, i, count - i < batch ? count - i : batch);
  }
  return now_seconds() - start;
}

/* embed COUNT BATCH */
static void request_embed(worker *w, size_t count, size_t batch) {
  if (count > w->count) fail("embed: %zu of %zu texts", count, w->count);
  printf("{\"seconds\": %.9f}\n", embed_batches(w, count, batch));
}

/* latency COUNT: that many calls of one text each, going round the texts. */
static void request_latency(worker *w, size_t count) {
  if (w->count == 0) fail("latency: no texts yet");
  printf("{\"ms\": [");
  for (size_t i = 0; i < count; i++) {
    double start = now_seconds();
    embed(w, i % w->count, 1);
    printf("%s%.6f", i == 0 ? "" : ", ", 1e3 * (now_seconds() - start));
  }
  printf("]}\n");
}

/* vectors BATCH PATH: write every text's vector, float32 rows. */
static void request_vectors(worker *w, size_t batch, const char *path) {
  if (w->count == 0) fail("vectors: no texts yet");
  (void)embed_batches(w, w->count, batch);
  FILE *file = fopen(path, "wb");
  if (file == NULL) fail("%s: %s", path, strerror(errno));
  size_t floats = w->count * w->dim;
  if (fwrite(w->vectors, sizeof(float), floats, file) != floats || fclose(file) != 0) {
    fail("%s: %s", path, strerror(errno));
  }
  printf("{\"rows\": %zu, \"dim\": %zu}\n", w->count, w->dim);
}

/* Do one request. Returns 0 when it was the last. */
static int serve(worker *w, char *line) {
  line[strcspn(line, "\n")] = '\0';
  char *rest = line;
  const char *name = strsep(&rest, " ");
  if (strcmp(name, "quit") == 0) return 0;
  if (strcmp(name, "texts") == 0) {
    request_texts(w, rest == NULL ? "" : rest);
  } else if (strcmp(name, "embed") == 0) {
    size_t count = parse_count(strsep(&rest, " "), "embed COUNT");
    request_embed(w, count, parse_count(rest, "embed BATCH"));
  } else if (strcmp(name, "latency") == 0) {
    request_latency(w, parse_count(rest, "latency COUNT"));
  } else if (strcmp(name, "vectors") == 0) {
    size_t batch = parse_count(strsep(&rest, " "), "vectors BATCH");
    request_vectors(w, batch, rest == NULL ? "" : rest);
  } else {
    fail("\"%s\" is no request", name);
  }
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: %s MODEL_DIR DTYPE THREADS\n", argv[0]);
    return 2;
  }
  worker w = {0};
  lode_error err;
  lode_model_options model_options = LODE_MODEL_OPTIONS_INIT;
  model_options.dtype = argv[2];
  check(lode_model_open(argv[1], &model_options, &w.model, &err), argv[1], &err);
  lode_context_options context_options = LODE_CONTEXT_OPTIONS_INIT;
  context_options.threads = (int32_t)parse_count(argv[3], "THREADS");
  check(lode_context_new(w.model, &context_options, &w.context, &err), "lode_context_new", &err);
  w.dim = (size_t)lode_model_dim(w.model);

  lode_model_info info = LODE_MODEL_INFO_INIT;
  check(lode_model_get_info(w.model, &info), "lode_model_get_info", &err);
  printf("{\"engine\": \"lode %s, %s, %s\"}\n", lode_version(), info.dtype, info.isa);
  char *line = NULL;
  size_t capacity = 0;
  int more = 1;
  while (more) {
    fflush(stdout);
    more = getline(&line, &capacity, stdin) > 0 && serve(&w, line);
  }
  free(line);
  free(w.bytes);
  free(w.texts);
  free(w.vectors);
  lode_context_free(w.context);
  lode_model_free(w.model);
  return 0;
}
