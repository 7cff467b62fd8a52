/* Attention with products of bfloat16, whose rounding costs 2^-9: a score has two of them, in q
 * and in k, and less than one more in f32; a weighted value two, and less than one more in the
 * exponential. */
#include "attention_cases.h"

#include "kernels/attention_bf16/attention_bf16.h"

#define NARROW_UNIT 0x1p-9

static const attention_family family = {.kernel_at = lode_attention_bf16_kernel_at,
                                        .select = lode_attention_bf16_select,
                                        .score_unit = 3.0 * NARROW_UNIT,
                                        .weight_unit = 3.0 * NARROW_UNIT};

/* Numbers that bfloat16 holds lose nothing: one token's output is its value. */
static void check_exact(const lode_attention_kernel *kernel) {
  problem p = problem_make(kernel, 1, 40, 0);
  for (size_t c = 0; c < 40; c++) p.v.data[c] = (float)c - 17.5f;
  problem_run(kernel, &p, 0, 1);
  for (size_t c = 0; c < 40; c++) {
    assert_true(fabsf(p.out.data[c] - p.v.data[c]) <= 0x1p-13f * fabsf(p.v.data[c]));
  }
  problem_free(&p);
}

static void test_exact_values(void **state) {
  (void)state;
  each_kernel(check_exact);
}

int main(void) {
  const struct CMUnitTest tests[] = {ATTENTION_CASES, cmocka_unit_test(test_exact_values)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
