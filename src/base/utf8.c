#include "base/utf8.h"

#include <string.h>

/* Bytes of ASCII at the start of s[0..n), found 16 at a time; may stop up to 15 early. */
static size_t ascii_run(const unsigned char *s, size_t n) {
  const uint64_t high = 0x8080808080808080u;
  size_t i = 0;
  while (n - i >= 16) {
    uint64_t a;
    uint64_t b;
    memcpy(&a, s + i, 8);
    memcpy(&b, s + i + 8, 8);
    if (((a | b) & high) != 0) break;
    i += 16;
  }
  return i;
}

static bool in_range(unsigned char c, unsigned char low, unsigned char high) {
  return c >= low && c <= high;
}

/* Length of the well-formed sequence at s[0..n), n > 0; or 0, and then *bad is the length
 * of the maximal ill-formed part: what no well-formed sequence could continue. */
static size_t sequence(const unsigned char *s, size_t n, size_t *bad) {
  const unsigned char lead = s[0];
  if (lead < 0x80) return 1;
  /* Unicode table 3-7: only the second byte's range depends on the lead. */
  size_t length;
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
  if (in_range(lead, 0xc2, 0xdf)) {
    length = 2;
  } else if (in_range(lead, 0xe0, 0xef)) {
    length = 3;
    if (lead == 0xe0) low = 0xa0;  /* overlong */
    if (lead == 0xed) high = 0x9f; /* surrogates */
  } else if (in_range(lead, 0xf0, 0xf4)) {
    length = 4;
    if (lead == 0xf0) low = 0x90;  /* overlong */
    if (lead == 0xf4) high = 0x8f; /* above U+10FFFF */
  } else {
    *bad = 1;
    return 0;
  }
  *bad = 1;
  if (n < 2 || !in_range(s[1], low, high)) return 0;
  for (size_t i = 2; i < length; i++) {
    *bad = i;
    if (i >= n || !in_range(s[i], 0x80, 0xbf)) return 0;
  }
  return length;
}

size_t lode_utf8_valid(const char *s, size_t n) {
  const unsigned char *bytes = (const unsigned char *)s;
  size_t i = 0;
  while (i < n) {
    if (bytes[i] < 0x80) {
      const size_t run = ascii_run(bytes + i, n - i);
      i += run > 0 ? run : 1;
      continue;
    }
    size_t bad;
    const size_t length = sequence(bytes + i, n - i, &bad);
    if (length == 0) return i;
    i += length;
  }
  return n;
}

uint32_t lode_utf8_next(const char **s) {
  const unsigned char *p = (const unsigned char *)*s;
  const uint32_t c = p[0];
  if (c < 0x80) {
    *s += 1;
    return c;
  }
  if (c < 0xe0) {
    *s += 2;
    return (c & 0x1f) << 6 | (p[1] & 0x3fu);
  }
  if (c < 0xf0) {
    *s += 3;
    return (c & 0x0f) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
  }
  *s += 4;
  return (c & 0x07) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
}

size_t lode_utf8_put(char *dst, uint32_t c) {
  if (c < 0x80) {
    dst[0] = (char)c;
    return 1;
  }
  if (c < 0x800) {
    dst[0] = (char)(0xc0 | c >> 6);
    dst[1] = (char)(0x80 | (c & 0x3f));
    return 2;
  }
  if (c < 0x10000) {
    dst[0] = (char)(0xe0 | c >> 12);
    dst[1] = (char)(0x80 | (c >> 6 & 0x3f));
    dst[2] = (char)(0x80 | (c & 0x3f));
    return 3;
  }
  dst[0] = (char)(0xf0 | c >> 18);
  dst[1] = (char)(0x80 | (c >> 12 & 0x3f));
  dst[2] = (char)(0x80 | (c >> 6 & 0x3f));
  dst[3] = (char)(0x80 | (c & 0x3f));
  return 4;
}

size_t lode_utf8_replace(char *dst, const char *src, size_t n, size_t *replaced) {
  size_t written = 0;
  size_t count = 0;
  size_t i = 0;
  while (i < n) {
    const size_t good = lode_utf8_valid(src + i, n - i);
    if (good > 0) memcpy(dst + written, src + i, good);
    written += good;
    i += good;
    if (i == n) break;
    size_t bad;
    (void)sequence((const unsigned char *)src + i, n - i, &bad);
    written += lode_utf8_put(dst + written, 0xfffd);
    i += bad;
    count++;
  }
  *replaced = count;
  return written;
}
