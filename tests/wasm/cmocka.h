/* The part of cmocka's interface that our kernel tests use, for WebAssembly: there is no cmocka for
 * it in Debian, and a module cannot longjmp. A failed assertion ends the program; each test is run
 * in an instance of its own, named by its number (run.mjs). */
#ifndef LODE_TESTS_WASM_CMOCKA_H
#define LODE_TESTS_WASM_CMOCKA_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CMOCKA_SKIPPED = 77 };

struct CMUnitTest {
  const char *name;
  void (*test)(void **state);
};

/* Without its check for leaks. */
#define test_malloc malloc
#define test_free free

#define cmocka_unit_test(f) {#f, f}

__attribute__((noreturn, format(printf, 3, 4))) static inline void cmocka_fail(const char *file,
                                                                               int line,
                                                                               const char *format,
                                                                               ...) {
  va_list args;
  va_start(args, format);
  printf("%s:%d: ", file, line);
  vprintf(format, args);
  printf("\n");
  va_end(args);
  exit(EXIT_FAILURE);
}

__attribute__((format(printf, 1, 2))) static inline void print_message(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vprintf(format, args);
  va_end(args);
}

#define fail_msg(...) cmocka_fail(__FILE__, __LINE__, __VA_ARGS__)
#define assert_true(c) ((c) ? (void)0 : fail_msg("%s is not true", #c))
#define assert_false(c) ((c) ? fail_msg("%s is not false", #c) : (void)0)
#define assert_non_null(p) assert_true((p) != NULL)
#define assert_null(p) assert_true((p) == NULL)
#define assert_ptr_equal(a, b) assert_true((const void *)(a) == (const void *)(b))
#define assert_int_equal(a, b)      \
  ((long long)(a) == (long long)(b) \
       ? (void)0                    \
       : fail_msg("%s is %lld, not %lld", #a, (long long)(a), (long long)(b)))
#define assert_int_not_equal(a, b) assert_true((long long)(a) != (long long)(b))
#define assert_in_range(x, low, high) assert_true((x) >= (low) && (x) <= (high))
#define assert_string_equal(a, b) \
  (strcmp(a, b) == 0 ? (void)0 : fail_msg("\"%s\" is not \"%s\"", a, b))
#define assert_memory_equal(a, b, n) assert_true(memcmp(a, b, n) == 0)
#define assert_memory_not_equal(a, b, n) assert_true(memcmp(a, b, n) != 0)
#define skip() exit(CMOCKA_SKIPPED)

static inline int cmocka_run(const struct CMUnitTest *tests, size_t n, const char *number) {
  const unsigned long i = strtoul(number, NULL, 10);
  if (i >= n) return 2; /* there is no such test: the runner is done */
  tests[i].test(&(void *){NULL});
  printf("[  OK  ] %s\n", tests[i].name);
  return EXIT_SUCCESS;
}

#define cmocka_run_group_tests(tests, setup, teardown) \
  cmocka_run(tests, sizeof(tests) / sizeof((tests)[0]), cmocka_number)

/* The test programs' main takes no arguments: the number comes by the environment. */
#define cmocka_number (getenv("LODE_TEST") ? getenv("LODE_TEST") : "0")

#endif
