/* Debian's wasi-libc is built without threads: its allocator takes no lock. In a module on shared
 * memory all calls to it come through here (--wrap). */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
int __real_posix_memalign(void **out, size_t align, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
int __wrap_posix_memalign(void **out, size_t align, size_t size);
void __wrap_free(void *p);

/* 0: free; 1: held; 2: held, and somebody sleeps (Drepper, "Futexes Are Tricky", mutex 2). */
static atomic_int word;
static _Thread_local int depth; /* the libc's functions call each other */

static void lock(void) {
  if (depth++ > 0) return;
  int seen = 0;
  if (atomic_compare_exchange_strong(&word, &seen, 1)) return;
  if (seen != 2) seen = atomic_exchange(&word, 2);
  while (seen != 0) {
    __builtin_wasm_memory_atomic_wait32((int *)&word, 2, -1);
    seen = atomic_exchange(&word, 2);
  }
}

static void unlock(void) {
  if (--depth > 0) return;
  if (atomic_fetch_sub(&word, 1) == 1) return;
  atomic_store(&word, 0);
  __builtin_wasm_memory_atomic_notify((int *)&word, 1);
}

void *__wrap_malloc(size_t size) {
  lock();
  void *p = __real_malloc(size);
  unlock();
  return p;
}

void *__wrap_calloc(size_t n, size_t size) {
  lock();
  void *p = __real_calloc(n, size);
  unlock();
  return p;
}

void *__wrap_realloc(void *p, size_t size) {
  lock();
  void *moved = __real_realloc(p, size);
  unlock();
  return moved;
}

void *__wrap_aligned_alloc(size_t align, size_t size) {
  lock();
  void *p = __real_aligned_alloc(align, size);
  unlock();
  return p;
}

int __wrap_posix_memalign(void **out, size_t align, size_t size) {
  lock();
  const int error = __real_posix_memalign(out, align, size);
  unlock();
  return error;
}

void __wrap_free(void *p) {
  lock();
  __real_free(p);
  unlock();
}
