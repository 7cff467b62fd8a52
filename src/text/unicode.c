#include "text/unicode.h"

#include <stdbool.h>

#include "text/unicode_tables.inc"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Last element <= key of the ascending list[0..n), n > 0; the first if there is none. */
static const uint16_t *floor_u16(const uint16_t *list, size_t n, uint32_t key) {
  while (n > 1) {
    const size_t half = n / 2;
    const bool right = list[half] <= key;
    list += right ? half : 0;
    n = right ? n - half : half;
  }
  return list;
}

lode_unicode_class lode_unicode_class_of(uint32_t c) {
  const uint32_t page = page_of[block_of[c >> 12] * 16u + (c >> 8 & 15)];
  /* A run is its class << 8 | the low byte that it begins with: one search key less 8 bits. */
  const uint16_t *first = runs + first_run[page];
  size_t n = (size_t)(first_run[page + 1] - first_run[page]);
  while (n > 1) {
    const size_t half = n / 2;
    const bool right = (first[half] & 0xff) <= (c & 0xff);
    first += right ? half : 0;
    n = right ? n - half : half;
  }
  const uint32_t number = *first >> 8;
  return (lode_unicode_class){class_flags[number], class_ccc[number]};
}

/* Hangul syllables decompose by arithmetic: Unicode, section 3.12. */
enum {
  HANGUL_FIRST = 0xac00,
  HANGUL_COUNT = 11172,
  HANGUL_L = 0x1100,
  HANGUL_V = 0x1161,
  HANGUL_T = 0x11a7,
  HANGUL_V_COUNT = 21,
  HANGUL_T_COUNT = 28,
};

static size_t hangul(uint32_t index, uint32_t out[LODE_UNICODE_NFD_MAX]) {
  const uint32_t t = index % HANGUL_T_COUNT;
  out[0] = HANGUL_L + index / (HANGUL_V_COUNT * HANGUL_T_COUNT);
  out[1] = HANGUL_V + index / HANGUL_T_COUNT % HANGUL_V_COUNT;
  out[2] = HANGUL_T + t;
  return t != 0 ? 3 : 2;
}

/* CJK compatibility ideographs stand for one other; 0: not one of them. */
static uint32_t cjk(uint32_t index, const uint16_t *low, const uint8_t *plane_2) {
  const uint32_t plane = plane_2[index / 8] >> (index % 8) & 1;
  return plane << 17 | low[index];
}

/* One step: c becomes *first and *second; *second = 0 for a single one. */
static bool decompose(uint32_t c, uint32_t *first, uint32_t *second) {
  const bool bmp = c < 0x10000;
  if (!bmp && c >= 0x20000) return false;
  const uint16_t *keys = bmp ? nfd_bmp : nfd_smp;
  const size_t n = bmp ? COUNT_OF(nfd_bmp) : COUNT_OF(nfd_smp);
  const uint16_t *key = floor_u16(keys, n, c & 0xffff);
  if (*key != (c & 0xffff)) return false;
  const size_t i = (size_t)(key - keys);
  *first = bmp ? nfd_bmp_first[i] : 0x10000u | nfd_smp_first[i];
  *second = nfd_seconds[bmp ? nfd_bmp_second[i] : nfd_smp_second[i]];
  return true;
}

size_t lode_unicode_nfd(uint32_t c, uint32_t out[LODE_UNICODE_NFD_MAX]) {
  out[0] = c;
  if (c < 0xc0) return 1;
  if (c - HANGUL_FIRST < HANGUL_COUNT) return hangul(c - HANGUL_FIRST, out);
  if (c - 0xf900 < COUNT_OF(cjk_f900)) {
    const uint32_t to = cjk(c - 0xf900, cjk_f900, cjk_f900_plane_2);
    if (to != 0) out[0] = to;
    return 1;
  }
  if (c - 0x2f800 < COUNT_OF(cjk_2f800)) {
    const uint32_t to = cjk(c - 0x2f800, cjk_2f800, cjk_2f800_plane_2);
    if (to != 0) out[0] = to;
    return 1;
  }
  /* Only the first of a pair decomposes further (the generator makes sure), so the seconds
   * come out last to first. */
  uint32_t seconds[LODE_UNICODE_NFD_MAX];
  size_t n = 0;
  uint32_t second;
  while (n < LODE_UNICODE_NFD_MAX - 1 && decompose(out[0], &out[0], &second)) {
    if (second != 0) seconds[n++] = second;
  }
  for (size_t i = 0; i < n; i++) out[1 + i] = seconds[n - 1 - i];
  return 1 + n;
}
