/* The pool: every item exactly once, barriers that hold, shares that cover. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/thread.h"

enum { ITEMS = 1000, ROUNDS = 40 };

typedef struct counts {
  atomic_int seen[ITEMS];
  atomic_int workers[256];
} counts;

static void count_item(void *arg, size_t item, int worker) {
  counts *c = arg;
  atomic_fetch_add(&c->seen[item], 1);
  atomic_fetch_add(&c->workers[worker], 1);
}

static void each_item_once(void **state) {
  (void)state;
  const int sizes[] = {1, 2, 3, 8};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    lode_pool *pool = lode_pool_new(sizes[i]);
    assert_non_null(pool);
    assert_int_equal(lode_pool_size(pool), sizes[i]);
    for (size_t n = 0; n <= ITEMS; n = n * 2 + 1) {
      counts c = {0};
      lode_pool_each(pool, n, count_item, &c);
      for (size_t k = 0; k < ITEMS; k++) assert_int_equal(c.seen[k], k < n ? 1 : 0);
      int taken = 0;
      for (int w = 0; w < sizes[i]; w++) taken += c.workers[w];
      assert_int_equal(taken, n); /* and no rank outside the pool */
    }
    lode_pool_free(pool);
  }
}

typedef struct relay {
  int slot[256]; /* written by one member, read by the next after the barrier */
  atomic_int mistakes;
} relay;

static void pass_on(void *arg, const lode_team *team) {
  relay *r = arg;
  for (int round = 1; round <= ROUNDS; round++) {
    r->slot[team->rank] = round * 1000 + team->rank;
    lode_team_barrier(team);
    const int other = (team->rank + 1) % team->size;
    if (r->slot[other] != round * 1000 + other) atomic_fetch_add(&r->mistakes, 1);
    lode_team_barrier(team);
  }
}

static void barrier_orders_writes(void **state) {
  (void)state;
  for (int size = 1; size <= 5; size++) {
    lode_pool *pool = lode_pool_new(size);
    assert_non_null(pool);
    for (int call = 0; call < 5; call++) {
      relay r = {0};
      lode_pool_together(pool, pass_on, &r);
      assert_int_equal(r.mistakes, 0);
    }
    lode_pool_free(pool);
  }
}

/* Calls with pauses between them find workers asleep, calls without find them spinning. */
static void idle_workers_wake(void **state) {
  (void)state;
  lode_pool *pool = lode_pool_new(4);
  assert_non_null(pool);
  for (int call = 0; call < 50; call++) {
    counts c = {0};
    lode_pool_each(pool, 64, count_item, &c);
    for (size_t k = 0; k < 64; k++) assert_int_equal(c.seen[k], 1);
    volatile unsigned pause = 0;
    while (pause < (call % 5 == 0 ? 3000000u : 10u)) pause = pause + 1;
  }
  lode_pool_free(pool);
}

static void shares_cover_without_overlap(void **state) {
  (void)state;
  for (int size = 1; size <= 7; size++) {
    for (size_t n = 0; n < 70; n++) {
      for (size_t unit = 1; unit <= 16; unit *= 4) {
        size_t next = 0;
        for (int rank = 0; rank < size; rank++) {
          const lode_team team = {NULL, rank, size};
          size_t begin = 0;
          size_t end = 0;
          lode_team_share(&team, n, unit, &begin, &end);
          assert_true(begin <= end);
          if (begin < end) {
            assert_int_equal(begin, next);
            assert_int_equal(begin % unit, 0);
            next = end;
          }
        }
        assert_int_equal(next, n);
      }
    }
  }
}

static void sizes_are_checked(void **state) {
  (void)state;
  assert_null(lode_pool_new(0));
  assert_null(lode_pool_new(-1));
  assert_null(lode_pool_new(257));
  lode_pool_free(NULL);
  assert_int_equal(lode_pool_size(NULL), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_item_once),    cmocka_unit_test(barrier_orders_writes),
      cmocka_unit_test(idle_workers_wake), cmocka_unit_test(shares_cover_without_overlap),
      cmocka_unit_test(sizes_are_checked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
