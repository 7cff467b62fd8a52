/* UTF-8, as in RFC 3629 / Unicode table 3-7: no surrogates, nothing above U+10FFFF,
 * no overlong forms. */
#ifndef LODE_BASE_UTF8_H
#define LODE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes in the well-formed prefix of s[0..n): n when all of it is well-formed. */
size_t lode_utf8_valid(const char *s, size_t n);
/* Decode the code point at *s (well-formed, at least one byte left); advances *s. */
uint32_t lode_utf8_next(const char **s);
/* Encode; returns 1 to 4 bytes written to dst[4]. */
size_t lode_utf8_put(char *dst, uint32_t c);
/* Copy src to dst (capacity 3 * n), each maximal ill-formed part becoming U+FFFD as the
 * Unicode standard recommends (and as Python's and the web's decoders do).
 * Returns bytes written, and the number of replacements in *replaced. */
size_t lode_utf8_replace(char *dst, const char *src, size_t n, size_t *replaced);

#endif
