/* The only place where a hamming kernel is chosen. */
#include "kernels/hamming/hamming.h"

#include "base/cpu.h"

#define K(name, features) extern const lode_hamming_kernel lode_hamming_##name;
#include "kernels/hamming/hamming.inc"
#undef K

static const lode_hamming_kernel *const kernels[] = {
#define K(name, features) &lode_hamming_##name,
#include "kernels/hamming/hamming.inc"
#undef K
};

enum { KERNELS = sizeof kernels / sizeof kernels[0] };

const lode_hamming_kernel *lode_hamming_kernel_at(size_t i) {
  return i < KERNELS ? kernels[i] : NULL;
}

const lode_hamming_kernel *lode_hamming_select(uint32_t features) {
  size_t i = 0;
  while (i + 1 < KERNELS && (kernels[i]->features & ~features) != 0) i++;
  return kernels[i]; /* the last, ref, needs nothing */
}
