/* What stands in for vsnprintf in modules writes what libc's does, of the formats that lode has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define vsnprintf own_vsnprintf
#define snprintf own_snprintf
int vsnprintf(char *restrict out, size_t size, const char *restrict format, va_list given);
int snprintf(char *restrict out, size_t size, const char *restrict format, ...);
#include "format.c"
#undef vsnprintf
#undef snprintf

/* In every room from none on. */
#define CHECK(...)                                                          \
  do {                                                                      \
    char expected[128], got[128];                                           \
    for (size_t size = 0; size <= sizeof got; size += size < 40 ? 1 : 44) { \
      memset(got, '?', sizeof got);                                         \
      memset(expected, '?', sizeof expected);                               \
      assert_int_equal(own_snprintf(got, size, __VA_ARGS__),                \
                       snprintf(expected, size, __VA_ARGS__));              \
      assert_memory_equal(got, expected, sizeof got);                       \
    }                                                                       \
  } while (0)

static void test_strings(void **state) {
  (void)state;
  CHECK("plain");
  CHECK("%s: %s", "model.safetensors", "is damaged");
  CHECK("%.40s", "a text that is longer than forty bytes are, by a few");
  CHECK("%.3s|%.0s|%.120s", "abcdef", "abc", "short");
  CHECK("[%.*s] [%.*s]", 4, "not all of it", -1, "all of it");
  CHECK("100%% of %c%c", 'a', '\n');
  CHECK("%s", "");
}

static void test_numbers(void **state) {
  (void)state;
  static const int64_t numbers[] = {0,    1,       -1,      9,         10,       -10,
                                    4096, INT_MAX, INT_MIN, INT64_MAX, INT64_MIN};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    const int64_t n = numbers[i];
    CHECK("%d, %i and %u", (int)n, (int)n, (unsigned)n);
    CHECK("%lld %llu", (long long)n, (unsigned long long)n);
    CHECK("%" PRId64 " %" PRIu64 " %jd", n, (uint64_t)n, (intmax_t)n);
    CHECK("%zu of %zu, %ld %lu", (size_t)n, (size_t)i, (long)n, (unsigned long)n);
    CHECK("\\u%04x %02x %x %llx %08d", (unsigned)n & 0xffff, (unsigned)n & 0xff, (unsigned)n,
          (unsigned long long)n, (int)n);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_strings),
      cmocka_unit_test(test_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
