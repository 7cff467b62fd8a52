/* A pool of workers with the two ways of sharing work that embedding needs.
 * The calling thread is worker 0; a pool of 1 has no threads and takes no locks. */
#ifndef LODE_BASE_THREAD_H
#define LODE_BASE_THREAD_H

#include <stddef.h>

typedef struct lode_pool lode_pool;

/* NULL: out of memory, or the system refused a thread. 1 <= workers <= 256. */
lode_pool *lode_pool_new(int workers);
void lode_pool_free(lode_pool *pool);
int lode_pool_size(const lode_pool *pool);

/* Batch mode: fn(arg, item, worker) once for each item 0 .. n-1. Workers take items in
 * order, one at a time, as they become free: put the longest first. */
typedef void lode_item_fn(void *arg, size_t item, int worker);
void lode_pool_each(lode_pool *pool, size_t n, lode_item_fn *fn, void *arg);

/* Latency mode: fn(arg, team) on all workers at once. Inside, lode_team_barrier is a
 * meeting point that every member must reach; it spins, so keep the work short. */
typedef struct lode_team {
  lode_pool *pool; /* NULL: a team of one, barriers are free */
  int rank;        /* 0 .. size-1 */
  int size;
} lode_team;
typedef void lode_team_fn(void *arg, const lode_team *team);
void lode_pool_together(lode_pool *pool, lode_team_fn *fn, void *arg);
void lode_team_barrier(const lode_team *team);

/* This member's share [*begin, *end) of n items in units of `unit`. */
void lode_team_share(const lode_team *team, size_t n, size_t unit, size_t *begin, size_t *end);

#endif
