/* The only place where a pool kernel is chosen. */
#include "kernels/pool/pool.h"

#include "base/cpu.h"

#define K(name, features) extern const lode_pool_kernel lode_pool_##name;
#include "kernels/pool/pool.inc"
#undef K

static const lode_pool_kernel *const kernels[] = {
#define K(name, features) &lode_pool_##name,
#include "kernels/pool/pool.inc"
#undef K
};

enum { KERNELS = sizeof kernels / sizeof kernels[0] };

const lode_pool_kernel *lode_pool_kernel_at(size_t i) {
  return i < KERNELS ? kernels[i] : NULL;
}

const lode_pool_kernel *lode_pool_select(uint32_t features) {
  size_t i = 0;
  while (i + 1 < KERNELS && (kernels[i]->features & ~features) != 0) i++;
  return kernels[i]; /* the last, ref, needs nothing */
}
