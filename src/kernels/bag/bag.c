/* The only place where a bag kernel is chosen. */
#include "kernels/bag/bag.h"

#include "base/cpu.h"

#define K(name, features) extern const lode_bag_kernel lode_bag_##name;
#include "kernels/bag/bag.inc"
#undef K

static const lode_bag_kernel *const kernels[] = {
#define K(name, features) &lode_bag_##name,
#include "kernels/bag/bag.inc"
#undef K
};

enum { KERNELS = sizeof kernels / sizeof kernels[0] };

const lode_bag_kernel *lode_bag_kernel_at(size_t i) {
  return i < KERNELS ? kernels[i] : NULL;
}

const lode_bag_kernel *lode_bag_select(uint32_t features) {
  size_t i = 0;
  while (i + 1 < KERNELS && (kernels[i]->features & ~features) != 0) i++;
  return kernels[i]; /* the last, ref, needs nothing */
}
