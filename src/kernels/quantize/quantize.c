/* The only place where a quantize kernel is chosen. */
#include "kernels/quantize/quantize.h"

#include "base/cpu.h"

#define K(name, features) extern const lode_quantize_kernel lode_quantize_##name;
#include "kernels/quantize/quantize.inc"
#undef K

static const lode_quantize_kernel *const kernels[] = {
#define K(name, features) &lode_quantize_##name,
#include "kernels/quantize/quantize.inc"
#undef K
};

enum { KERNELS = sizeof kernels / sizeof kernels[0] };

const lode_quantize_kernel *lode_quantize_kernel_at(size_t i) {
  return i < KERNELS ? kernels[i] : NULL;
}

const lode_quantize_kernel *lode_quantize_select(uint32_t features) {
  size_t i = 0;
  while (i + 1 < KERNELS && (kernels[i]->features & ~features) != 0) i++;
  return kernels[i]; /* the last, ref, needs nothing */
}
