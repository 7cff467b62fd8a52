/* What the operation means, in C for any machine. */
#include "kernels/attention/attention_ref.h"
#include "kernels/attention_f32/attention_f32.h"

static inline float as_it_is(float x) {
  return x;
}

static void run(const lode_attention_args *args) {
  for (size_t i = args->row0; i < args->row1; i++) lode_attention_ref_row(args, i, as_it_is);
}

const lode_attention_kernel lode_attention_f32_ref = {
    .name = "ref",
    .features = 0,
    .scratch_size = lode_attention_ref_scratch,
    .run = run,
};
