/* An allocator that counts, and fails at one call of the test's choice: the linker puts it in the
 * place of the C library's (--wrap; see CMakeLists.txt). Included once, by the test's own file. */
#ifndef LODE_TESTS_WRAPPED_ALLOC_H
#define LODE_TESTS_WRAPPED_ALLOC_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

static atomic_long calls;        /* allocations asked for since the last reset */
static atomic_long live;         /* blocks that are not freed yet */
static atomic_long fail_at = -1; /* the number of the call that fails; -1: none */

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
  return atomic_fetch_add(&calls, 1) == fail_at;
}

static void *counted(void *p) {
  if (p) atomic_fetch_add(&live, 1);
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
  return p ? moved : counted(moved);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  return refused() ? NULL : counted(__real_aligned_alloc(alignment, size));
}

int __wrap_posix_memalign(void **p, size_t alignment, size_t size) {
  if (refused()) return ENOMEM;
  const int status = __real_posix_memalign(p, alignment, size);
  if (status == 0) counted(*p);
  return status;
}

void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset) {
  if (refused()) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  return __real_mmap(address, size, protection, flags, fd, offset);
}

void __wrap_free(void *p) {
  if (p) atomic_fetch_sub(&live, 1);
  __real_free(p);
}

/* Count from 0 again, and fail call number `fail`. */
static void reset(long fail) {
  calls = 0;
  fail_at = fail;
}

#endif
