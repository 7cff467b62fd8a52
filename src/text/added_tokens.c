#include "text/added_tokens.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "text/unicode.h"

/* ---------------------------------------------------------------- the set */

static int compare_bytes(const lode_added_token *a, const lode_added_token *b) {
  const int order = memcmp(a->pattern, b->pattern, a->size < b->size ? a->size : b->size);
  if (order != 0) return order;
  return (a->size > b->size) - (a->size < b->size);
}

static int compare_tokens(const void *left, const void *right) {
  const lode_added_token *a = left;
  const lode_added_token *b = right;
  const int order = compare_bytes(a, b);
  return order != 0 ? order : (a->id > b->id) - (a->id < b->id);
}

void lode_added_set_init(lode_added_set *set, lode_added_token *tokens, size_t count) {
  *set = (lode_added_set){.tokens = tokens, .only_first = -1};
  if (count == 0) return;
  qsort(tokens, count, sizeof *tokens, compare_tokens);
  for (size_t i = 0; i < count; i++) {
    if (i == 0 || compare_bytes(&tokens[set->count - 1], &tokens[i]) != 0) {
      tokens[set->count++] = tokens[i];
    }
  }
  for (size_t i = 0; i < set->count; i++) set->first[(uint8_t)tokens[i].pattern[0] + 1]++;
  for (int b = 0; b < 256; b++) {
    if (set->first[b + 1] == set->count) set->only_first = b;
    set->first[b + 1] += set->first[b];
  }
}

/* The longest token at text[at], or NULL. */
static const lode_added_token *match_at(const lode_added_set *set, const char *text, size_t size,
                                        size_t at) {
  const uint8_t byte = (uint8_t)text[at];
  size_t low = set->first[byte];
  size_t high = set->first[byte + 1];
  const lode_added_token *found = NULL;
  /* Tokens low .. high - 1 agree with the text in their first `depth` bytes. */
  for (size_t depth = 1; low < high; depth++) {
    if (set->tokens[low].size == depth) found = &set->tokens[low++];
    if (at + depth == size) break;
    const uint8_t next = (uint8_t)text[at + depth];
    size_t a = low;
    for (size_t b = high; a < b;) {
      const size_t middle = a + (b - a) / 2;
      if ((uint8_t)set->tokens[middle].pattern[depth] < next)
        a = middle + 1;
      else
        b = middle;
    }
    low = a;
    for (size_t b = high; a < b;) {
      const size_t middle = a + (b - a) / 2;
      if ((uint8_t)set->tokens[middle].pattern[depth] <= next)
        a = middle + 1;
      else
        b = middle;
    }
    high = a;
  }
  return found;
}

/* The leftmost token that begins at `from` or later, the longest of those; *at is where. */
static const lode_added_token *find(const lode_added_set *set, const char *text, size_t size,
                                    size_t from, size_t *at) {
  for (size_t i = from; i < size; i++) {
    if (set->only_first >= 0) {
      const char *p = memchr(text + i, set->only_first, size - i);
      if (p == NULL) return NULL;
      i = (size_t)(p - text);
    } else {
      while (i < size && set->first[(uint8_t)text[i]] == set->first[(uint8_t)text[i] + 1]) i++;
      if (i == size) return NULL;
    }
    const lode_added_token *token = match_at(set, text, size, i);
    if (token != NULL) {
      *at = i;
      return token;
    }
  }
  return NULL;
}

/* ---------------------------------------------------------------- the walk */

static uint8_t flags_of(uint32_t c) {
  return lode_unicode_class_of(c).flags;
}

/* The character that ends at text[end], end > 0; *begin is where it begins. */
static uint32_t char_before(const char *text, size_t end, size_t *begin) {
  size_t i = end - 1;
  while (i > 0 && ((uint8_t)text[i] & 0xc0) == 0x80) i--;
  *begin = i;
  const char *p = text + i;
  return lode_utf8_next(&p);
}

static bool is_single_word(const lode_added_walk *walk, size_t begin, size_t end) {
  if (begin > 0) {
    size_t ignored;
    const uint32_t before = char_before(walk->text, begin, &ignored);
    if ((flags_of(before) & LODE_UNICODE_WORD) != 0) return false;
  }
  if (end == walk->size) return true;
  const char *p = walk->text + end;
  return (flags_of(lode_utf8_next(&p)) & LODE_UNICODE_WORD) == 0;
}

static size_t skip_space_back(const char *text, size_t from, size_t limit) {
  while (from > limit) {
    size_t begin;
    const uint32_t c = char_before(text, from, &begin);
    if ((flags_of(c) & LODE_UNICODE_SPACE) == 0) break;
    from = begin;
  }
  return from;
}

/* Remembers the run: tokens that are white space themselves would else each skip the rest
 * of it. */
static size_t skip_space(lode_added_walk *walk, size_t from) {
  if (from >= walk->space_begin && from <= walk->space_end) return walk->space_end;
  const char *p = walk->text + from;
  const char *end = walk->text + walk->size;
  while (p < end) {
    const char *next = p;
    if ((flags_of(lode_utf8_next(&next)) & LODE_UNICODE_SPACE) == 0) break;
    p = next;
  }
  walk->space_begin = from;
  walk->space_end = (size_t)(p - walk->text);
  return walk->space_end;
}

lode_added_walk lode_added_walk_begin(const lode_added_set *set, const char *text, size_t size) {
  return (lode_added_walk){.set = set, .text = text, .size = size, .space_begin = SIZE_MAX};
}

/* Find the next token into `pending`, its range widened by the white space that it takes. */
static void find_pending(lode_added_walk *walk) {
  while (walk->set->count > 0) {
    size_t begin = 0;
    const lode_added_token *token = find(walk->set, walk->text, walk->size, walk->searched, &begin);
    if (token == NULL) break;
    size_t end = begin + token->size;
    walk->searched = end;
    if ((token->flags & LODE_ADDED_SINGLE_WORD) != 0 && !is_single_word(walk, begin, end)) {
      continue;
    }
    if ((token->flags & LODE_ADDED_LSTRIP) != 0) {
      begin = skip_space_back(walk->text, begin, walk->done);
      if (begin < walk->done) begin = walk->done;
    }
    if ((token->flags & LODE_ADDED_RSTRIP) != 0) end = skip_space(walk, end);
    if (begin > end) begin = end; /* inside what the token before took: the library panics */
    walk->pending = token;
    walk->pending_begin = begin;
    walk->pending_end = end;
    return;
  }
  walk->searched = walk->size;
}

bool lode_added_walk_next(lode_added_walk *walk, lode_added_part *part) {
  if (walk->pending == NULL && walk->searched < walk->size) find_pending(walk);
  const lode_added_token *token = walk->pending;
  if (token == NULL) {
    if (walk->done >= walk->size) return false;
    *part = (lode_added_part){walk->done, walk->size, NULL};
    walk->done = walk->size;
    return true;
  }
  if (walk->done < walk->pending_begin) {
    *part = (lode_added_part){walk->done, walk->pending_begin, NULL};
    walk->done = walk->pending_begin;
    return true;
  }
  /* A token that lies in white space which the one before has taken begins before `done`,
   * and goes back to its own end: the library hands out overlapping ranges here. */
  *part = (lode_added_part){walk->pending_begin, walk->pending_end, token};
  walk->done = walk->pending_end;
  walk->pending = NULL;
  return true;
}
