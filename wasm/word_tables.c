/* The properties of word_property.c and the foldings of fold_special.c for the reader by words, of
 * whose bytes their tables would be a tenth: here they are packed, and laid out when the first of
 * them is asked for. One thread. */
#include <stdbool.h>
#include <string.h>

#include "index/words/fold.h"
#include "index/words/word_break.h"
#include "word_tables.inc"

static uint32_t runs[RUNS];           /* the first code point << 8 | the property */
static uint32_t folds[FOLD_KEYS + 1]; /* the code point << 16 | where in the pool */
static uint16_t pool[FOLD_POOL];
static bool laid_out;

static uint32_t read_number(const uint8_t **at) {
  uint32_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const uint8_t byte = *(*at)++;
    value |= (uint32_t)(byte & 127) << shift;
    if (byte < 128) return value;
  }
}

static void lay_out_runs(void) {
  uint8_t recent[sizeof break_palette];
  memcpy(recent, break_palette, sizeof recent);
  const uint8_t *at = break_packed;
  uint32_t c = 128;
  for (size_t i = 0; i < RUNS; i++) {
    const uint8_t byte = *at++;
    const size_t place = 1 + (byte >> 5 == 7 ? *at++ : byte >> 5);
    const uint8_t property = recent[place];
    memmove(recent + 1, recent, place);
    recent[0] = property;
    runs[i] = c << 8 | property;
    c += 1 + (byte & 31);
    if ((byte & 31) == 31) c += read_number(&at);
  }
}

static void lay_out_folds(void) {
  const uint8_t *at = fold_packed;
  uint32_t key = 0;
  uint32_t to = 0;
  uint32_t used = 0;
  for (size_t i = 0; i < FOLD_KEYS; i++) {
    const uint32_t head = read_number(&at);
    key += head >> 2;
    folds[i] = key << 16 | used;
    for (uint32_t n = head & 3; n > 0; n--) {
      const uint32_t distance = read_number(&at);
      to += (distance & 1) != 0 ? 0 - (distance >> 1) : distance >> 1;
      pool[used++] = (uint16_t)to;
    }
  }
  folds[FOLD_KEYS] = used;
}

/* The last of the ascending list[0..n) that is no larger, n > 0; the first if there is none. */
static const uint32_t *floor_of(const uint32_t *list, size_t n, uint32_t key) {
  if (!laid_out) {
    lay_out_runs();
    lay_out_folds();
    laid_out = true;
  }
  while (n > 1) {
    const size_t half = n / 2;
    const bool right = list[half] <= key;
    list += right ? half : 0;
    n = right ? n - half : half;
  }
  return list;
}

uint8_t lode_word_property(uint32_t c) {
  return c < 0x80 ? lode_word_ascii[c] : (uint8_t)*floor_of(runs, RUNS, c << 8 | 0xff);
}

size_t lode_fold_special(uint32_t c, uint32_t out[LODE_FOLD_SPECIAL_MAX]) {
  if (c < 0xb5 || c > 0xffff) return 0;
  const uint32_t *fold = floor_of(folds, FOLD_KEYS, c << 16 | 0xffff);
  if (*fold >> 16 != c) return 0;
  const size_t first = *fold & 0xffff;
  const size_t count = (fold[1] & 0xffff) - first;
  for (size_t i = 0; i < count; i++) out[i] = pool[first + i];
  return count;
}
