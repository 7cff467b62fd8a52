/* Where a question's words stand in a long document, out of files that have its words alone: a few
 * kilobytes for each, instead of all of the text. */
#include <stdlib.h>
#include <string.h>

#include "index/sealed/reader.h"
#include "index/search/terms.h"

enum { POSITION_BITS = 30 };

typedef struct collecting {
  lode_arena *arena;
  lode_standing *list; /* [capacity] in the arena */
  size_t count;
  size_t capacity;
  uint32_t atom;
} collecting;

static lode_status collect(void *user, lode_text key, lode_cursor c, lode_error *err) {
  collecting *g = user;
  uint64_t position = 0;
  (void)key;
  const size_t room = (size_t)(c.end - c.at); /* each takes a byte at least */
  if (room > g->capacity - g->count) {
    const size_t capacity = 2 * g->capacity + room;
    lode_standing *list = lode_arena_array(g->arena, capacity, sizeof *list);
    if (list == NULL) return lode_error_nomem(err);
    if (g->count > 0) memcpy(list, g->list, g->count * sizeof *list);
    g->list = list;
    g->capacity = capacity;
  }
  for (bool first = true; lode_cursor_more(&c); first = false) {
    const uint64_t more = lode_cursor_upto(&c, UINT32_MAX);
    position += more;
    if (c.bad || position >> POSITION_BITS != 0 || (more == 0 && !first)) {
      return lode_error_set(err, LODE_E_FORMAT, -1, -1, "words of a document: damaged");
    }
    g->list[g->count++] = (lode_standing){(uint32_t)position, g->atom};
  }
  return LODE_OK;
}

static int by_position(const void *a, const void *b) {
  const lode_standing *x = a;
  const lode_standing *y = b;
  return (x->position > y->position) - (x->position < y->position);
}

lode_status lode_sealed_stands(lode_sealed *sealed, int64_t id, const lode_terms *terms,
                               lode_arena *arena, lode_stands *out, lode_error *err) {
  lode_sealed_entries *files = &sealed->boot.lists[LODE_SEALED_WORDS];
  lode_word_range *ranges;
  collecting g = {.arena = arena};
  lode_status status = lode_sealed_long(sealed, id, arena, files, &ranges, err);
  if (status != LODE_OK || files->count == 0) return status;
  bool busy = false;
  for (size_t i = 0; i < terms->spelling_count; i++) {
    const lode_spelling *s = &lode_terms_spellings(terms)[i];
    if (terms->units[terms->atoms[s->atom].unit].common) continue;
    char end[LODE_TERM_MAX + 1];
    const lode_text to = s->prefix ? lode_sealed_end_of(s->term, s->size, end) : (lode_text){0};
    g.atom = s->atom;
    status = lode_sealed_scan(sealed, LODE_SEALED_WORDS, "LSQ1", (lode_text){s->term, s->size}, to,
                              collect, &g, err);
    if (status != LODE_OK && status != LODE_E_BUSY) return status;
    busy = busy || status == LODE_E_BUSY;
  }
  if (g.count > 1) qsort(g.list, g.count, sizeof *g.list, by_position);
  *out = (lode_stands){.list = g.list, .count = g.count, .chunks = ranges};
  *files = (lode_sealed_entries){0};
  return busy ? LODE_E_BUSY : LODE_OK;
}
