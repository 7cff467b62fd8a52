/* The cap takes features away and never adds any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cpu.h"

static const char *const names[] = {"ref", "avx2", "avx512", "amx", "neon", "simd128", "relaxed"};

static void caps_take_away(void **state) {
  (void)state;
  unsetenv("LODE_ISA");
  bool known = false;
  const uint32_t all = lode_cpu_features(NULL, &known);
  assert_true(known);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const uint32_t some = lode_cpu_features(names[i], &known);
    assert_true(known);
    assert_int_equal(some & ~all, 0);
  }
  assert_int_equal(lode_cpu_features("ref", NULL), 0);
  assert_int_equal(lode_cpu_isa(0), LODE_ISA_REF);
  const uint32_t avx2 = lode_cpu_features("avx2", NULL);
  assert_int_equal(avx2 & (LODE_CPU_AVX512 | LODE_CPU_AMXINT8), 0);
  const uint32_t avx512 = lode_cpu_features("avx512", NULL);
  assert_int_equal(avx512 & (LODE_CPU_AMXINT8 | LODE_CPU_AMXBF16), 0);
  assert_int_equal(avx2 & ~avx512, 0);
}

static void environment_caps_unless_told(void **state) {
  (void)state;
  setenv("LODE_ISA", "ref", 1);
  assert_int_equal(lode_cpu_features(NULL, NULL), 0);
  assert_int_equal(lode_cpu_features("", NULL), 0);
  unsetenv("LODE_ISA");
  const uint32_t avx2 = lode_cpu_features("avx2", NULL);
  setenv("LODE_ISA", "ref", 1);
  assert_int_equal(lode_cpu_features("avx2", NULL), avx2);
  unsetenv("LODE_ISA");
}

static void unknown_names_are_told(void **state) {
  (void)state;
  bool known = true;
  lode_cpu_features("sse9", &known);
  assert_false(known);
  setenv("LODE_ISA", "AVX2", 1); /* names are lower-case */
  known = true;
  lode_cpu_features(NULL, &known);
  assert_false(known);
  unsetenv("LODE_ISA");
}

static void levels_have_names(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    assert_string_equal(lode_isa_name((lode_isa)i), names[i]);
  }
  assert_int_equal(lode_cpu_isa(LODE_CPU_AVX2), LODE_ISA_AVX2);
  assert_int_equal(lode_cpu_isa(LODE_CPU_AVX2 | LODE_CPU_AVX512), LODE_ISA_AVX512);
  assert_int_equal(lode_cpu_isa(LODE_CPU_AVX2 | LODE_CPU_AVX512 | LODE_CPU_AMXBF16), LODE_ISA_AMX);
  assert_true(lode_cpu_count() >= 1);
  assert_true(lode_cpu_count() <= 256);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(caps_take_away),
      cmocka_unit_test(environment_caps_unless_told),
      cmocka_unit_test(unknown_names_are_told),
      cmocka_unit_test(levels_have_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
