/* What stands in for strtod in modules gives the bits of libc's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"

static uint64_t random_bits(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static void check(const char *text) {
  const double got = lode_decimal_double(text), expected = strtod(text, NULL);
  uint64_t bits = 0, expected_bits = 0;
  memcpy(&bits, &got, sizeof bits);
  memcpy(&expected_bits, &expected, sizeof expected_bits);
  if (bits != expected_bits) fail_msg("%s: %a, not %a", text, got, expected);
}

/* Ends of the range, and halves between neighbours. */
static void test_hard_numbers(void **state) {
  (void)state;
  static const char *const texts[] = {
      "0e+000000",
      "-0e+000005",
      "1e-100000",
      "1e+100000",
      "9007199254740993e+000000",
      "9007199254740995e+000000",
      "17976931348623158e+000292",
      "17976931348623159e+000292",
      "22250738585072011e-000324",
      "5e-000324",
      "3e-000324",
      "2e-000324",
      "2470328229206232720882843964341106861825e-000363",
      "2470328229206232720882843964341106861826e-000363",
      "9999999999999999999999999999999999999999e+000268",
      "9999999999999999999999999999999999999999e-000369",
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) check(texts[i]);
}

static void test_random_numbers(void **state) {
  (void)state;
  uint64_t bits = 1;
  for (int i = 0; i < 200000; i++) {
    char text[64], *to = text;
    if (random_bits(&bits) % 2) *to++ = '-';
    const uint64_t digits = 1 + random_bits(&bits) % LODE_DECIMAL_DIGITS;
    *to++ = (char)('1' + random_bits(&bits) % 9);
    for (uint64_t d = 1; d < digits; d++) *to++ = (char)('0' + random_bits(&bits) % 10);
    const int64_t range = i % 2 ? 40 : 760;
    const int64_t exponent = (int64_t)(random_bits(&bits) % (uint64_t)range) - range * 11 / 20;
    snprintf(to, 16, "e%c%06d", exponent < 0 ? '-' : '+', abs((int)exponent));
    check(text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_hard_numbers),
      cmocka_unit_test(test_random_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
