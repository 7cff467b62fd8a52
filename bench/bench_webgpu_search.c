/* Exact search on a GPU beside the CPU's: the K best of ROWS x 384 vectors in 8-bit integers that
 * lie in the GPU's memory, by dot product, with what each workgroup found read back; and the same
 * by the kernel that the library scans with, one thread, and by its whole search, all threads.
 *
 *   bench_webgpu_search [ROWS [K [QUERIES]]]     (100000 10 50)
 *
 * Queries go to one after the other by turns. Prints a line of JSON: medians, in milliseconds;
 * "device_ms" is the dispatch alone, by the device's own clock. Ends with an error where the rows
 * or the scores of GPU and kernel are not the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "backend/webgpu/gpu.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "index/vectors/vectors.h"
#include "kernels/scan_i8/scan_i8.h"

__asm__(
    ".pushsection .rodata.bench_wgsl,\"a\"\nbench_wgsl:\n.incbin \"webgpu_search.wgsl\"\n"
    "bench_wgsl_end:\n.popsection\n");
extern const char bench_wgsl[] __attribute__((visibility("hidden")));
extern const char bench_wgsl_end[] __attribute__((visibility("hidden")));

enum { DIM = 384, WORDS = DIM / 4, GROUP_ROWS = 1024, MOST_K = 100, BLOCK = 4096 };

typedef struct hit {
  float score;
  uint32_t row;
} hit;

typedef struct data {
  size_t rows, k, queries;
  int8_t *row;  /* [rows, DIM] */
  float *scale; /* [rows] */
  float *asked; /* [queries, DIM] */
} data;

typedef struct device {
  const lode_gpu_driver *driver;
  lode_gpu *gpu;
  lode_gpu_info info;
  lode_gpu_id query, found, times, resolved, staging, pipeline, group;
  size_t groups;
  uint64_t found_bytes;
} device;

static void *memory(size_t n, size_t size) {
  void *p = lode_aligned_alloc(n * size);
  if (!p) fail("out of memory");
  return p;
}

static void fill(data *d) {
  uint64_t random = 1;
  float *x = memory(DIM, sizeof *x);
  d->row = memory(d->rows, DIM);
  d->scale = memory(d->rows, sizeof *d->scale);
  d->asked = memory(d->queries * DIM, sizeof *d->asked);
  for (size_t i = 0; i < d->rows + d->queries; i++) {
    for (size_t j = 0; j < DIM; j++) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      x[j] = (float)(random >> 40) * 0x1p-23f - 1.0f;
    }
    if (i >= d->rows) {
      memcpy(d->asked + (i - d->rows) * DIM, x, DIM * sizeof *x);
    } else {
      lode_vectors_encode(DIM, x, d->row + i * DIM, &d->scale[i], NULL);
    }
  }
  lode_aligned_free(x);
}

/* ---- the GPU */

static void check(const device *g, bool good, const char *what) {
  char text[256] = "";
  if (good) return;
  g->driver->report(g->gpu, text, sizeof text);
  fail("%s: %s", what, text);
}

static lode_gpu_id upload(const device *g, uint32_t usage, const void *from, size_t size) {
  const lode_gpu_id id = g->driver->buffer(g->gpu, usage | LODE_GPU_COPY_DST, size);
  check(g, id != 0, "memory of the GPU");
  if (from) g->driver->upload(g->gpu, id, 0, from, size);
  return id;
}

static void open_device(device *g, const data *d) {
  lode_error err;
  g->driver = lode_gpu_default();
  if (g->driver->open(&g->gpu, &g->info, &err) != LODE_OK) fail("%s", err.text);
  const size_t bytes = d->rows * DIM;
  if (bytes > g->info.binding_bytes) fail("more rows than the GPU binds at a time");
  if (!(g->info.features & LODE_GPU_PACKED_DOT)) fail("no products of packed bytes");
  g->groups = (d->rows + GROUP_ROWS - 1) / GROUP_ROWS;
  g->found_bytes = g->groups * d->k * sizeof(hit);
  uint32_t *words = memory(d->rows * WORDS, sizeof *words);
  for (size_t i = 0; i < d->rows; i++) {
    for (size_t w = 0; w < WORDS; w++) {
      memcpy(&words[w * d->rows + i], d->row + i * DIM + w * 4, sizeof *words);
    }
  }
  const uint32_t params[4] = {(uint32_t)d->rows, WORDS, 0, 0};
  const lode_gpu_binding bindings[] = {
      {upload(g, LODE_GPU_UNIFORM, params, sizeof params), 0, sizeof params},
      {upload(g, LODE_GPU_STORAGE, words, bytes), 0, bytes},
      {upload(g, LODE_GPU_STORAGE, d->scale, d->rows * 4), 0, d->rows * 4},
      {g->query = upload(g, LODE_GPU_STORAGE, NULL, DIM), 0, DIM},
      {g->found = upload(g, LODE_GPU_STORAGE | LODE_GPU_COPY_SRC, NULL, g->found_bytes), 0,
       g->found_bytes},
  };
  lode_aligned_free(words);
  const lode_gpu_constant k = {"K", (double)d->k};
  g->pipeline = g->driver->pipeline(g->gpu, bench_wgsl, (size_t)(bench_wgsl_end - bench_wgsl),
                                    "urrrw", &k, 1);
  check(g, g->pipeline != 0, "pipeline");
  g->group = g->driver->group(g->gpu, g->pipeline, bindings, 5);
  check(g, g->group != 0, "bind group");
  g->staging = upload(g, LODE_GPU_MAP_READ, NULL, g->found_bytes + 16);
  if (!(g->info.features & LODE_GPU_TIMESTAMPS)) return;
  g->times = g->driver->queries(g->gpu, 1);
  g->resolved = g->driver->buffer(g->gpu, LODE_GPU_QUERY | LODE_GPU_COPY_SRC, 16);
  check(g, g->times && g->resolved, "timestamps");
}

static bool better(const hit *a, const hit *b) {
  return a->score > b->score || (a->score == b->score && a->row < b->row);
}

/* Into the k best so far, of which there are *count. */
static void take(hit *best, size_t *count, size_t k, hit h) {
  if (*count == k && !better(&h, &best[k - 1])) return;
  size_t at = *count < k ? (*count)++ : k - 1;
  for (; at > 0 && better(&h, &best[at - 1]); at--) best[at] = best[at - 1];
  best[at] = h;
}

/* The k best; what it took on the device, in milliseconds. */
static double search_gpu(const device *g, const data *d, const int8_t *query, void *room,
                         hit *best) {
  const lode_gpu_driver *w = g->driver;
  w->upload(g->gpu, g->query, 0, query, DIM);
  const lode_gpu_id commands = w->commands(g->gpu);
  check(g, commands != 0, "commands");
  w->pass_begin(g->gpu, commands, g->times, 0);
  w->dispatch(g->gpu, commands, g->pipeline, g->group, (uint32_t)g->groups, 1);
  w->pass_end(g->gpu, commands);
  w->copy(g->gpu, commands, g->found, 0, g->staging, 0, g->found_bytes);
  if (g->times) {
    w->resolve(g->gpu, commands, g->times, g->resolved);
    w->copy(g->gpu, commands, g->resolved, 0, g->staging, g->found_bytes, 16);
  }
  w->submit(g->gpu, commands, g->staging);
  const bool ready = w->poll(g->gpu, g->staging, true) == LODE_GPU_READY;
  check(g, ready && w->read(g->gpu, g->staging, room, (size_t)g->found_bytes + 16), "searching");
  size_t count = 0;
  const hit *hits = room;
  for (size_t i = 0; i < g->groups * d->k; i++) {
    if (hits[i].row < d->rows) take(best, &count, d->k, hits[i]);
  }
  uint64_t times[2];
  memcpy(times, (const char *)room + g->found_bytes, sizeof times);
  return g->times ? (double)(times[1] - times[0]) / 1e6 : 0;
}

/* ---- the CPU */

static void search_kernel(const lode_scan_i8_kernel *kernel, const data *d, const int8_t *query,
                          hit *best) {
  static int32_t sums[BLOCK];
  size_t count = 0;
  for (size_t first = 0; first < d->rows; first += BLOCK) {
    const size_t n = d->rows - first < BLOCK ? d->rows - first : BLOCK;
    kernel->run(n, DIM, d->row + first * DIM, query, sums);
    for (size_t i = 0; i < n; i++) {
      const hit h = {d->scale[first + i] * (float)sums[i], (uint32_t)(first + i)};
      take(best, &count, d->k, h);
    }
  }
}

static void search_all(lode_vectors *vectors, const data *d, const float *query) {
  static lode_vectors_hit hits[MOST_K];
  const lode_vectors_segment all = {d->rows, d->row, d->scale, NULL, NULL};
  lode_error err;
  size_t count;
  if (lode_vectors_search(vectors, &all, 1, query, d->k, NULL, hits, &count, &err) != LODE_OK) {
    fail("%s", err.text);
  }
}

/* ---- */

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *x, size_t n) {
  qsort(x, n, sizeof *x, by_size);
  return 1e3 * x[n / 2];
}

static void measure(const device *g, const data *d) {
  const uint32_t features = lode_cpu_features(NULL, NULL);
  const lode_scan_i8_kernel *kernel = lode_scan_i8_select(features);
  lode_pool *pool = lode_pool_new(lode_cpu_count());
  lode_vectors *vectors = NULL;
  lode_error err;
  if (lode_vectors_new(DIM, LODE_DTYPE_I8, features, pool, &vectors, &err) != LODE_OK) {
    fail("%s", err.text);
  }
  double *times[4];
  for (size_t t = 0; t < 4; t++) times[t] = memory(d->queries, sizeof(double));
  void *room = memory(1, (size_t)g->found_bytes + 16);
  for (size_t q = 0; q < d->queries; q++) {
    const float *asked = d->asked + q * DIM;
    int8_t query[DIM];
    float scale;
    hit on_gpu[MOST_K] = {0}, on_cpu[MOST_K] = {0};
    lode_vectors_encode(DIM, asked, query, &scale, NULL);
    const double start = lode_clock_seconds();
    times[3][q] = search_gpu(g, d, query, room, on_gpu) / 1e3;
    times[0][q] = lode_clock_seconds() - start;
    search_kernel(kernel, d, query, on_cpu);
    times[1][q] = lode_clock_seconds() - start - times[0][q];
    search_all(vectors, d, asked);
    times[2][q] = lode_clock_seconds() - start - times[0][q] - times[1][q];
    for (size_t i = 0; i < d->k; i++) {
      const bool same = on_gpu[i].row == on_cpu[i].row && on_gpu[i].score == on_cpu[i].score;
      if (!same) fail("query %zu: result %zu is not the CPU's", q, i);
    }
  }
  printf(
      "{\"device\": \"%s\", \"rows\": %zu, \"dim\": %d, \"k\": %zu, \"queries\": %zu, "
      "\"gpu_ms\": %.3f, \"device_ms\": %.3f, \"kernel\": \"%s\", \"kernel_ms\": %.3f, "
      "\"search_ms\": %.3f, \"search_threads\": %d, \"same\": true}\n",
      g->info.name, d->rows, DIM, d->k, d->queries, median(times[0], d->queries),
      median(times[3], d->queries), kernel->name, median(times[1], d->queries),
      median(times[2], d->queries), lode_cpu_count());
  for (size_t t = 0; t < 4; t++) lode_aligned_free(times[t]);
  lode_aligned_free(room);
  lode_vectors_free(vectors);
  lode_pool_free(pool);
}

int main(int argc, char **argv) {
  data d = {.rows = 100000, .k = 10, .queries = 50};
  if (argc > 1) d.rows = parse_count(argv[1], "ROWS");
  if (argc > 2) d.k = parse_count(argv[2], "K");
  if (argc > 3) d.queries = parse_count(argv[3], "QUERIES");
  if (argc > 4 || d.k > MOST_K || d.k > d.rows) {
    fail("bench_webgpu_search [ROWS [K [QUERIES]]], K at most %d and ROWS", MOST_K);
  }
  device g = {0};
  fill(&d);
  open_device(&g, &d);
  measure(&g, &d);
  g.driver->close(g.gpu);
  lode_aligned_free(d.row);
  lode_aligned_free(d.scale);
  lode_aligned_free(d.asked);
  return 0;
}
