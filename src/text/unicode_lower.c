/* Lower case alone: whoever has the rest from elsewhere links this without unicode.c. */
#include "text/unicode.h"

#include <stdbool.h>

#include "text/unicode_lower_tables.inc"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static uint32_t floor_u32(const uint32_t *list, size_t n, uint32_t key) {
  while (n > 1) {
    const size_t half = n / 2;
    const bool right = list[half] <= key;
    list += right ? half : 0;
    n = right ? n - half : half;
  }
  return *list;
}

size_t lode_unicode_lower(uint32_t c, uint32_t out[LODE_UNICODE_LOWER_MAX]) {
  out[0] = c;
  if (c < 0x80) {
    if (c >= 'A' && c <= 'Z') out[0] = c + ('a' - 'A');
    return 1;
  }
  if (c == 0x130) { /* LATIN CAPITAL LETTER I WITH DOT ABOVE */
    out[0] = 'i';
    out[1] = 0x307;
    return 2;
  }
  if (c > 0x1ffff) return 1;
  /* A run is first << 15 | (step - 1) << 14 | (count - 1) << 7 | number of its distance. */
  const uint32_t run = floor_u32(lower_runs, COUNT_OF(lower_runs), c << 15 | 0x7fff);
  const uint32_t offset = c - (run >> 15); /* wraps below the first run, which fails the test */
  const uint32_t step = 1 + (run >> 14 & 1);
  if (offset % step != 0 || offset / step > (run >> 7 & 0x7f)) return 1;
  const uint32_t distance = lower_distances[run & 0x7f];
  out[0] = (c & ~0xffffu) | ((c + distance) & 0xffff);
  return 1;
}
