#include "index/chunk/html_entity.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "index/chunk/entity_tables.inc"

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_alnum(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* What a number stands for: the standard's replacements; 0 for what is no text at all. */
static uint32_t numbered(uint32_t c) {
  static const uint16_t windows[32] = {
      0x20ac, 0,      0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
      0x2039, 0x152,  0,      0x17d,  0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
      0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0,      0x17e,  0x178,
  };
  if (c == 0 || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff) return 0xfffd;
  if (c >= 0x80 && c < 0xa0) return windows[c - 0x80] != 0 ? windows[c - 0x80] : c;
  if (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') return 0;
  if (c == 0x7f || (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe) return 0;
  return c;
}

static size_t numeric(const char *text, size_t size, char *out, size_t *out_size) {
  size_t at = 2;
  const bool hex = size > 2 && (text[2] == 'x' || text[2] == 'X');
  if (hex) at = 3;
  const size_t first = at;
  uint32_t c = 0;
  for (; at < size; at++) {
    const int digit = hex_digit(text[at]);
    if (digit < 0 || (!hex && digit > 9)) break;
    c = c > 0x10ffff ? c : c * (hex ? 16 : 10) + (uint32_t)digit;
  }
  if (at == first) return 0;
  if (at < size && text[at] == ';') at++;
  c = numbered(c);
  *out_size = c == 0 ? 0 : lode_utf8_put(out, c);
  return at;
}

/* Names are sorted: those that begin with what was read so far are a range, which each further
 * character narrows. *names and *end: that range. */
static void narrow(size_t *low, size_t *high, size_t depth, char c) {
  size_t bounds[2];
  for (int side = 0; side < 2; side++) { /* first name with >= c there, and with > c */
    size_t a = *low;
    size_t z = *high;
    while (a < z) {
      const size_t middle = a + (z - a) / 2;
      const size_t length = (size_t)(entity_first[middle + 1] - entity_first[middle]);
      const int here = length > depth ? entity_names[entity_first[middle] + depth] : -1;
      if (here < (int)(unsigned char)c + side) {
        a = middle + 1;
      } else {
        z = middle;
      }
    }
    bounds[side] = a;
  }
  *low = bounds[0];
  *high = bounds[1];
}

size_t lode_html_entity(const char *text, size_t size, bool attribute,
                        char out[LODE_HTML_ENTITY_MAX], size_t *out_size) {
  *out_size = 0;
  if (size < 2) return 0;
  if (text[1] == '#') return numeric(text, size, out, out_size);
  size_t low = 0;
  size_t high = sizeof entity_value_of / sizeof *entity_value_of;
  size_t found = 0; /* bytes of the longest name so far */
  size_t name = 0;
  for (size_t at = 1; at < size && low < high; at++) {
    narrow(&low, &high, at - 1, text[at]);
    if (low >= high) break;
    if ((size_t)(entity_first[low + 1] - entity_first[low]) == at) {
      found = at;
      name = low;
    }
  }
  if (found == 0) return 0;
  const size_t end = found + 1;
  if (attribute && text[found] != ';' && end < size && (text[end] == '=' || is_alnum(text[end]))) {
    return 0;
  }
  const size_t value = entity_value_of[name];
  const size_t first = entity_value_first[value];
  *out_size = (size_t)(entity_value_first[value + 1] - first);
  memcpy(out, entity_values + first, *out_size);
  return end;
}

size_t lode_html_decode(const char *text, size_t size, bool attribute, char *out) {
  size_t used = 0;
  size_t at = 0;
  while (at < size) {
    if (text[at] == '&') {
      char value[LODE_HTML_ENTITY_MAX];
      size_t n;
      const size_t length = lode_html_entity(text + at, size - at, attribute, value, &n);
      if (length > 0) {
        memcpy(out + used, value, n);
        used += n;
        at += length;
        continue;
      }
    }
    out[used++] = text[at++];
  }
  return used;
}
