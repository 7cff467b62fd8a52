#include "index/vectors/top.h"

static bool worse(const lode_vectors_hit *a, const lode_vectors_hit *b) {
  if (a->score != b->score) return a->score < b->score;
  if (a->segment != b->segment) return a->segment > b->segment;
  return a->row > b->row;
}

/* Puts `hit` where hits[0] was. */
static void sift_down(lode_vectors_hit *hits, size_t count, lode_vectors_hit hit) {
  size_t at = 0;
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= count) break;
    if (child + 1 < count && worse(&hits[child + 1], &hits[child])) child++;
    if (!worse(&hits[child], &hit)) break;
    hits[at] = hits[child];
    at = child;
  }
  hits[at] = hit;
}

static void sift_up(lode_vectors_hit *hits, size_t at, lode_vectors_hit hit) {
  while (at > 0) {
    const size_t parent = (at - 1) / 2;
    if (!worse(&hit, &hits[parent])) break;
    hits[at] = hits[parent];
    at = parent;
  }
  hits[at] = hit;
}

void lode_top_push_hit(lode_top *top, lode_vectors_hit hit) {
  if (top->count < top->capacity) {
    sift_up(top->hits, top->count++, hit);
  } else if (top->capacity > 0 && worse(&top->hits[0], &hit)) {
    sift_down(top->hits, top->count, hit);
  }
  if (top->count == top->capacity && top->count > 0) top->threshold = top->hits[0].score;
}

void lode_top_sort(lode_top *top) {
  for (size_t left = top->count; left > 1; left--) {
    const lode_vectors_hit worst = top->hits[0];
    sift_down(top->hits, left - 1, top->hits[left - 1]);
    top->hits[left - 1] = worst;
  }
}
