#include "index/chunk/slug.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "text/unicode.h"

typedef struct entry {
  uint64_t hash; /* of the slug; 0: free */
  uint32_t next; /* the number that the next one with this text tries first */
} entry;

void lode_slugs_free(lode_slugs *slugs) {
  lode_buffer_free(&slugs->seen);
  *slugs = (lode_slugs){0};
}

static uint64_t hash_of(const char *s) {
  uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
  for (; *s != '\0'; s++) hash = (hash ^ (unsigned char)*s) * 0x100000001b3u;
  return hash != 0 ? hash : 1;
}

static entry *find(const lode_slugs *slugs, uint64_t hash) {
  entry *table = slugs->seen.data;
  size_t i = (size_t)hash & (slugs->capacity - 1);
  while (table[i].hash != 0 && table[i].hash != hash) i = (i + 1) & (slugs->capacity - 1);
  return &table[i];
}

static bool make_room(lode_slugs *slugs) {
  if ((slugs->count + 1) * 2 <= slugs->capacity) return true;
  const size_t capacity = slugs->capacity == 0 ? 64 : 2 * slugs->capacity;
  lode_slugs larger = {.capacity = capacity, .count = slugs->count};
  if (!lode_buffer_reserve(&larger.seen, capacity, sizeof(entry), 0)) return false;
  memset(larger.seen.data, 0, capacity * sizeof(entry));
  const entry *old = slugs->seen.data;
  for (size_t i = 0; i < slugs->capacity; i++) {
    if (old[i].hash != 0) *find(&larger, old[i].hash) = old[i];
  }
  lode_buffer_free(&slugs->seen);
  *slugs = larger;
  return true;
}

/* Letters, marks, digits and connecting punctuation stay. */
static size_t convert(const char *text, size_t size, char *out) {
  const char *p = text;
  size_t used = 0;
  while (p < text + size) {
    const uint32_t c = lode_utf8_next(&p);
    uint32_t lower[LODE_UNICODE_LOWER_MAX];
    const size_t n = lode_unicode_lower(c, lower);
    const bool word = (lode_unicode_class_of(c).flags & LODE_UNICODE_WORD) != 0;
    if (c == ' ' || c == '-' || c == '\n') {
      out[used++] = '-';
    } else if (word) {
      for (size_t i = 0; i < n; i++) used += lode_utf8_put(out + used, lower[i]);
    }
  }
  return used;
}

const char *lode_slug(lode_slugs *slugs, lode_arena *arena, const char *text, size_t size) {
  enum { MAX_TEXT = 1024, MAX_NUMBER = 12 };
  if (size > MAX_TEXT) { /* nobody links to such a heading by its text */
    size = MAX_TEXT;
    while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80) size--;
  }
  char slug[3 * MAX_TEXT + MAX_NUMBER]; /* U+0130 becomes three bytes of two */
  const size_t n = convert(text, size, slug);
  slug[n] = '\0';
  if (!make_room(slugs)) return NULL;
  entry *first = find(slugs, hash_of(slug));
  if (first->hash == 0) {
    *first = (entry){hash_of(slug), 1};
    slugs->count++;
    return lode_arena_string(arena, slug, n);
  }
  for (uint32_t number = first->next;; number++) {
    (void)snprintf(slug + n, MAX_NUMBER, "-%u", number);
    const uint64_t hash = hash_of(slug);
    if (find(slugs, hash)->hash != 0) continue;
    first->next = number + 1;
    *find(slugs, hash) = (entry){hash, 1};
    slugs->count++;
    return lode_arena_string(arena, slug, strlen(slug));
  }
}
