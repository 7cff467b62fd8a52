/* The best k of many hits, in memory of the caller's. Better is the larger score; of equal
 * scores, the earlier (segment, row). So the outcome does not depend on the order of pushes. */
#ifndef LODE_INDEX_VECTORS_TOP_H
#define LODE_INDEX_VECTORS_TOP_H

#include <math.h>

#include "index/vectors/vectors.h"

typedef struct lode_top {
  lode_vectors_hit *hits; /* [capacity]; a heap, the worst first */
  size_t capacity;        /* k */
  size_t count;
  /* No hit with a lower score can come in, nor, while hits are pushed in the order of
   * (segment, row), one with the same. NaN and -infinity never do. */
  float threshold;
} lode_top;

static inline lode_top lode_top_make(lode_vectors_hit *hits, size_t capacity) {
  return (lode_top){hits, capacity, 0, capacity > 0 ? -INFINITY : INFINITY};
}

void lode_top_push_hit(lode_top *top, lode_vectors_hit hit);

/* Any order. */
static inline void lode_top_push(lode_top *top, lode_vectors_hit hit) {
  if (hit.score > -INFINITY && hit.score >= top->threshold) lode_top_push_hit(top, hit);
}

/* From the heap to the order of results. Nothing may be pushed afterwards. */
void lode_top_sort(lode_top *top);

#endif
