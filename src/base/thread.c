/* Workers spin a little before they sleep, so that calls that follow each other closely
 * (one short text after another) do not pay for a wake-up by the system each time. */
#include "base/thread.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/thread_os.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define cpu_relax() _mm_pause()
#elif defined(__aarch64__)
#define cpu_relax() __asm__ volatile("yield")
#elif defined(__wasm__)
static void cpu_relax(void) { /* there is no instruction for it: about as long as on x86 */
  for (int i = 0; i < 32; i++) __asm__ volatile("");
}
#else
#define cpu_relax() ((void)0)
#endif

/* Turns of a waiting loop: some 100 microseconds before a worker sleeps; and, in a team, fewer
 * before a member gives its CPU away, since another thread may need it to get here. */
#if defined(__wasm__) /* where giving it away is a sleep of some 70 microseconds */
enum { SPINS_BEFORE_SLEEP = 5000, SPINS_BEFORE_YIELD = 5000 };
#else
enum { SPINS_BEFORE_SLEEP = 2000, SPINS_BEFORE_YIELD = 500 };
#endif

typedef struct worker {
  lode_pool *pool;
  lode_os_thread thread;
  int rank;
} worker;

struct lode_pool {
  int size;
  worker *workers; /* [size]; 0 is the caller and has no thread */

  /* What to do now: written by the caller before `round` goes up. */
  lode_team_fn *fn;
  void *arg;
  atomic_uint round;  /* odd or even does not matter: it changes for each job */
  atomic_int running; /* workers that have not finished the round */
  atomic_bool stopping;

  lode_os_gate gate; /* where workers sleep */
  atomic_int sleeping;

  /* The team's meeting point: counts arrivals, `phase` goes up when all are there. */
  atomic_int arrived;
  atomic_uint phase;
};

/* Wait until the pool has a round other than `seen`. */
static unsigned wait_for_round(lode_pool *pool, unsigned seen) {
  for (int spin = 0; spin < SPINS_BEFORE_SLEEP; spin++) {
    const unsigned now = atomic_load_explicit(&pool->round, memory_order_acquire);
    if (now != seen) return now;
    cpu_relax();
  }
  atomic_fetch_add(&pool->sleeping, 1);
  lode_os_gate_wait(&pool->gate, &pool->round, seen);
  atomic_fetch_sub(&pool->sleeping, 1);
  return atomic_load(&pool->round);
}

static void worker_main(void *arg) {
  worker *self = arg;
  lode_pool *pool = self->pool;
  unsigned round = 0;
  for (;;) {
    round = wait_for_round(pool, round);
    if (atomic_load(&pool->stopping)) return;
    const lode_team team = {pool, self->rank, pool->size};
    pool->fn(pool->arg, &team);
    atomic_fetch_sub_explicit(&pool->running, 1, memory_order_release);
  }
}

/* Start the round that has been written down. Sequentially consistent, so that either a
 * worker sees the new round before it sleeps, or we see that it sleeps. */
static void start_round(lode_pool *pool) {
  atomic_fetch_add(&pool->round, 1);
  if (atomic_load(&pool->sleeping) > 0) lode_os_gate_open(&pool->gate, &pool->round);
}

static bool start_workers(lode_pool *pool, int workers) {
  for (int rank = 1; rank < workers; rank++) {
    worker *w = &pool->workers[rank];
    w->pool = pool;
    w->rank = rank;
    if (!lode_os_thread_start(&w->thread, worker_main, w)) break;
    pool->size = rank + 1;
  }
  return pool->size == workers;
}

lode_pool *lode_pool_new(int workers) {
  if (workers < 1 || workers > 256) return NULL;
  lode_pool *pool = calloc(1, sizeof *pool);
  if (!pool) return NULL;
  pool->workers = calloc((size_t)workers, sizeof *pool->workers);
  if (!pool->workers) {
    free(pool);
    return NULL;
  }
  lode_os_gate_init(&pool->gate);
  pool->size = 1;
  if (!start_workers(pool, workers)) {
    lode_pool_free(pool);
    return NULL;
  }
  return pool;
}

void lode_pool_free(lode_pool *pool) {
  if (!pool) return;
  atomic_store(&pool->stopping, true);
  start_round(pool);
  for (int rank = 1; rank < pool->size; rank++) lode_os_thread_join(&pool->workers[rank].thread);
  lode_os_gate_destroy(&pool->gate);
  free(pool->workers);
  free(pool);
}

int lode_pool_size(const lode_pool *pool) {
  return pool ? pool->size : 1;
}

void lode_pool_together(lode_pool *pool, lode_team_fn *fn, void *arg) {
  if (!pool || pool->size == 1) {
    const lode_team alone = {NULL, 0, 1};
    fn(arg, &alone);
    return;
  }
  pool->fn = fn;
  pool->arg = arg;
  atomic_store(&pool->running, pool->size - 1);
  start_round(pool);
  const lode_team team = {pool, 0, pool->size};
  fn(arg, &team);
  for (int spin = 0; atomic_load_explicit(&pool->running, memory_order_acquire) > 0; spin++) {
    if (spin < SPINS_BEFORE_YIELD) {
      cpu_relax();
    } else {
      lode_os_yield();
    }
  }
}

typedef struct each_job {
  lode_item_fn *fn;
  void *arg;
  size_t n;
  atomic_size_t next;
} each_job;

static void take_items(void *arg, const lode_team *team) {
  each_job *job = arg;
  for (;;) {
    const size_t item = atomic_fetch_add_explicit(&job->next, 1, memory_order_relaxed);
    if (item >= job->n) return;
    job->fn(job->arg, item, team->rank);
  }
}

void lode_pool_each(lode_pool *pool, size_t n, lode_item_fn *fn, void *arg) {
  each_job job = {fn, arg, n, 0};
  if (n <= 1) { /* nothing to share: wake nobody */
    const lode_team alone = {NULL, 0, 1};
    take_items(&job, &alone);
    return;
  }
  lode_pool_together(pool, take_items, &job);
}

void lode_team_barrier(const lode_team *team) {
  lode_pool *pool = team->pool;
  if (!pool || team->size == 1) return;
  const unsigned phase = atomic_load_explicit(&pool->phase, memory_order_acquire);
  if (atomic_fetch_add(&pool->arrived, 1) == team->size - 1) {
    atomic_store_explicit(&pool->arrived, 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&pool->phase, 1, memory_order_release);
    return;
  }
  for (int spin = 0; atomic_load_explicit(&pool->phase, memory_order_acquire) == phase; spin++) {
    if (spin < SPINS_BEFORE_YIELD) {
      cpu_relax();
    } else {
      lode_os_yield();
    }
  }
}

void lode_team_share(const lode_team *team, size_t n, size_t unit, size_t *begin, size_t *end) {
  const size_t units = (n + unit - 1) / unit;
  const size_t size = (size_t)team->size;
  const size_t rank = (size_t)team->rank;
  const size_t first = units * rank / size * unit;
  const size_t last = units * (rank + 1) / size * unit;
  *begin = first < n ? first : n;
  *end = last < n ? last : n;
}
