/* Memory of vector search: when any single allocation fails the answer is LODE_E_NOMEM, the
 * caller's results are untouched and nothing leaks; a second call of a size allocates nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "index_vectors.h"
#include "wrapped_alloc.h"

/* ---------------------------------------------------------------- what is tried */

enum { DIM = 50, K = 9 };

typedef struct attempt {
  collection c;
  lode_pool *pool;
  lode_vectors_options options;
  float query[DIM];
  lode_vectors_hit hits[K];
  size_t count;
} attempt;

static lode_status search(attempt *a, lode_vectors *v, lode_error *err) {
  return lode_vectors_search(v, a->c.segments, a->c.n, a->query, K, &a->options, a->hits, &a->count,
                             err);
}

static lode_status make_and_search(attempt *a) {
  lode_vectors *v;
  lode_error err;
  a->count = 777;
  lode_status status = lode_vectors_new(DIM, a->c.dtype, 0, a->pool, &v, &err);
  if (status == LODE_OK) status = search(a, v, &err);
  lode_vectors_free(v);
  return status;
}

static void fail_each(attempt *a) {
  const long before = live;
  reset(-1);
  assert_int_equal(make_and_search(a), LODE_OK);
  assert_int_equal(a->count, K);
  const long needed = calls;
  assert_true(needed > 4);
  assert_int_equal(live, before);
  for (long i = 0; i < needed; i++) {
    reset(i);
    const lode_status status = make_and_search(a);
    reset(-1);
    assert_int_equal(status, LODE_E_NOMEM);
    assert_int_equal(a->count, 777);
    assert_int_equal(live, before);
  }
}

static void each_way(void (*check)(attempt *a)) {
  for (int way = 0; way < 8; way++) {
    uint64_t seed = 4; /* five segments */
    attempt a = {.options.candidates = 20};
    a.c = collection_random(DIM, way % 2 == 0 ? LODE_DTYPE_I8 : LODE_DTYPE_F32, &seed);
    a.options.prefilter =
        way / 2 % 2 == 0 ? LODE_VECTORS_PREFILTER_NEVER : LODE_VECTORS_PREFILTER_ALWAYS;
    random_fill(&seed, a.query, DIM);
    a.pool = way < 4 ? NULL : lode_pool_new(2);
    check(&a);
    lode_pool_free(a.pool);
    collection_free(&a.c);
  }
}

static void test_every_allocation_may_fail(void **state) {
  (void)state;
  each_way(fail_each);
}

static void search_twice(attempt *a) {
  lode_vectors *v;
  assert_int_equal(lode_vectors_new(DIM, a->c.dtype, 0, a->pool, &v, NULL), LODE_OK);
  assert_int_equal(search(a, v, NULL), LODE_OK);
  reset(-1);
  assert_int_equal(search(a, v, NULL), LODE_OK);
  assert_int_equal(calls, 0);
  lode_vectors_free(v);
}

static void test_the_second_call_allocates_nothing(void **state) {
  (void)state;
  each_way(search_twice);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_allocation_may_fail),
      cmocka_unit_test(test_the_second_call_allocates_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
