/* The prefilter: the rows whose codes are nearest to the query's, by (distance, segment, row). */
#include "index/vectors/parts.h"

/* The nearest `want` of a stream of rows, in its order. A row is kept while fewer than `want`
 * earlier ones are as near. */
typedef struct nearest {
  lode_vectors_candidate *list; /* [capacity]; some may be too far by now */
  size_t count;
  size_t capacity;
  uint32_t *levels; /* [distances + 2]: rows kept at each distance up to `limit` */
  size_t want;
  size_t total;   /* of levels 0 .. limit; without the last of them less than `want` */
  uint32_t limit; /* only what is nearer comes in */
} nearest;

/* At most 2 `want` rows are at levels 0 .. limit: less than `want` below the limit, and at the
 * limit no more than came in before it was one. The rest is room, so that clearing is rare. */
static size_t list_capacity(size_t want) {
  return 3 * want + 4096;
}

static size_t level_count(const lode_vectors *v) {
  return v->code_size * 8 + 2;
}

bool lode_vectors_prefilter_reserve(lode_vectors_job *job) {
  lode_vectors *v = job->vectors;
  const size_t size = sizeof(lode_vectors_candidate);
  const size_t workers = (size_t)v->worker_count;
  if (job->candidates > SIZE_MAX / 4 / workers / size) return false;
  for (int i = 0; i < v->worker_count; i++) {
    lode_vectors_worker *w = &v->workers[i];
    if (!lode_buffer_reserve(&w->candidates, list_capacity(job->candidates), size, 0)) return false;
    if (!lode_buffer_reserve(&w->levels, level_count(v), sizeof(uint32_t), 0)) return false;
  }
  return lode_buffer_reserve(&v->merged, workers * job->candidates, size, 0);
}

static nearest nearest_make(const lode_vectors_job *job, lode_vectors_worker *worker) {
  const lode_vectors *v = job->vectors;
  memset(worker->levels.data, 0, level_count(v) * sizeof(uint32_t));
  return (nearest){.list = worker->candidates.data,
                   .capacity = list_capacity(job->candidates),
                   .levels = worker->levels.data,
                   .want = job->candidates,
                   .limit = (uint32_t)(v->code_size * 8 + 1)};
}

/* Leaves out what is too far. */
static void clear(nearest *near) {
  size_t kept = 0;
  for (size_t i = 0; i < near->count; i++) {
    if (near->list[i].distance <= near->limit) near->list[kept++] = near->list[i];
  }
  near->count = kept;
}

/* row.distance < near->limit */
static void add(nearest *near, lode_vectors_candidate row) {
  if (near->count == near->capacity) clear(near);
  near->list[near->count++] = row;
  near->levels[row.distance]++;
  near->total++;
  while (near->total - near->levels[near->limit] >= near->want) {
    near->total -= near->levels[near->limit];
    near->limit--;
  }
}

/* Of the farthest that are kept, the first. */
static void finish(nearest *near) {
  size_t at_limit = near->want - (near->total - near->levels[near->limit]);
  size_t kept = 0;
  for (size_t i = 0; i < near->count; i++) {
    const lode_vectors_candidate row = near->list[i];
    if (row.distance > near->limit) continue;
    if (row.distance == near->limit) {
      if (at_limit == 0) continue;
      at_limit--;
    }
    near->list[kept++] = row;
  }
  near->count = kept;
}

static void look_through(const lode_vectors_job *job, nearest *near, uint32_t s) {
  const lode_vectors *v = job->vectors;
  const lode_vectors_segment *segment = &job->segments[s];
  uint32_t distances[LODE_VECTORS_BLOCK];
  for (size_t first = 0; first < segment->count; first += LODE_VECTORS_BLOCK) {
    const uint64_t mask = lode_vectors_mask(job, s, first);
    if (mask == 0) continue;
    const size_t left = segment->count - first;
    const size_t count = left < LODE_VECTORS_BLOCK ? left : LODE_VECTORS_BLOCK;
    const uint8_t *codes = segment->codes + first * v->code_size;
    v->hamming->run(count, v->code_size, codes, v->query_code.data, distances);
    for (size_t i = 0; i < count; i++) {
      if (distances[i] < near->limit && (mask >> i & 1) != 0) {
        add(near, (lode_vectors_candidate){distances[i], s, (uint32_t)(first + i)});
      }
    }
  }
}

/* The nearest of all workers', which are in the order of rows one after the other. */
static void merge(lode_vectors_job *job) {
  lode_vectors *v = job->vectors;
  nearest near = nearest_make(job, &v->workers[0]); /* its levels; the list is not written to */
  near.list = v->merged.data;
  near.capacity = (size_t)v->worker_count * job->candidates;
  for (int i = 0; i < v->worker_count; i++) {
    const lode_vectors_candidate *list = v->workers[i].candidates.data;
    for (size_t j = 0; j < v->workers[i].candidate_count; j++) {
      if (list[j].distance < near.limit) add(&near, list[j]);
    }
  }
  finish(&near);
  job->merged = near.count;
}

void lode_vectors_scan_codes(void *arg, const lode_team *team) {
  lode_vectors_job *job = arg;
  lode_vectors_worker *worker = &job->vectors->workers[team->rank];
  nearest near = nearest_make(job, worker);
  size_t begin, end;
  lode_vectors_share(job, team, &begin, &end);
  for (size_t s = begin; s < end; s++) look_through(job, &near, (uint32_t)s);
  finish(&near);
  worker->candidate_count = near.count;
  lode_team_barrier(team);
  if (team->rank == 0) merge(job);
}

/* Candidates lie far apart in memory: so many are fetched ahead. */
enum { AHEAD = 8, LINE = 64 };

static void fetch(const lode_vectors_job *job, const lode_vectors_candidate *c) {
  const lode_vectors *v = job->vectors;
  const size_t size = v->dim * (v->dtype == LODE_DTYPE_I8 ? sizeof(int8_t) : sizeof(float));
  const char *row = (const char *)job->segments[c->segment].rows + c->row * size;
  for (size_t at = 0; at < size; at += LINE) __builtin_prefetch(row + at);
}

void lode_vectors_rescore(void *arg, const lode_team *team) {
  lode_vectors_job *job = arg;
  lode_vectors_worker *worker = &job->vectors->workers[team->rank];
  const lode_vectors_candidate *list = job->vectors->merged.data;
  lode_top top = lode_top_make(worker->hits.data, job->wanted);
  size_t begin, end;
  lode_team_share(team, job->merged, 1, &begin, &end);
  for (size_t i = begin; i < end; i++) {
    if (i + AHEAD < end) fetch(job, &list[i + AHEAD]);
    const float score = lode_vectors_score(job, list[i].segment, list[i].row);
    lode_top_push(&top, (lode_vectors_hit){list[i].segment, list[i].row, score});
  }
  worker->top = top;
}
