/* What stands in for string.h in the reader by words gives what libc's gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <strings.h>

size_t own_strlen(const char *s);
size_t own_strnlen(const char *s, size_t most);
void *own_memchr(const void *data, int byte, size_t n);
char *own_strchr(const char *s, int c);
int own_strcmp(const char *a, const char *b);
int own_strncasecmp(const char *a, const char *b, size_t n);
#define strlen own_strlen
#define strnlen own_strnlen
#define memchr own_memchr
#define strchr own_strchr
#define strcmp own_strcmp
#define strncasecmp own_strncasecmp
#include "strings.c"
#undef strlen
#undef strnlen
#undef memchr
#undef strchr
#undef strcmp
#undef strncasecmp

static int sign(int x) {
  return (x > 0) - (x < 0);
}

static void test_two(void **state) {
  (void)state;
  static const char *const texts[] = {"",     "a",   "A",        "b",        "ab",  "aB",
                                      "AB",   "abc", "\xc3\xa9", "\xc3\x89", "a\n", "Z[",
                                      "z\\{", "@",   "`",        "aujourd"};
  enum { TEXTS = sizeof texts / sizeof *texts };
  for (size_t i = 0; i < TEXTS; i++) {
    assert_int_equal(own_strlen(texts[i]), strlen(texts[i]));
    for (int c = 0; c < 256; c++) {
      assert_ptr_equal(own_strchr(texts[i], c), strchr(texts[i], c));
    }
    for (size_t k = 0; k < TEXTS; k++) {
      assert_int_equal(sign(own_strcmp(texts[i], texts[k])), sign(strcmp(texts[i], texts[k])));
      for (size_t n = 0; n < 5; n++) {
        assert_int_equal(own_strnlen(texts[i], n), strnlen(texts[i], n));
        assert_int_equal(sign(own_strncasecmp(texts[i], texts[k], n)),
                         sign(strncasecmp(texts[i], texts[k], n)));
      }
    }
  }
}

/* Each place in blocks of every length, from every alignment. */
static void test_memchr(void **state) {
  (void)state;
  char bytes[80];
  memset(bytes, 'x', sizeof bytes);
  for (size_t from = 0; from < 16; from++) {
    for (size_t n = 0; n <= 50; n++) {
      assert_null(own_memchr(bytes + from, 'y', n));
      for (size_t at = 0; at <= n; at++) { /* one behind the end, too, which is not seen */
        bytes[from + at] = 'y';
        assert_ptr_equal(own_memchr(bytes + from, 'y', n), memchr(bytes + from, 'y', n));
        bytes[from + at] = 'x';
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_two),
      cmocka_unit_test(test_memchr),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
