/* The fragment that GitHub (and most others) give to a Markdown heading: in lower case, without
 * punctuation, spaces as hyphens, and -1, -2 … behind those that have been there. */
#ifndef LODE_INDEX_CHUNK_SLUG_H
#define LODE_INDEX_CHUNK_SLUG_H

#include "base/memory.h"

/* The slugs that one document has. Zero-initialise it. */
typedef struct lode_slugs {
  lode_buffer seen; /* hash and count, an open table */
  size_t capacity;
  size_t count;
} lode_slugs;
void lode_slugs_free(lode_slugs *slugs);

/* The slug of a heading's text, in the arena. NULL: out of memory. */
const char *lode_slug(lode_slugs *slugs, lode_arena *arena, const char *text, size_t size);

#endif
