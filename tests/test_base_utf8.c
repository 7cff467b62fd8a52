/* UTF-8: every code point there and back, every ill-formed sequence of up to three bytes
 * against a plain reading of Unicode's table 3-7, and the recommended replacements. */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_code_point_there_and_back(void **state) {
  (void)state;
  for (uint32_t c = 0; c <= 0x10ffff; c++) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    char bytes[4];
    const size_t size = lode_utf8_put(bytes, c);
    assert_int_equal(size, 1 + (c > 0x7f) + (c > 0x7ff) + (c > 0xffff));
    assert_int_equal(lode_utf8_valid(bytes, size), size);
    assert_int_equal(lode_utf8_valid(bytes, size - 1), 0); /* cut short */
    const char *p = bytes;
    assert_int_equal(lode_utf8_next(&p), c);
    assert_ptr_equal(p, bytes + size);
  }
}

/* A second implementation, as plain as can be: decode, then check the value. */
static bool well_formed(const unsigned char *s, size_t n) {
  size_t i = 0;
  while (i < n) {
    const unsigned char lead = s[i];
    size_t size = 1;
    uint32_t c = lead;
    if (lead >= 0xf8) return false;
    if (lead >= 0xf0) {
      size = 4;
      c = lead & 7u;
    } else if (lead >= 0xe0) {
      size = 3;
      c = lead & 15u;
    } else if (lead >= 0xc0) {
      size = 2;
      c = lead & 31u;
    } else if (lead >= 0x80) {
      return false;
    }
    if (n - i < size) return false;
    for (size_t j = 1; j < size; j++) {
      if ((s[i + j] & 0xc0) != 0x80) return false;
      c = c << 6 | (s[i + j] & 0x3fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (c < least[size] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return false;
    i += size;
  }
  return true;
}

static void all_short_sequences(void **state) {
  (void)state;
  for (uint32_t x = 0; x < 1u << 24; x += x < 1u << 16 ? 1 : 7) { /* 7: all classes, not all */
    const unsigned char bytes[3] = {(unsigned char)(x >> 16), (unsigned char)(x >> 8),
                                    (unsigned char)x};
    for (size_t n = 1; n <= 3; n++) {
      const unsigned char *s = bytes + 3 - n;
      const bool valid = lode_utf8_valid((const char *)s, n) == n;
      if (valid != well_formed(s, n)) fail_msg("%zu bytes of %06x", n, (unsigned)x);
    }
  }
}

static void boundaries_of_four_bytes(void **state) {
  (void)state;
  for (unsigned lead = 0xef; lead <= 0xff; lead++) {
    for (unsigned second = 0x7f; second <= 0xc0; second++) {
      for (unsigned last = 0x7f; last <= 0xc0; last += 0x41 / 5) {
        const unsigned char s[4] = {(unsigned char)lead, (unsigned char)second, 0x80,
                                    (unsigned char)last};
        assert_int_equal(lode_utf8_valid((const char *)s, 4) == 4, well_formed(s, 4));
      }
    }
  }
}

/* The fast path looks at 16 bytes at once: a bad byte at every place of longer texts. */
static void position_of_the_first_bad_byte(void **state) {
  (void)state;
  char text[100];
  for (size_t n = 1; n <= sizeof text; n++) {
    for (size_t at = 0; at < n; at++) {
      memset(text, 'a', n);
      assert_int_equal(lode_utf8_valid(text, n), n);
      text[at] = '\xff';
      assert_int_equal(lode_utf8_valid(text, n), at);
      text[at] = '\xc3'; /* a lead without what must follow */
      assert_int_equal(lode_utf8_valid(text, n), at);
      if (at + 1 < n) {
        text[at + 1] = '\xa9';
        assert_int_equal(lode_utf8_valid(text, n), n);
      }
    }
  }
  assert_int_equal(lode_utf8_valid("", 0), 0);
  assert_int_equal(lode_utf8_valid("a\0b", 3), 3);
}

/* From the Unicode standard, section 3.9, tables 3-8 to 3-11, and what Python gives. */
static void replaces_maximal_parts(void **state) {
  (void)state;
#define FFFD "\xef\xbf\xbd"
  static const struct {
    const char *in;
    const char *out;
    size_t replaced;
  } cases[] = {
      {"", "", 0},
      {"plain", "plain", 0},
      {"\xc3\xa9", "\xc3\xa9", 0},
      {"\xff", FFFD, 1},
      {"a\xff"
       "b",
       "a" FFFD "b", 1},
      {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A", 8},
      {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A", 8},
      {"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", FFFD FFFD FFFD FFFD FFFD "A" FFFD FFFD "B", 7},
      {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", FFFD FFFD FFFD FFFD "A", 4},
      {"\xe4\xbd", FFFD, 1},
      {"\xf0\x9f\x99", FFFD, 1},
      {"\xf0\x9f\x99\xc3\xa9", FFFD "\xc3\xa9", 1},
      {"\xc3", FFFD, 1},
      {"\xc3\xc3\xa9", FFFD "\xc3\xa9", 1},
  };
#undef FFFD
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char out[64];
    size_t replaced = 99;
    const size_t size = strlen(cases[i].in);
    const size_t written = lode_utf8_replace(out, cases[i].in, size, &replaced);
    assert_true(written <= 3 * size);
    assert_int_equal(written, strlen(cases[i].out));
    assert_memory_equal(out, cases[i].out, written);
    assert_int_equal(replaced, cases[i].replaced);
    assert_int_equal(lode_utf8_valid(out, written), written);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_code_point_there_and_back),
      cmocka_unit_test(all_short_sequences),
      cmocka_unit_test(boundaries_of_four_bytes),
      cmocka_unit_test(position_of_the_first_bad_byte),
      cmocka_unit_test(replaces_maximal_parts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
