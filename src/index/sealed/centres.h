/* What lists of vectors are of: in a file, and as rows that a vector is compared with. */
#ifndef LODE_INDEX_SEALED_CENTRES_H
#define LODE_INDEX_SEALED_CENTRES_H

#include "index/sealed/format.h"

typedef struct lode_sealed_centres {
  size_t count;
  uint64_t made_of; /* vectors that there were when they were made */
  int8_t *rows;     /* [count, dim] */
  float *scales;    /* [count]: row times scale has unit length */
} lode_sealed_centres;

/* What is behind the file's kind. False: out of memory; c->bad: damaged. */
bool lode_sealed_centres_read(lode_cursor *c, size_t dim, lode_arena *arena,
                              lode_sealed_centres *out);
/* Replaces *out by a file of centres [count, dim]; out->failed: out of memory. */
void lode_sealed_centres_write(const float *centres, size_t count, size_t dim, uint64_t made_of,
                               lode_bytes *out);

#endif
