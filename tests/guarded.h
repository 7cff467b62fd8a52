/* Arrays that end where an unmapped page begins, so that reading or writing one element too
 * many is a crash and not luck; and the random numbers that fill them. */
#ifndef LODE_TESTS_GUARDED_H
#define LODE_TESTS_GUARDED_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct guarded {
  void *map;
  size_t map_size;
  float *data; /* [n]; data + n is the first byte of the unmapped page */
} guarded;

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
