/* Arrays that end where an unmapped page begins, so that reading or writing one element too
 * many is a crash and not luck; and the random numbers that fill them. */
#ifndef LODE_TESTS_GUARDED_H
#define LODE_TESTS_GUARDED_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#if !defined(__wasm__)
#include <sys/mman.h>
#include <unistd.h>
#endif

typedef struct guarded {
  void *map;
  size_t map_size;
  float *data; /* [n]; data + n is the first byte of the unmapped page */
} guarded;

#if defined(__wasm__)
/* WebAssembly has no pages to unmap: here only what is written past the end is noticed. */
enum { GUARDED_BYTES = 256, GUARDED_MARK = 0xA5 };

static inline guarded guarded_floats(size_t n) {
  const size_t size = n * sizeof(float);
  guarded g = {.map_size = size + GUARDED_BYTES};
  g.map = malloc(g.map_size);
  if (g.map == NULL) {
    perror("guarded_floats");
    exit(EXIT_FAILURE);
  }
  for (size_t i = size; i < g.map_size; i++) ((unsigned char *)g.map)[i] = GUARDED_MARK;
  g.data = g.map;
  return g;
}

static inline void guarded_free(guarded *g) {
  for (size_t i = g->map_size - GUARDED_BYTES; i < g->map_size; i++) {
    if (((const unsigned char *)g->map)[i] != GUARDED_MARK) {
      fprintf(stderr, "written past the end of an array\n");
      exit(EXIT_FAILURE);
    }
  }
  free(g->map);
  *g = (guarded){0};
}
#else
static inline guarded guarded_floats(size_t n) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const size_t size = (n * sizeof(float) + page - 1) / page * page;
  guarded g = {.map_size = size + page};
  g.map = mmap(NULL, g.map_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (g.map == MAP_FAILED || mprotect((char *)g.map + size, page, PROT_NONE) != 0) {
    perror("guarded_floats");
    exit(EXIT_FAILURE);
  }
  g.data = (float *)(void *)((char *)g.map + size) - n;
  return g;
}

static inline void guarded_free(guarded *g) {
  munmap(g->map, g->map_size);
  *g = (guarded){0};
}
#endif

/* Uniform in [-1, 1); the same numbers on every machine (xorshift64, Marsaglia 2003). */
static inline float random_float(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return (float)(*state >> 40) * 0x1p-23f - 1.0f;
}

static inline void random_fill(uint64_t *state, float *x, size_t n) {
  for (size_t i = 0; i < n; i++) x[i] = random_float(state);
}

#endif
