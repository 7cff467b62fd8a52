/* UTF-8 one step at a time, for printing texts that may be ill-formed. (The library checks
 * texts by itself; the program may not look inside the library.) */
#ifndef LODE_CLI_UTF8_H
#define LODE_CLI_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define CLI_UTF8_BAD UINT32_MAX

/* Read one code point at s[0..n), n > 0. Returns the bytes it takes. Where s begins no
 * well-formed sequence, *c is CLI_UTF8_BAD and the return value is the length of the
 * maximal ill-formed part (Unicode 3.9, as Python and the web replace it). */
size_t cli_utf8_step(const char *s, size_t n, uint32_t *c);
/* Encode `c` (a scalar value) into dst[4]; returns the bytes written. */
size_t cli_utf8_put(char *dst, uint32_t c);
/* The length of the well-formed beginning of s[0..n). */
size_t cli_utf8_valid(const char *s, size_t n);
/* Copy s[0..n) to dst (room for 3 * n), each maximal ill-formed part as U+FFFD; returns the
 * bytes written. */
size_t cli_utf8_repair(char *dst, const char *s, size_t n);

#endif
