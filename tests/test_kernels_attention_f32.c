/* Attention in f32. */
#include "attention_cases.h"

#include "kernels/attention_f32/attention_f32.h"

static const attention_family family = {.kernel_at = lode_attention_f32_kernel_at,
                                        .select = lode_attention_f32_select,
                                        .score_unit = 3.0 * UNIT,
                                        .score_step = UNIT};

int main(void) {
  const struct CMUnitTest tests[] = {ATTENTION_CASES};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
