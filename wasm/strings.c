/* What the reader by words needs of string.h: the C library's own are three times as large, and
 * what is looked through here is short, except by memchr. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <wasm_simd128.h>

size_t strlen(const char *s) {
  size_t n = 0;
  while (s[n] != '\0') n++;
  return n;
}

size_t strnlen(const char *s, size_t most) {
  size_t n = 0;
  while (n < most && s[n] != '\0') n++;
  return n;
}

void *memchr(const void *data, int byte, size_t n) {
  const uint8_t *p = data;
  const v128_t wanted = wasm_i8x16_splat((int8_t)byte);
  for (; n >= 16; p += 16, n -= 16) {
    if (wasm_v128_any_true(wasm_i8x16_eq(wasm_v128_load(p), wanted))) break;
  }
  for (; n > 0; p++, n--) {
    if (*p == (uint8_t)byte) return (void *)p;
  }
  return NULL;
}

char *strchr(const char *s, int c) {
  for (; *s != (char)c; s++) {
    if (*s == '\0') return NULL;
  }
  return (char *)s;
}

int strcmp(const char *a, const char *b) {
  while (*a != '\0' && *a == *b) a++, b++;
  return (unsigned char)*a - (unsigned char)*b;
}

static int lower(char c) {
  return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : (unsigned char)c;
}

int strncasecmp(const char *a, const char *b, size_t n) {
  for (; n > 0; a++, b++, n--) {
    const int order = lower(*a) - lower(*b);
    if (order != 0 || *a == '\0') return order;
  }
  return 0;
}
