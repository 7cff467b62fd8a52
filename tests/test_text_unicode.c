/* Unicode: properties of chosen characters in the version that each is taken from, canonical
 * decomposition against Python's, and the byte ranges that normalizing leaves.
 * tools/check_unicode_tables.py compares all code points with the library. */
#include "text/unicode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text/normalizer.h"
#include "text/pretokenizer.h"

enum {
  OTHER = LODE_UNICODE_OTHER,
  SPACE = LODE_UNICODE_SPACE,
  PUNCT = LODE_UNICODE_PUNCT,
  MN = LODE_UNICODE_MN,
  MARK = LODE_UNICODE_MARK,
  WORD = LODE_UNICODE_WORD,
};

static void properties(void **state) {
  (void)state;
  static const struct {
    uint32_t c;
    uint8_t flags;
    uint8_t ccc;
  } cases[] = {
      {0x00, OTHER, 0},
      {'\t', OTHER | SPACE, 0},
      {0x0b, OTHER | SPACE, 0},
      {0x1c, OTHER, 0}, /* no White_Space, although Python's str.split takes it for one */
      {' ', SPACE, 0},
      {'a', WORD, 0},
      {'_', PUNCT | WORD, 0},
      {'$', PUNCT, 0}, /* a symbol in Unicode, punctuation in BERT */
      {'`', PUNCT, 0},
      {0x7f, OTHER, 0},
      {0x85, OTHER | SPACE, 0},
      {0xa0, SPACE, 0},
      {0xa7, PUNCT, 0},
      {0xac, 0, 0},
      {0xad, OTHER, 0},
      {0x301, MN | MARK | WORD, 230},
      {0x316, MN | MARK | WORD, 220},
      {0x345, MN | MARK | WORD, 240},
      {0x488, MARK | WORD, 0},   /* enclosing */
      {0x903, MARK | WORD, 0},   /* spacing */
      {0x8e2, 0, 0},             /* Cf since 9.0, which came after the library's table */
      {0x200b, OTHER, 0},        /* zero width space: Cf */
      {0x200d, OTHER | WORD, 0}, /* zero width joiner */
      {0x2028, SPACE, 0},
      {0x3000, SPACE, 0},
      {0x3001, PUNCT, 0},
      {0x2e43, 0, 0},           /* punctuation since 9.0 */
      {0x166d, PUNCT, 0},       /* a symbol since 12.0 */
      {0x1885, MARK | WORD, 0}, /* a letter in 8.0, a mark in 9.0 */
      {0x1df6, WORD, 0},        /* a mark since 10.0 */
      {0x4e00, WORD, 0},
      {0x9fff, WORD, 0},
      {0xe000, OTHER, 0},
      {0xd800, 0, 0},     /* no character */
      {0x10d40, WORD, 0}, /* a digit since 16.0: \w is newer than the rest */
      {0x1f600, 0, 0},
      {0xe0001, OTHER, 0},
      {0xe0100, MN | MARK | WORD, 0},
      {0xfffff, 0, 0},
      {0x10fffd, OTHER, 0},
      {0x10ffff, 0, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const lode_unicode_class k = lode_unicode_class_of(cases[i].c);
    if (k.flags != cases[i].flags || k.ccc != cases[i].ccc) {
      fail_msg("U+%04X: flags %d, class %d", (unsigned)cases[i].c, k.flags, k.ccc);
    }
  }
}

static void lower_case(void **state) {
  (void)state;
  static const uint32_t cases[][2] = {
      {'A', 'a'},           {'[', '['},         {'@', '@'},         {0xc0, 0xe0},
      {0xd7, 0xd7},         {0xde, 0xfe},       {0x100, 0x101},     {0x101, 0x101},
      {0x12e, 0x12f},       {0x131, 0x131},     {0x132, 0x133},     {0x1c4, 0x1c6},
      {0x1c5, 0x1c6},       {0x178, 0xff},      {0x39f, 0x3bf},     {0x3a3, 0x3c3},
      {0x3a2, 0x3a2},       {0x410, 0x430},     {0x10a0, 0x2d00},   {0x13a0, 0xab70},
      {0x1e9e, 0xdf},       {0x1fbc, 0x1fb3},   {0x2126, 0x3c9},    {0x212a, 'k'},
      {0xa64a, 0xa64b},     {0xa7cb, 0x264},    {0xa7da, 0xa7db},   {0xff21, 0xff41},
      {0x10400, 0x10428},   {0x10d50, 0x10d70}, {0x16ea0, 0x16ebb}, {0x16eb8, 0x16ed3},
      {0x16eb9, 0x16eb9},   {0x1e900, 0x1e922}, {0x1e921, 0x1e943}, {0x1e922, 0x1e922},
      {0x10ffff, 0x10ffff},
  };
  uint32_t to[LODE_UNICODE_LOWER_MAX];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(lode_unicode_lower(cases[i][0], to), 1);
    assert_int_equal(to[0], cases[i][1]);
  }
  assert_int_equal(lode_unicode_lower(0x130, to), 2);
  assert_int_equal(to[0], 'i');
  assert_int_equal(to[1], 0x307);
  for (uint32_t c = 0; c < 0x110000; c++) { /* lower case is its own lower case */
    if (c == 0x130) continue;
    assert_int_equal(lode_unicode_lower(c, to), 1);
    const uint32_t lower = to[0];
    (void)lode_unicode_lower(lower, to);
    assert_int_equal(to[0], lower);
  }
}

static void decomposition_is_complete(void **state) {
  (void)state;
  uint32_t to[LODE_UNICODE_NFD_MAX];
  size_t longest = 0;
  for (uint32_t c = 0; c < 0x110000; c++) {
    const size_t n = lode_unicode_nfd(c, to);
    assert_in_range(n, 1, LODE_UNICODE_NFD_MAX);
    if (n > longest) longest = n;
    for (size_t i = 0; i < n; i++) {
      uint32_t again[LODE_UNICODE_NFD_MAX];
      assert_int_equal(lode_unicode_nfd(to[i], again), 1);
      assert_int_equal(again[0], to[i]);
    }
  }
  assert_int_equal(longest, LODE_UNICODE_NFD_MAX);
}

/* ---------------------------------------------------------------- normalizing */

static const lode_normalizer nfd = {.steps = {LODE_STEP_NFD}, .count = 1};

/* Code points in hexadecimal up to `end`; each stands for one byte of an imagined text. */
static void read_chars(const char *line, const char *end, lode_chars *chars) {
  chars->count = 0;
  while (line < end) {
    char *next;
    const uint32_t c = (uint32_t)strtoul(line, &next, 16);
    const uint32_t at = (uint32_t)chars->count;
    assert_true(lode_chars_push(chars, c, at, at + 1));
    line = next + 1;
  }
}

static void nfd_as_python_does(void **state) {
  (void)state;
  const char *folder = getenv("LODE_SOURCE_DIR");
  char path[1024];
  (void)snprintf(path, sizeof path, "%s/tests/data/nfd_cases.txt", folder != NULL ? folder : ".");
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  char line[4096];
  size_t count = 0;
  lode_chars got = {0};
  lode_chars expected = {0};
  while (fgets(line, sizeof line, file) != NULL) {
    const char *middle = strchr(line, ';');
    assert_non_null(middle);
    read_chars(line, middle, &got);
    read_chars(middle + 1, strchr(line, '\n'), &expected);
    assert_true(lode_normalizer_run(&nfd, &got));
    assert_int_equal(got.count, expected.count);
    for (size_t i = 0; i < got.count; i++) {
      if (got.data[i].c != expected.data[i].c) fail_msg("line %zu: %s", count + 1, line);
      /* Ranges never go back, whatever the order. */
      assert_true(i == 0 || got.data[i].begin >= got.data[i - 1].begin);
    }
    count++;
  }
  (void)fclose(file);
  assert_true(count >= 300);
  lode_chars_free(&got);
  lode_chars_free(&expected);
}

static void check_ranges(const lode_normalizer *normalizer, const char *from,
                         const lode_char *expected, size_t n) {
  lode_chars chars = {0};
  read_chars(from, from + strlen(from), &chars);
  assert_true(lode_normalizer_run(normalizer, &chars));
  assert_int_equal(chars.count, n);
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(chars.data[i].c, expected[i].c);
    assert_int_equal(chars.data[i].begin, expected[i].begin);
    assert_int_equal(chars.data[i].end, expected[i].end);
  }
  lode_chars_free(&chars);
}
#define CHECK_RANGES(normalizer, from, ...)                        \
  check_ranges(normalizer, from, (const lode_char[]){__VA_ARGS__}, \
               sizeof((const lode_char[]){__VA_ARGS__}) / sizeof(lode_char))

static void ranges_follow_the_library(void **state) {
  (void)state;
  CHECK_RANGES(&nfd, "E9", {'e', 0, 1}, {0x301, 0, 1});
  /* a with diaeresis, dot below: the dot moves before the diaeresis, which then takes the
   * range of the character consumed last, the dot's. */
  CHECK_RANGES(&nfd, "E4 323", {'a', 0, 1}, {0x323, 1, 2}, {0x308, 1, 2});
  CHECK_RANGES(&nfd, "AC01", {0x1100, 0, 1}, {0x1161, 0, 1}, {0x11a8, 0, 1});
  const lode_normalizer bert = {.steps = {LODE_STEP_CLEAN, LODE_STEP_CHINESE, LODE_STEP_NFD,
                                          LODE_STEP_STRIP_MN, LODE_STEP_LOWER},
                                .count = 5};
  CHECK_RANGES(&bert, "41 0 C9 9 4E00", {'a', 0, 1}, {'e', 2, 3}, {' ', 3, 4}, {' ', 4, 5},
               {0x4e00, 4, 5}, {' ', 4, 5});
  const lode_normalizer lower = {.steps = {LODE_STEP_LOWER}, .count = 1};
  CHECK_RANGES(&lower, "41 130 42", {'a', 0, 1}, {'i', 1, 2}, {0x307, 1, 2}, {'b', 2, 3});
}

/* Cutting a text where it may be cut changes nothing. */
static void cuts_change_nothing(void **state) {
  (void)state;
  static const lode_normalizer normalizers[] = {
      {.steps = {LODE_STEP_NFD}, .count = 1},
      {.steps = {LODE_STEP_CLEAN, LODE_STEP_CHINESE, LODE_STEP_NFD, LODE_STEP_STRIP_MN,
                 LODE_STEP_LOWER},
       .count = 5},
      {.steps = {LODE_STEP_LOWER, LODE_STEP_NFD, LODE_STEP_CLEAN, LODE_STEP_NFD}, .count = 4},
  };
  static const uint32_t alphabet[] = {0xe9, 0x301, 0x323,  0x345,  0x344,   0xf73,  0,     0xad,
                                      'a',  0x130, 0xac01, 0x4e00, 0x1d15e, 0xfffd, 0x488, 0x1ea5};
  enum { LENGTH = 12, ALPHABET = sizeof alphabet / sizeof *alphabet };
  uint32_t seed = 1;
  lode_chars whole = {0};
  lode_chars part = {0};
  for (int round = 0; round < 20000; round++) {
    const lode_normalizer *normalizer = &normalizers[round % 3];
    uint32_t text[LENGTH];
    whole.count = 0;
    for (uint32_t i = 0; i < LENGTH; i++) {
      seed = seed * 1664525u + 1013904223u;
      text[i] = alphabet[(seed >> 16) % ALPHABET];
      assert_true(lode_chars_push(&whole, text[i], i, i + 1));
    }
    assert_true(lode_normalizer_run(normalizer, &whole));
    size_t at = 0;
    for (uint32_t begin = 0; begin < LENGTH;) {
      part.count = 0;
      uint32_t end = begin;
      do {
        assert_true(lode_chars_push(&part, text[end], end, end + 1));
        end++;
      } while (end < LENGTH && !lode_normalizer_may_cut(text[end]));
      assert_true(lode_normalizer_run(normalizer, &part));
      assert_true(at + part.count <= whole.count);
      assert_memory_equal(part.data, whole.data + at, part.count * sizeof *part.data);
      at += part.count;
      begin = end;
    }
    assert_int_equal(at, whole.count);
  }
  lode_chars_free(&whole);
  lode_chars_free(&part);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(properties),
      cmocka_unit_test(lower_case),
      cmocka_unit_test(decomposition_is_complete),
      cmocka_unit_test(nfd_as_python_does),
      cmocka_unit_test(ranges_follow_the_library),
      cmocka_unit_test(cuts_change_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
