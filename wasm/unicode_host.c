/* Of Unicode, what the reader by words takes from its host, in the place of text/unicode.c: the
 * tables would be a fifth of what a page fetches of it. Canonical decompositions of what is
 * assigned never change (Unicode's stability policy), so the host's version does not matter; white
 * space is few enough to be named. */
#include "text/unicode.h"

/* The decomposition of `c` in out [LODE_UNICODE_NFD_MAX]; how many there are. */
__attribute__((import_module("lode"), import_name("decompose"))) size_t
host_decompose(uint32_t c, uint32_t *out);

size_t lode_unicode_nfd(uint32_t c, uint32_t out[LODE_UNICODE_NFD_MAX]) {
  out[0] = c;
  if (c < 0xc0) return 1;
  const size_t n = host_decompose(c, out);
  return n <= LODE_UNICODE_NFD_MAX ? n : 1;
}

/* LODE_UNICODE_SPACE and nothing else: all that is asked here. */
lode_unicode_class lode_unicode_class_of(uint32_t c) {
  const int space = c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
                    (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
                    c == 0x205f || c == 0x3000;
  return (lode_unicode_class){.flags = space ? LODE_UNICODE_SPACE : 0};
}
