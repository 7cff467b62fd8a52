/* The only place where an activation kernel is chosen. */
#include "kernels/activation/activation.h"

#include "base/cpu.h"

#define K(name, features) extern const lode_activation_kernel lode_activation_##name;
#include "kernels/activation/activation.inc"
#undef K

static const lode_activation_kernel *const kernels[] = {
#define K(name, features) &lode_activation_##name,
#include "kernels/activation/activation.inc"
#undef K
};

enum { KERNELS = sizeof kernels / sizeof kernels[0] };

const lode_activation_kernel *lode_activation_kernel_at(size_t i) {
  return i < KERNELS ? kernels[i] : NULL;
}

const lode_activation_kernel *lode_activation_select(uint32_t features) {
  size_t i = 0;
  while (i + 1 < KERNELS && (kernels[i]->features & ~features) != 0) i++;
  return kernels[i]; /* the last, ref, needs nothing */
}
