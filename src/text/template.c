#include "text/template.h"

#include <string.h>

bool lode_template_add(lode_template *template, lode_arena *arena, lode_template_part part) {
  /* Full at 0 and at powers of two. */
  if ((template->count & (template->count - 1)) == 0) {
    const size_t capacity = template->count == 0 ? 1 : 2 * template->count;
    lode_template_part *parts = lode_arena_array(arena, capacity, sizeof *parts);
    if (parts == NULL) return false;
    if (template->count > 0) memcpy(parts, template->parts, template->count * sizeof *parts);
    template->parts = parts;
  }
  template->parts[template->count++] = part;
  template->special += part.kind == LODE_TEMPLATE_SPECIAL;
  return true;
}

static size_t min_size(size_t a, size_t b) {
  return a < b ? a : b;
}

/* The longer one gives way first; once they are equally long, both do. An odd token goes to
 * the second, or to the first if that was the longer one. */
static void longest_first(size_t limit, size_t *first, size_t *second) {
  const bool swap = *first > *second;
  const size_t shorter = swap ? *second : *first;
  size_t a = limit / 2;
  size_t b = a + limit % 2;
  if (shorter <= a) {
    a = shorter;
    b = limit - shorter;
  }
  *first = min_size(*first, swap ? b : a);
  *second = min_size(*second, swap ? a : b);
}

bool lode_truncate(lode_truncation_strategy strategy, bool pair, size_t limit, size_t *first,
                   size_t *second) {
  if (*first + *second <= limit) return true;
  if (limit == 0) {
    *first = 0;
    *second = 0;
    return true;
  }
  if (!pair) {
    *first = limit;
    return true;
  }
  if (strategy == LODE_TRUNCATE_LONGEST_FIRST) {
    longest_first(limit, first, second);
    return true;
  }
  size_t *cut = strategy == LODE_TRUNCATE_ONLY_FIRST ? first : second;
  const size_t other = strategy == LODE_TRUNCATE_ONLY_FIRST ? *second : *first;
  if (other >= limit) return false;
  *cut = limit - other;
  return true;
}
