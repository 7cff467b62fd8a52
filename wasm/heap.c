/* The allocator of the reader by words, in the place of the C library's, which would be a tenth of
 * the module. One list of free blocks in the order of their addresses, the first that fits,
 * neighbours joined: the reader holds some hundreds of blocks, most of which are files and arenas.
 * One thread.
 *
 * A block begins with its size, and what is given out lies 8 bytes behind, at a multiple of 16. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "heap.h"

typedef struct block {
  uint32_t size; /* with this; a multiple of UNIT */
  uint32_t unused;
  struct block *next; /* of free ones */
} block;

enum { HEAD = 8, UNIT = 16, PAGE = 65536 };
static const size_t MOST = (size_t)1 << 31;

static block *first_free;

static block *end_of(block *b) {
  return (block *)((char *)b + b->size);
}

static block *block_of(void *p) {
  return (block *)((char *)p - HEAD);
}

/* Into the list, and together with the neighbours. */
static void put_back(block *b) {
  block **link = &first_free;
  block *before = NULL;
  while (*link != NULL && *link < b) {
    before = *link;
    link = &before->next;
  }
  b->next = *link;
  *link = b;
  if (b->next != NULL && end_of(b) == b->next) {
    b->size += b->next->size;
    b->next = b->next->next;
  }
  if (before != NULL && end_of(before) == b) {
    before->size += b->size;
    before->next = b->next;
  }
}

/* What is behind the first `size` bytes of a block is a block of its own. */
static void split(block *b, size_t size) {
  if (b->size - size < UNIT) return;
  block *rest = (block *)((char *)b + size);
  rest->size = b->size - (uint32_t)size;
  b->size = (uint32_t)size;
  put_back(rest);
}

/* The end of the last block, and of memory. */
static uintptr_t used_end, memory_end;

static bool grow(size_t size) {
  const size_t pages = (size + UNIT + PAGE - 1) / PAGE;
  const size_t before = __builtin_wasm_memory_grow(0, pages);
  if (before == SIZE_MAX) return false;
  uintptr_t begin = before * PAGE;
#ifdef LODE_HEAP_BASE
  if (memory_end == 0) begin = (uintptr_t)&LODE_HEAP_BASE;
#endif
  if (memory_end == before * PAGE) begin = used_end;
  memory_end = (before + pages) * PAGE;
  begin = (begin + HEAD - 1) / UNIT * UNIT + HEAD;
  block *b = (block *)begin;
  b->size = (uint32_t)((memory_end - begin) / UNIT * UNIT);
  used_end = begin + b->size;
  put_back(b);
  return true;
}

void *malloc(size_t size) {
  if (size > MOST) return NULL;
  const size_t needed = (size + HEAD + UNIT - 1) / UNIT * UNIT;
  for (;;) {
    for (block **link = &first_free; *link != NULL; link = &(*link)->next) {
      block *b = *link;
      if (b->size < needed) continue;
      *link = b->next;
      split(b, needed);
      return (char *)b + HEAD;
    }
    if (!grow(needed)) return NULL;
  }
}

void free(void *p) {
  if (p != NULL) put_back(block_of(p));
}

void *calloc(size_t n, size_t size) {
  if (size > 0 && n > MOST / size) return NULL;
  void *p = malloc(n * size);
  if (p != NULL) memset(p, 0, n * size);
  return p;
}

void *realloc(void *p, size_t size) {
  if (p == NULL) return malloc(size);
  const size_t room = block_of(p)->size - HEAD;
  if (size <= room) return p;
  void *moved = malloc(size);
  if (moved == NULL) return NULL;
  memcpy(moved, p, room);
  free(p);
  return moved;
}

/* align: a power of two. */
void *aligned_alloc(size_t align, size_t size) {
  if (align <= UNIT) return malloc(size);
  if (align > MOST || size > MOST - align) return NULL;
  char *p = malloc(size + align);
  if (p == NULL) return NULL;
  const size_t gap = (align - (uintptr_t)p % align) % align;
  block *b = block_of(p);
  if (gap > 0) {
    block *front = b;
    b = (block *)((char *)b + gap);
    b->size = front->size - (uint32_t)gap;
    front->size = (uint32_t)gap;
    put_back(front);
  }
  split(b, (size + HEAD + UNIT - 1) / UNIT * UNIT);
  return (char *)b + HEAD;
}

int posix_memalign(void **out, size_t align, size_t size) {
  *out = aligned_alloc(align, size);
  return *out == NULL ? ENOMEM : 0;
}

/* The C library's own calls; elsewhere these are instructions. */
void *memcpy(void *restrict to, const void *restrict from, size_t n) {
  return __builtin_memcpy(to, from, n);
}

void *memset(void *to, int byte, size_t n) {
  return __builtin_memset(to, byte, n);
}
