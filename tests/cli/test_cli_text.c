/* The program's small pure parts: floats as text, UTF-8, numbers and words of the command
 * line, ranks. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "float_text.h"
#include "options.h"
#include "progress.h"
#include "stats.h"
#include "utf8.h"

/* ------------------------------------------------------------------ floats */

static void float_to_text(float x, char text[CLI_FLOAT_TEXT_MAX + 1]) {
  size_t size = cli_float_text(text, x);
  assert_in_range(size, 1, CLI_FLOAT_TEXT_MAX);
  text[size] = '\0';
}

static void assert_reads_back(float x) {
  char text[CLI_FLOAT_TEXT_MAX + 1];
  float_to_text(x, text);
  float back = strtof(text, NULL);
  if (memcmp(&x, &back, sizeof x) != 0) fail_msg("%a became %s", (double)x, text);
}

static uint32_t next_random(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*state >> 32);
}

static void test_float_texts(void **state) {
  (void)state;
  static const struct {
    float x;
    const char *text;
  } cases[] = {
      {0.0f, "0"},
      {-0.0f, "-0.0"},
      {1.0f, "1"},
      {-10.0f, "-10"},
      {100.0f, "100"},
      {0.1f, "0.1"},
      {0.3f, "0.3"},
      {-2.5f, "-2.5"},
      {1e-5f, "0.00001"},
      {1e-6f, "1e-6"},
      {1.5e-7f, "1.5e-7"},
      {0.00012345f, "0.00012345"},
      {1.0f / 3, "0.33333334"},
      {999999.94f, "999999.94"},
      {16777216.0f, "16777216"},
      {1e15f, "1000000000000000"},
      {1e16f, "1e16"},
      {3.4028235e38f, "3.4028235e38"},
      {1.1754944e-38f, "1.1754944e-38"},
      {1e-45f, "1e-45"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char text[CLI_FLOAT_TEXT_MAX + 1];
    float_to_text(cases[i].x, text);
    assert_string_equal(text, cases[i].text);
  }
}

static void test_floats_read_back(void **state) {
  (void)state;
  uint64_t random = 1;
  for (int i = 0; i < 200000; i++) {
    uint32_t bits = next_random(&random);
    float x;
    memcpy(&x, &bits, sizeof x);
    if (isfinite(x)) assert_reads_back(x);
    assert_reads_back((float)(int32_t)bits / 17179869184.0f); /* like a unit vector's */
  }
}

static void test_floats_next_to_powers(void **state) {
  (void)state;
  for (int e = -45; e <= 38; e++) {
    char text[32];
    snprintf(text, sizeof text, "1e%d", e);
    float x = strtof(text, NULL);
    assert_reads_back(x);
    assert_reads_back(nextafterf(x, 0));
    assert_reads_back(nextafterf(x, INFINITY));
  }
  for (int e = -149; e < 128; e++) {
    float x = ldexpf(1, e);
    assert_reads_back(x);
    assert_reads_back(nextafterf(x, 0));
    assert_reads_back(nextafterf(x, INFINITY));
  }
}

/* No fewer digits than these would do, for floats of the usual size. */
static void test_floats_are_short(void **state) {
  (void)state;
  uint64_t random = 2;
  for (int i = 0; i < 50000; i++) {
    float x = 0.001f + 0.9f * (float)(next_random(&random) >> 8) / 16777216.0f;
    char text[CLI_FLOAT_TEXT_MAX + 1], shorter[32];
    float_to_text(x, text);
    size_t digits = strlen(text) - strspn(text, "0."); /* all of them behind the point */
    if (digits < 2) continue;
    snprintf(shorter, sizeof shorter, "%.*e", (int)digits - 2, (double)x);
    if (strtof(shorter, NULL) == x) fail_msg("%s could be %s", text, shorter);
  }
}

/* ------------------------------------------------------------------ UTF-8 */

static void test_utf8_steps(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t size;
    uint32_t c;
    size_t step;
  } cases[] = {
      {"a", 1, 'a', 1},
      {"\0", 1, 0, 1},
      {"\xC3\xA9", 2, 0xE9, 2},
      {"\xE2\x82\xAC", 3, 0x20AC, 3},
      {"\xF0\x9F\x99\x82", 4, 0x1F642, 4},
      {"\xF4\x8F\xBF\xBF", 4, 0x10FFFF, 4},
      {"\xC3", 1, CLI_UTF8_BAD, 1},
      {"\xC3(", 2, CLI_UTF8_BAD, 1},
      {"\xC0\x80", 2, CLI_UTF8_BAD, 1},         /* overlong */
      {"\xE0\x9F\xBF", 3, CLI_UTF8_BAD, 1},     /* overlong */
      {"\xED\xA0\x80", 3, CLI_UTF8_BAD, 1},     /* surrogate */
      {"\xF4\x90\x80\x80", 4, CLI_UTF8_BAD, 1}, /* above U+10FFFF */
      {"\xF0\x9F\x99", 3, CLI_UTF8_BAD, 3},     /* cut short */
      {"\xF0\x9F\x99z", 4, CLI_UTF8_BAD, 3},    /* broken off */
      {"\x80\x80", 2, CLI_UTF8_BAD, 1},         /* no lead */
      {"\xFF", 1, CLI_UTF8_BAD, 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint32_t c = 1;
    assert_int_equal(cli_utf8_step(cases[i].bytes, cases[i].size, &c), cases[i].step);
    assert_int_equal(c, cases[i].c);
    if (c == CLI_UTF8_BAD) continue;
    char encoded[4];
    assert_int_equal(cli_utf8_put(encoded, c), cases[i].step);
    assert_memory_equal(encoded, cases[i].bytes, cases[i].step);
  }
}

static void test_utf8_repair(void **state) {
  (void)state;
  static const char bad[] = "a\xF0\x9F\x99\xFF\xE2\x82\xAC\xED\xA0\x80";
  static const char good[] = "a\uFFFD\uFFFD\u20AC\uFFFD\uFFFD\uFFFD";
  char out[3 * sizeof bad];
  assert_int_equal(cli_utf8_valid(bad, sizeof bad - 1), 1);
  size_t size = cli_utf8_repair(out, bad, sizeof bad - 1);
  assert_int_equal(size, sizeof good - 1);
  assert_memory_equal(out, good, size);
  assert_int_equal(cli_utf8_valid(out, size), size);
}

/* ------------------------------------------------------------------ words and numbers */

static void test_nearest(void **state) {
  (void)state;
  static const char *const words[] = {"model", "threads", "top", "prompt", "prompt-text"};
  static const struct {
    const char *word;
    int nearest;
  } cases[] = {
      {"modle", 0},
      {"mdel", 0},
      {"models", 0},
      {"thread", 1},
      {"tpo", 2},
      {"promt", 3},
      {"prompt-", 4},
      {"xyz", -1},
      {"", -1},
      {"m", -1},
      {"verylongwordthatisnothingofthekind", -1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(cli_nearest(cases[i].word, words, 5), cases[i].nearest);
  }
}

static void test_numbers(void **state) {
  (void)state;
  int64_t value = 99;
  assert_true(cli_int_read("0", 0, 9, &value));
  assert_int_equal(value, 0);
  assert_true(cli_int_read("-9223372036854775808", INT64_MIN, INT64_MAX, &value));
  assert_true(value == INT64_MIN);
  static const char *const bad[] = {"",    " 1",  "1 ", "+1", "1x",
                                    "0x1", "1.0", "-",  "10", "9223372036854775808"};
  value = 99;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_false(cli_int_read(bad[i], 0, 9, &value));
    assert_int_equal(value, 99);
  }
}

static void test_grouped(void **state) {
  (void)state;
  char out[32];
  assert_string_equal(cli_grouped(out, 0), "0");
  assert_string_equal(cli_grouped(out, 999), "999");
  assert_string_equal(cli_grouped(out, 1000), "1,000");
  assert_string_equal(cli_grouped(out, -123456), "-123,456");
  assert_string_equal(cli_grouped(out, INT64_MIN), "-9,223,372,036,854,775,808");
}

/* Every option's value list and command set make sense together. */
static void test_option_table(void **state) {
  (void)state;
  for (const cli_option *a = cli_option_list; a->name != NULL; a++) {
    assert_true(a->commands != 0 && a->field < sizeof(cli_options));
    assert_true((a->value == NULL) == (a->kind == CLI_KIND_FLAG));
    assert_true((a->kind == CLI_KIND_CHOICE) == (a->value && strchr(a->value, '|') != NULL));
    for (const cli_option *b = a + 1; b->name != NULL; b++) {
      if ((a->commands & b->commands) == 0) continue;
      assert_string_not_equal(a->name, b->name);
      assert_false(a->letter != 0 && a->letter == b->letter);
    }
  }
}

/* ------------------------------------------------------------------ statistics */

static void test_ranks(void **state) {
  (void)state;
  double x[] = {3, 1, 3, -2, 3, 1};
  static const double ranks[] = {5, 2.5, 5, 1, 5, 2.5};
  assert_int_equal(cli_ranks(x, 6), 0);
  for (size_t i = 0; i < 6; i++) assert_true(x[i] == ranks[i]);
  assert_int_equal(cli_ranks(x, 0), 0);
}

static void test_pearson(void **state) {
  (void)state;
  static const double x[] = {1, 2, 3, 4}, up[] = {10, 20, 30, 40}, down[] = {4, 3, 2, 1};
  static const double flat[] = {7, 7, 7, 7}, other[] = {1, 3, 2, 4};
  assert_true(fabs(cli_pearson(x, up, 4) - 1) < 1e-15);
  assert_true(fabs(cli_pearson(x, down, 4) + 1) < 1e-15);
  assert_true(fabs(cli_pearson(x, other, 4) - 0.8) < 1e-15);
  assert_true(cli_pearson(x, flat, 4) == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_float_texts),
      cmocka_unit_test(test_floats_read_back),
      cmocka_unit_test(test_floats_next_to_powers),
      cmocka_unit_test(test_floats_are_short),
      cmocka_unit_test(test_utf8_steps),
      cmocka_unit_test(test_utf8_repair),
      cmocka_unit_test(test_nearest),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_grouped),
      cmocka_unit_test(test_option_table),
      cmocka_unit_test(test_ranks),
      cmocka_unit_test(test_pearson),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
