/* Exact search: every row that may be found gets its score. */
#include "index/vectors/parts.h"

/* In a block with fewer rows than this that may be found, each is read alone. */
enum { FEW = LODE_VECTORS_BLOCK / 3 };

static void scan_block_i8(const lode_vectors_job *job, lode_top *top, uint32_t s, size_t first,
                          uint64_t mask) {
  const lode_vectors *v = job->vectors;
  const lode_vectors_segment *segment = &job->segments[s];
  const size_t left = segment->count - first;
  const size_t count = left < LODE_VECTORS_BLOCK ? left : LODE_VECTORS_BLOCK;
  const int8_t *rows = (const int8_t *)segment->rows + first * v->dim;
  const float *scales = segment->scales + first;
  int32_t sums[LODE_VECTORS_BLOCK];
  if (__builtin_popcountll(mask) >= FEW) {
    v->scan_i8->run(count, v->dim, rows, v->query_row.data, sums);
  } else {
    for (uint64_t rest = mask; rest != 0; rest &= rest - 1) {
      const size_t i = (size_t)__builtin_ctzll(rest);
      v->scan_i8->run(1, v->dim, rows + i * v->dim, v->query_row.data, &sums[i]);
    }
    for (size_t i = 0; i < count; i++) {
      if ((mask >> i & 1) == 0) sums[i] = 0;
    }
  }
  for (size_t i = 0; i < count; i++) {
    const float score = (float)sums[i] * scales[i];
    if (score > top->threshold && (mask >> i & 1) != 0) {
      lode_top_push(top, (lode_vectors_hit){s, (uint32_t)(first + i), score});
    }
  }
}

static void scan_block_f32(const lode_vectors_job *job, lode_top *top, uint32_t s, size_t first,
                           uint64_t mask) {
  for (uint64_t rest = mask; rest != 0; rest &= rest - 1) {
    const size_t row = first + (size_t)__builtin_ctzll(rest);
    const float score = lode_vectors_score(job, s, row);
    if (score > top->threshold) lode_top_push(top, (lode_vectors_hit){s, (uint32_t)row, score});
  }
}

void lode_vectors_scan_rows(void *arg, const lode_team *team) {
  lode_vectors_job *job = arg;
  lode_vectors_worker *worker = &job->vectors->workers[team->rank];
  const bool i8 = job->vectors->dtype == LODE_DTYPE_I8;
  lode_top top = lode_top_make(worker->hits.data, job->wanted);
  size_t begin, end;
  lode_vectors_share(job, team, &begin, &end);
  for (size_t s = begin; s < end; s++) {
    const size_t count = job->segments[s].count;
    for (size_t first = 0; first < count; first += LODE_VECTORS_BLOCK) {
      const uint64_t mask = lode_vectors_mask(job, s, first);
      if (mask == 0) continue;
      if (i8) {
        scan_block_i8(job, &top, (uint32_t)s, first, mask);
      } else {
        scan_block_f32(job, &top, (uint32_t)s, first, mask);
      }
    }
  }
  worker->top = top;
}
