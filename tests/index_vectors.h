/* Random collections of vectors, and what the tests need to know about them. */
#ifndef LODE_TESTS_INDEX_VECTORS_H
#define LODE_TESTS_INDEX_VECTORS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guarded.h"
#include "index/vectors/vectors.h"

enum { COLLECTION_SEGMENTS = 5, COLLECTION_LARGEST = 150 };

typedef struct collection {
  size_t dim;
  lode_dtype dtype;
  size_t n;
  size_t rows; /* of all segments, dead ones too */
  lode_vectors_segment segments[COLLECTION_SEGMENTS];
  const uint8_t *allowed[COLLECTION_SEGMENTS];
  bool filtered; /* collection_may_find asks `allowed` */
} collection;

static inline void *collection_memory(size_t size) {
  void *p = calloc(size + 1, 1);
  if (p == NULL) {
    perror("collection");
    exit(EXIT_FAILURE);
  }
  return p;
}

static inline uint64_t collection_random_bits(uint64_t *seed) {
  random_float(seed);
  return *seed >> 11;
}

/* One bit a row; about a quarter, or three quarters, are set. */
static inline uint8_t *collection_bitmap(size_t count, uint64_t *seed, unsigned quarters) {
  uint8_t *bits = collection_memory((count + 7) / 8);
  for (size_t i = 0; i < count; i++) {
    if (collection_random_bits(seed) % 4 < quarters) bits[i / 8] |= (uint8_t)(1 << i % 8);
  }
  return bits;
}

static inline void collection_fill(collection *c, size_t s, uint64_t *seed) {
  lode_vectors_segment *segment = &c->segments[s];
  const size_t count = segment->count;
  const size_t code_size = lode_vectors_code_size(c->dim);
  float *x = collection_memory(c->dim * sizeof *x);
  float *floats = collection_memory(count * c->dim * sizeof *floats);
  int8_t *integers = collection_memory(count * c->dim);
  float *scales = collection_memory(count * sizeof *scales);
  uint8_t *codes = collection_memory(count * code_size);
  for (size_t row = 0; row < count; row++) {
    random_fill(seed, x, c->dim);
    memcpy(floats + row * c->dim, x, c->dim * sizeof *x);
    (void)lode_vectors_encode(c->dim, x, integers + row * c->dim, scales + row,
                              codes + row * code_size);
  }
  segment->codes = codes;
  segment->scales = scales;
  segment->rows = c->dtype == LODE_DTYPE_F32 ? (void *)floats : (void *)integers;
  free(c->dtype == LODE_DTYPE_F32 ? (void *)integers : (void *)floats);
  free(x);
}

static inline collection collection_random(size_t dim, lode_dtype dtype, uint64_t *seed) {
  collection c = {.dim = dim, .dtype = dtype, .n = 1 + *seed % COLLECTION_SEGMENTS};
  for (size_t s = 0; s < c.n; s++) {
    lode_vectors_segment *segment = &c.segments[s];
    segment->count = collection_random_bits(seed) % (COLLECTION_LARGEST + 1);
    c.rows += segment->count;
    collection_fill(&c, s, seed);
    if (s % 2 == 1) segment->dead = collection_bitmap(segment->count, seed, 1);
    if (s != 2) c.allowed[s] = collection_bitmap(segment->count, seed, s % 2 == 0 ? 3 : 1);
  }
  return c;
}

static inline void collection_free(collection *c) {
  for (size_t s = 0; s < c->n; s++) {
    free((void *)c->segments[s].rows);
    free((void *)c->segments[s].scales);
    free((void *)c->segments[s].codes);
    free((void *)c->segments[s].dead);
    free((void *)c->allowed[s]);
  }
}

/* Any bytes where rows, scales and codes are. */
static inline void collection_scramble(collection *c, uint64_t *seed) {
  for (size_t s = 0; s < c->n; s++) {
    const lode_vectors_segment *segment = &c->segments[s];
    uint8_t *parts[] = {(uint8_t *)segment->rows, (uint8_t *)segment->scales,
                        (uint8_t *)segment->codes};
    const size_t sizes[] = {segment->count * c->dim, segment->count * sizeof(float),
                            segment->count * lode_vectors_code_size(c->dim)};
    for (size_t part = 0; part < 3; part++) {
      for (size_t i = 0; i < sizes[part]; i++) {
        parts[part][i] = (uint8_t)collection_random_bits(seed);
        if (collection_random_bits(seed) % 8 == 0) parts[part][i] = 0x80;
      }
    }
    for (size_t row = 0; row < segment->count; row++) { /* NaN and infinities */
      static const uint32_t special[] = {0x7FC00000, 0x7F800000, 0xFF800000, 0x7F7FFFFF};
      if (row % 5 == 0) memcpy(parts[1] + row * 4, &special[row / 5 % 4], 4);
    }
  }
}

/* Row `row` of segment s becomes like row `from_row` of segment `from`. */
static inline void collection_set_like(collection *c, size_t s, size_t row, size_t from_row,
                                       size_t from) {
  const size_t size = c->dim * (c->dtype == LODE_DTYPE_F32 ? sizeof(float) : 1);
  const size_t code_size = lode_vectors_code_size(c->dim);
  const lode_vectors_segment *to = &c->segments[s], *of = &c->segments[from];
  memmove((char *)to->rows + row * size, (const char *)of->rows + from_row * size, size);
  ((float *)to->scales)[row] = of->scales[from_row];
  memmove((uint8_t *)to->codes + row * code_size, of->codes + from_row * code_size, code_size);
}

static inline size_t collection_first_filled(const collection *c) {
  size_t s = 0;
  while (s + 1 < c->n && c->segments[s].count == 0) s++;
  return s;
}

/* A row's number over all segments. */
static inline size_t collection_number(const collection *c, size_t s, size_t row) {
  for (size_t i = 0; i < s; i++) row += c->segments[i].count;
  return row;
}

static inline bool collection_bit(const uint8_t *bits, size_t i) {
  return (bits[i / 8] >> i % 8 & 1) != 0;
}

static inline bool collection_may_find(const collection *c, size_t s, size_t row) {
  if (c->segments[s].dead != NULL && collection_bit(c->segments[s].dead, row)) return false;
  return !c->filtered || c->allowed[s] == NULL || collection_bit(c->allowed[s], row);
}

static inline size_t collection_findable(const collection *c) {
  size_t count = 0;
  for (size_t s = 0; s < c->n; s++) {
    for (size_t row = 0; row < c->segments[s].count; row++) count += collection_may_find(c, s, row);
  }
  return count;
}

/* The value that a row stands for. */
static inline double collection_value(const collection *c, size_t s, size_t row, size_t j) {
  const lode_vectors_segment *segment = &c->segments[s];
  const size_t at = row * c->dim + j;
  if (c->dtype == LODE_DTYPE_F32) return (double)((const float *)segment->rows)[at];
  return (double)segment->scales[row] * ((const int8_t *)segment->rows)[at];
}

static inline double collection_score(const collection *c, size_t s, size_t row,
                                      const float *query) {
  double score = 0.0;
  for (size_t j = 0; j < c->dim; j++) score += (double)query[j] * collection_value(c, s, row, j);
  return score;
}

static inline size_t collection_distance(const collection *c, size_t s, size_t row,
                                         const uint8_t *code) {
  const size_t size = lode_vectors_code_size(c->dim);
  const uint8_t *of = c->segments[s].codes + row * size;
  size_t distance = 0;
  for (size_t i = 0; i < size * 8; i++)
    distance += collection_bit(of, i) != collection_bit(code, i);
  return distance;
}

/* The order of results. */
static inline bool hit_before(const lode_vectors_hit *a, const lode_vectors_hit *b) {
  if (a->score != b->score) return a->score > b->score;
  if (a->segment != b->segment) return a->segment < b->segment;
  return a->row < b->row;
}

#endif
