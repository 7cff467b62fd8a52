/* What the kernels rely on of relaxed SIMD, on this engine; and the choice that a page makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <wasm_simd128.h>

#include "api/probe_wasm.h"

#if defined(LODE_WASM_RELAXED)
/* One sum of a b + other_a other_b, twice, and 7; by both instructions. */
static int32_t dot(int a, int b, int other_a, int other_b) {
  const v128_t x = wasm_i16x8_splat((int16_t)((a & 0xFF) | other_a * 256));
  const v128_t y = wasm_i16x8_splat((int16_t)(b | other_b << 8));
  const v128_t seven = wasm_i32x4_const_splat(7);
  const v128_t sums = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(x, y, seven);
  const v128_t pairs = wasm_i16x8_relaxed_dot_i8x16_i7x16(x, y);
  const v128_t by_pairs = wasm_i32x4_add(wasm_i32x4_extadd_pairwise_i16x8(pairs), seven);
  assert_int_equal(wasm_i32x4_extract_lane(sums, 3), wasm_i32x4_extract_lane(by_pairs, 3));
  return wasm_i32x4_extract_lane(sums, 3);
}

static void test_every_pair(void **state) {
  (void)state;
  static const int others[] = {-127, -1, 0, 1, 127};
  for (int a = -127; a <= 127; a++) {
    for (int b = 0; b <= 127; b++) {
      for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(dot(a, b, others[i], 127), 7 + 2 * (a * b + others[i] * 127));
        assert_int_equal(dot(others[i], 127, a, b), 7 + 2 * (a * b + others[i] * 127));
      }
    }
  }
}
#endif

static void test_choice(void **state) {
  (void)state;
  const char *isa = lode_wasm_probe();
  assert_non_null(isa);
  print_message("%s\n", isa);
#if defined(LODE_WASM_RELAXED)
  assert_true(strcmp(isa, "relaxed") == 0 || strcmp(isa, "simd128") == 0);
#else
  assert_string_equal(isa, "simd128");
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {
#if defined(LODE_WASM_RELAXED)
      cmocka_unit_test(test_every_pair),
#endif
      cmocka_unit_test(test_choice),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
