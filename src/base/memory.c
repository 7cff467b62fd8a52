#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

bool lode_size_mul(size_t a, size_t b, size_t *out) {
  return !__builtin_mul_overflow(a, b, out);
}

bool lode_size_add(size_t a, size_t b, size_t *out) {
  return !__builtin_add_overflow(a, b, out);
}

/* ---------------------------------------------------------------- arena */

enum { ARENA_ALIGN = 16, ARENA_FIRST_BLOCK = 4096, ARENA_MAX_BLOCK = 1 << 20 };

struct lode_arena_block {
  struct lode_arena_block *next;
  size_t used;
  size_t capacity;
  _Alignas(ARENA_ALIGN) unsigned char bytes[];
};

static struct lode_arena_block *arena_block_new(size_t capacity) {
  size_t total;
  if (!lode_size_add(sizeof(struct lode_arena_block), capacity, &total)) return NULL;
  struct lode_arena_block *block = calloc(1, total);
  if (block != NULL) block->capacity = capacity;
  return block;
}

void *lode_arena_alloc(lode_arena *arena, size_t size) {
  size_t rounded;
  if (!lode_size_add(size, ARENA_ALIGN - 1, &rounded)) return NULL;
  rounded &= ~(size_t)(ARENA_ALIGN - 1);
  if (rounded == 0) rounded = ARENA_ALIGN; /* a pointer of its own */

  struct lode_arena_block *head = arena->head;
  if (head != NULL && head->capacity - head->used >= rounded) {
    void *p = head->bytes + head->used;
    head->used += rounded;
    return p;
  }

  size_t capacity = head == NULL ? ARENA_FIRST_BLOCK : 2 * head->capacity;
  if (capacity > ARENA_MAX_BLOCK) capacity = ARENA_MAX_BLOCK;
  /* What would fill most of a new block gets one of its own, behind the head, whose
   * remaining room stays in use. */
  const bool alone = rounded > capacity / 2;
  struct lode_arena_block *block = arena_block_new(alone ? rounded : capacity);
  if (block == NULL) return NULL;
  block->used = rounded;
  if (alone && head != NULL) {
    block->next = head->next;
    head->next = block;
  } else {
    block->next = head;
    arena->head = block;
  }
  return block->bytes;
}

void *lode_arena_array(lode_arena *arena, size_t n, size_t size) {
  size_t total;
  return lode_size_mul(n, size, &total) ? lode_arena_alloc(arena, total) : NULL;
}

char *lode_arena_string(lode_arena *arena, const char *s, size_t n) {
  if (n == SIZE_MAX) return NULL;
  char *copy = lode_arena_alloc(arena, n + 1);
  if (copy != NULL && n > 0) memcpy(copy, s, n);
  return copy;
}

void lode_arena_free(lode_arena *arena) {
  struct lode_arena_block *block = arena->head;
  while (block != NULL) {
    struct lode_arena_block *next = block->next;
    free(block);
    block = next;
  }
  arena->head = NULL;
}

/* ---------------------------------------------------------------- aligned blocks */

/* From here on a block is aligned to huge pages, and they are asked for: packed weights
 * are read over and over, and each 4 KiB page would cost a TLB entry. */
#define HUGE_PAGE ((size_t)2 << 20)
#define HUGE_FROM (2 * HUGE_PAGE)

void *lode_aligned_alloc(size_t size) {
#if defined(__wasm__) /* which knows pages of one size: the alignment would only cost */
  const bool huge = false;
#else
  const bool huge = size >= HUGE_FROM;
#endif
  const size_t align = huge ? HUGE_PAGE : LODE_ALIGN;
  size_t rounded; /* aligned_alloc wants a multiple of LODE_ALIGN; of huge pages it would waste */
  if (!lode_size_add(size, LODE_ALIGN - 1, &rounded)) return NULL;
  rounded &= ~(size_t)(LODE_ALIGN - 1);
  if (rounded == 0) rounded = LODE_ALIGN;
  void *p = NULL;
  if (posix_memalign(&p, align, rounded) != 0) return NULL;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (huge) (void)madvise(p, rounded & ~(HUGE_PAGE - 1), MADV_HUGEPAGE); /* a hint */
#endif
  return p;
}

void lode_aligned_free(void *p) {
  free(p);
}

/* ---------------------------------------------------------------- buffer */

bool lode_buffer_reserve(lode_buffer *buffer, size_t n, size_t size, size_t keep) {
  size_t wanted;
  if (!lode_size_mul(n, size, &wanted)) return false;
  if (wanted <= buffer->capacity) return true;
  size_t grown;
  if (!lode_size_add(buffer->capacity, buffer->capacity / 2, &grown)) grown = wanted;
  if (grown < wanted) grown = wanted;
  void *data = lode_aligned_alloc(grown);
  if (data == NULL) return false;
  if (keep > buffer->capacity) keep = buffer->capacity;
  if (keep > 0) memcpy(data, buffer->data, keep);
  lode_aligned_free(buffer->data);
  buffer->data = data;
  buffer->capacity = grown;
  return true;
}

void lode_buffer_free(lode_buffer *buffer) {
  lode_aligned_free(buffer->data);
  buffer->data = NULL;
  buffer->capacity = 0;
}
