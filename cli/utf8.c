#include "utf8.h"

#include <string.h>

size_t cli_utf8_step(const char *s, size_t n, uint32_t *c) {
  unsigned char lead = (unsigned char)s[0];
  if (lead < 0x80) {
    *c = lead;
    return 1;
  }
  *c = CLI_UTF8_BAD;
  if (lead < 0xC2 || lead > 0xF4) return 1;
  size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  /* The first continuation byte's range is narrower after some leads, which is what keeps
   * out overlong forms, surrogates and what is above U+10FFFF. */
  unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  uint32_t value = lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; i++) {
    if (i == n) return i;
    unsigned char byte = (unsigned char)s[i];
    if (byte < low || byte > high) return i;
    value = value << 6 | (byte & 0x3Fu);
    low = 0x80;
    high = 0xBF;
  }
  *c = value;
  return length;
}

size_t cli_utf8_put(char *dst, uint32_t c) {
  if (c < 0x80) {
    dst[0] = (char)c;
    return 1;
  }
  if (c < 0x800) {
    dst[0] = (char)(0xC0 | c >> 6);
    dst[1] = (char)(0x80 | (c & 0x3F));
    return 2;
  }
  if (c < 0x10000) {
    dst[0] = (char)(0xE0 | c >> 12);
    dst[1] = (char)(0x80 | (c >> 6 & 0x3F));
    dst[2] = (char)(0x80 | (c & 0x3F));
    return 3;
  }
  dst[0] = (char)(0xF0 | c >> 18);
  dst[1] = (char)(0x80 | (c >> 12 & 0x3F));
  dst[2] = (char)(0x80 | (c >> 6 & 0x3F));
  dst[3] = (char)(0x80 | (c & 0x3F));
  return 4;
}

size_t cli_utf8_valid(const char *s, size_t n) {
  size_t at = 0;
  while (at < n) {
    uint32_t c;
    size_t step = cli_utf8_step(s + at, n - at, &c);
    if (c == CLI_UTF8_BAD) break;
    at += step;
  }
  return at;
}

size_t cli_utf8_repair(char *dst, const char *s, size_t n) {
  size_t written = 0;
  for (size_t at = 0; at < n;) {
    size_t good = cli_utf8_valid(s + at, n - at);
    memcpy(dst + written, s + at, good);
    written += good;
    at += good;
    if (at == n) break;
    uint32_t c;
    at += cli_utf8_step(s + at, n - at, &c);
    written += cli_utf8_put(dst + written, 0xFFFD);
  }
  return written;
}
