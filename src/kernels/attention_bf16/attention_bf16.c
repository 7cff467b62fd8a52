/* The only place where a attention_bf16 kernel is chosen. */
#include "kernels/attention_bf16/attention_bf16.h"

#include "base/cpu.h"

#define K(name, features) extern const lode_attention_kernel lode_attention_bf16_##name;
#include "kernels/attention_bf16/attention_bf16.inc"
#undef K

static const lode_attention_kernel *const kernels[] = {
#define K(name, features) &lode_attention_bf16_##name,
#include "kernels/attention_bf16/attention_bf16.inc"
#undef K
    NULL,
};

enum { KERNELS = sizeof kernels / sizeof kernels[0] - 1 };

const lode_attention_kernel *lode_attention_bf16_kernel_at(size_t i) {
  return i < KERNELS ? kernels[i] : NULL;
}

const lode_attention_kernel *lode_attention_bf16_select(uint32_t features) {
  size_t i = 0;
  while (i < KERNELS && (kernels[i]->features & ~features) != 0) i++;
  return kernels[i];
}
