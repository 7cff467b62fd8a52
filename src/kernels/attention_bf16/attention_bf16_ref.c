/* What the operation means, in C for any machine. */
#include <math.h>
#include <string.h>

#include "kernels/attention/attention_ref.h"
#include "kernels/attention_bf16/attention_bf16.h"

/* x rounded to bfloat16, ties to even. */
static float rounded(float x) {
  if (isnan(x)) return x;
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static void run(const lode_attention_args *args) {
  for (size_t i = args->row0; i < args->row1; i++) lode_attention_ref_row(args, i, rounded);
}

const lode_attention_kernel lode_attention_bf16_ref = {
    .name = "ref",
    .features = 0,
    .scratch_size = lode_attention_ref_scratch,
    .run = run,
};
