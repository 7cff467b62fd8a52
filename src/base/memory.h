/* Memory: an arena for what is built once and lives together, and grow-only
 * buffers for workspaces. All of it goes through malloc/free. */
#ifndef LODE_BASE_MEMORY_H
#define LODE_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes: one cache line, and the widest vector load. */
#define LODE_ALIGN 64

/* An arena frees everything at once. Zero-initialise it ({0}). */
typedef struct lode_arena {
  struct lode_arena_block *head;
} lode_arena;

/* `size` bytes, zeroed, aligned to 16; NULL when out of memory. Size 0 is fine. */
void *lode_arena_alloc(lode_arena *arena, size_t size);
/* n * size with overflow check. */
void *lode_arena_array(lode_arena *arena, size_t n, size_t size);
/* NUL-terminated copy of s[0..n). */
char *lode_arena_string(lode_arena *arena, const char *s, size_t n);
void lode_arena_free(lode_arena *arena);

/* A buffer that only grows, aligned to LODE_ALIGN. Zero-initialise it. */
typedef struct lode_buffer {
  void *data;
  size_t capacity; /* bytes */
} lode_buffer;

/* At least n * size bytes; growth is by half again at least. With `keep`, the first
 * `keep` bytes survive growth, otherwise contents are undefined. False: out of memory
 * (or overflow), buffer unchanged. */
bool lode_buffer_reserve(lode_buffer *buffer, size_t n, size_t size, size_t keep);
void lode_buffer_free(lode_buffer *buffer);

/* Aligned to LODE_ALIGN, huge pages asked for when large, not zeroed. NULL: out of
 * memory. Free with lode_aligned_free. */
void *lode_aligned_alloc(size_t size);
void lode_aligned_free(void *p);

/* *out = a * b or a + b; false on overflow. */
bool lode_size_mul(size_t a, size_t b, size_t *out);
bool lode_size_add(size_t a, size_t b, size_t *out);

#endif
