/* The only place where a norm kernel is chosen. */
#include "kernels/norm/norm.h"

#include "base/cpu.h"

#define K(name, features) extern const lode_norm_kernel lode_norm_##name;
#include "kernels/norm/norm.inc"
#undef K

static const lode_norm_kernel *const kernels[] = {
#define K(name, features) &lode_norm_##name,
#include "kernels/norm/norm.inc"
#undef K
};

enum { KERNELS = sizeof kernels / sizeof kernels[0] };

const lode_norm_kernel *lode_norm_kernel_at(size_t i) {
  return i < KERNELS ? kernels[i] : NULL;
}

const lode_norm_kernel *lode_norm_select(uint32_t features) {
  size_t i = 0;
  while (i + 1 < KERNELS && (kernels[i]->features & ~features) != 0) i++;
  return kernels[i]; /* the last, ref, needs nothing */
}
