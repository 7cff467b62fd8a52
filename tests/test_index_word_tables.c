/* The packed tables of the reader by words (wasm/) say the same as the library's, of every code
 * point. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "index/words/fold.h"
#include "index/words/word_break.h"

#define lode_word_ascii packed_ascii
#define lode_word_property packed_property
#define lode_fold_special packed_special
extern const uint8_t packed_ascii[128];
uint8_t packed_property(uint32_t c);
size_t packed_special(uint32_t c, uint32_t out[LODE_FOLD_SPECIAL_MAX]);
#include "../wasm/word_tables.c"
#undef lode_word_ascii
#undef lode_word_property
#undef lode_fold_special

enum { CODE_POINTS = 0x110000 };

static void test_properties(void **state) {
  (void)state;
  assert_memory_equal(packed_ascii, lode_word_ascii, sizeof packed_ascii);
  size_t letters = 0;
  for (uint32_t c = 0; c < CODE_POINTS; c++) {
    assert_int_equal(packed_property(c), lode_word_property(c));
    letters += (packed_property(c) & LODE_WORD_ALNUM) != 0;
  }
  assert_true(letters > 100000);
}

static void test_foldings(void **state) {
  (void)state;
  size_t special = 0;
  for (uint32_t c = 0; c < CODE_POINTS; c++) {
    uint32_t got[LODE_FOLD_SPECIAL_MAX] = {0};
    uint32_t expected[LODE_FOLD_SPECIAL_MAX] = {0};
    assert_int_equal(packed_special(c, got), lode_fold_special(c, expected));
    assert_memory_equal(got, expected, sizeof got);
    special += got[0] != 0;
  }
  assert_int_equal(special, FOLD_KEYS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_properties),
      cmocka_unit_test(test_foldings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
