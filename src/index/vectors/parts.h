/* What the files of this folder share. */
#ifndef LODE_INDEX_VECTORS_PARTS_H
#define LODE_INDEX_VECTORS_PARTS_H

#include <string.h>

#include "base/memory.h"
#include "index/vectors/top.h"
#include "index/vectors/vectors.h"
#include "kernels/dot/dot.h"
#include "kernels/hamming/hamming.h"
#include "kernels/scan_i8/scan_i8.h"

/* Rows are looked at in blocks: one word of a bitmap. */
enum { LODE_VECTORS_BLOCK = 64 };

/* A row that the prefilter passed on. */
typedef struct lode_vectors_candidate {
  uint32_t distance;
  uint32_t segment;
  uint32_t row;
} lode_vectors_candidate;

/* One worker's memory. */
typedef struct lode_vectors_worker {
  lode_buffer hits;       /* lode_vectors_hit: what is best so far */
  lode_buffer candidates; /* lode_vectors_candidate */
  lode_buffer levels;     /* uint32_t: how many candidates have a distance */
  lode_top top;
  size_t candidate_count;
} lode_vectors_worker;

struct lode_vectors {
  size_t dim;
  size_t code_size;
  lode_dtype dtype;
  lode_pool *pool;
  const lode_scan_i8_kernel *scan_i8;
  const lode_hamming_kernel *hamming;
  const lode_dot_f32_kernel *dot_f32;
  const lode_dot_f32_i8_kernel *dot_f32_i8;
  lode_buffer query_row;  /* the query as int8_t [dim] */
  lode_buffer query_code; /* and as code */
  lode_buffer merged;     /* lode_vectors_candidate: of all workers */
  lode_vectors_worker *workers;
  int worker_count;
};

/* A search under way. */
typedef struct lode_vectors_job {
  lode_vectors *vectors;
  const lode_vectors_segment *segments;
  size_t n;
  const uint8_t *const *allowed; /* [n], or NULL */
  const float *query;
  size_t rows;       /* of all segments, dead ones too */
  size_t wanted;     /* hits that each worker keeps */
  size_t candidates; /* that the prefilter passes on */
  size_t merged;     /* that it has passed on */
} lode_vectors_job;

/* Which of the rows first .. first + 63 of segment s may be found; first is a multiple of 64. */
static inline uint64_t lode_vectors_mask(const lode_vectors_job *job, size_t s, size_t first) {
  const lode_vectors_segment *segment = &job->segments[s];
  const size_t left = segment->count - first;
  uint64_t mask = left < LODE_VECTORS_BLOCK ? (UINT64_C(1) << left) - 1 : UINT64_MAX;
  const size_t size = left < LODE_VECTORS_BLOCK ? (left + 7) / 8 : sizeof mask;
  uint64_t bits;
  if (segment->dead != NULL) {
    bits = 0;
    memcpy(&bits, segment->dead + first / 8, size);
    mask &= ~bits;
  }
  if (job->allowed != NULL && job->allowed[s] != NULL) {
    bits = 0;
    memcpy(&bits, job->allowed[s] + first / 8, size);
    mask &= bits;
  }
  return mask;
}

/* The segments [*begin, *end) that are a worker's share. They follow each other, so that what
 * the workers find, one after the other, is in the order of segments. */
void lode_vectors_share(const lode_vectors_job *job, const lode_team *team, size_t *begin,
                        size_t *end);

/* The score of a row, by the query in f32. */
float lode_vectors_score(const lode_vectors_job *job, size_t segment, size_t row);

/* Team functions, with a lode_vectors_job. They leave hits in each worker's `top`, by scores
 * that are final after lode_vectors_rescore and for rows in f32. */
void lode_vectors_scan_rows(void *arg, const lode_team *team);  /* the best of all rows */
void lode_vectors_scan_codes(void *arg, const lode_team *team); /* candidates, into `merged` */
void lode_vectors_rescore(void *arg, const lode_team *team);    /* the best of `merged` */

/* Memory of the prefilter for job->candidates. False: none. */
bool lode_vectors_prefilter_reserve(lode_vectors_job *job);

#endif
