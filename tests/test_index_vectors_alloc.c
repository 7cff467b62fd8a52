/* Memory of vector search: when any single allocation fails the answer is LODE_E_NOMEM, the
 * caller's results are untouched and nothing leaks; a second call of a size allocates nothing. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "index_vectors.h"

/* ---------------------------------------------------------------- the wrapped allocator */

static long calls;        /* allocations since the last reset */
static long live;         /* blocks not freed yet */
static long fail_at = -1; /* this one fails */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void **p, size_t alignment, size_t size);
void *__real_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
void __real_free(void *p);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **p, size_t alignment, size_t size);
void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
void __wrap_free(void *p);

static bool refused(void) {
  return calls++ == fail_at;
}

static void *counted(void *p) {
  live += p != NULL;
  return p;
}

void *__wrap_malloc(size_t size) {
  return refused() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size) {
  return refused() ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t size) {
  if (refused()) return NULL;
  void *moved = __real_realloc(p, size);
  return p != NULL ? moved : counted(moved);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  return refused() ? NULL : counted(__real_aligned_alloc(alignment, size));
}

int __wrap_posix_memalign(void **p, size_t alignment, size_t size) {
  if (refused()) return ENOMEM;
  const int status = __real_posix_memalign(p, alignment, size);
  if (status == 0) (void)counted(*p);
  return status;
}

void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset) {
  return __real_mmap(address, size, protection, flags, fd, offset);
}

void __wrap_free(void *p) {
  live -= p != NULL;
  __real_free(p);
}

static void reset(long fail) {
  calls = 0;
  fail_at = fail;
}

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
