/* Error texts: one line of clean UTF-8, whatever went into them. */
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

static void sets_every_field(void **state) {
  (void)state;
  lode_error err = {0};
  assert_int_equal(lode_error_set(&err, LODE_E_FORMAT, 3, 77, "%s: %d", "file", 5), LODE_E_FORMAT);
  assert_int_equal(err.code, LODE_E_FORMAT);
  assert_int_equal(err.item, 3);
  assert_int_equal(err.pos, 77);
  assert_string_equal(err.text, "file: 5");
  lode_error_clear(&err);
  assert_int_equal(err.code, LODE_OK);
  assert_int_equal(err.item, -1);
  assert_string_equal(err.text, "");
}

static void works_without_a_place_to_write(void **state) {
  (void)state;
  assert_int_equal(lode_error_set(NULL, LODE_E_IO, -1, -1, "%s", "x"), LODE_E_IO);
  assert_int_equal(lode_error_prefix(NULL, LODE_E_IO, "x"), LODE_E_IO);
  assert_int_equal(lode_error_nomem(NULL), LODE_E_NOMEM);
  lode_error_clear(NULL);
}

static void prefixes_keep_the_rest(void **state) {
  (void)state;
  lode_error err = {0};
  lode_error_set(&err, LODE_E_FORMAT, 1, 2, "reason");
  assert_int_equal(lode_error_prefix(&err, LODE_E_FORMAT, "field"), LODE_E_FORMAT);
  assert_int_equal(lode_error_prefix(&err, LODE_E_FORMAT, "file"), LODE_E_FORMAT);
  assert_string_equal(err.text, "file: field: reason");
  assert_int_equal(err.item, 1);
  assert_int_equal(err.pos, 2);
}

static void names_are_made_harmless(void **state) {
  (void)state;
  static const struct {
    const char *in;
    const char *out;
  } cases[] = {
      {"two\nlines\r", "two?lines?"},
      {"\x1b[31mred\x7f", "?[31mred?"},
      {"c1 \xc2\x9b!", "c1 ?\?!"},
      {"bad \xff\xfe!", "bad ?\?!"},
      {"cut \xe4\xbd", "cut ??"},
      {"\xc3\xa9 \xe4\xbd\xa0 \xc2\xa0", "\xc3\xa9 \xe4\xbd\xa0 \xc2\xa0"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    lode_error err;
    lode_error_set(&err, LODE_E_FORMAT, -1, -1, "%s", cases[i].in);
    assert_string_equal(err.text, cases[i].out);
  }
}

/* Cut inside a character at every offset: the character goes, nothing else. */
static void cuts_between_characters(void **state) {
  (void)state;
  char text[2000];
  for (size_t lead = 0; lead < 4; lead++) {
    size_t size = lead;
    memset(text, 'a', lead);
    while (size + 5 < sizeof text) {
      memcpy(text + size, "\xf0\x9f\x99\x82", 4);
      size += 4;
    }
    text[size] = '\0';
    lode_error err;
    lode_error_set(&err, LODE_E_FORMAT, -1, -1, "%s", text);
    const size_t length = strlen(err.text);
    assert_in_range(length, sizeof err.text - 5, sizeof err.text - 1);
    assert_int_equal(lode_utf8_valid(err.text, length), length);
    assert_null(strchr(err.text, '?'));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sets_every_field),        cmocka_unit_test(works_without_a_place_to_write),
      cmocka_unit_test(prefixes_keep_the_rest),  cmocka_unit_test(names_are_made_harmless),
      cmocka_unit_test(cuts_between_characters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
