/* The only place where a convert kernel is chosen. */
#include "kernels/convert/convert.h"

#include "base/cpu.h"

#define K(name, features) extern const lode_convert_kernel lode_convert_##name;
#include "kernels/convert/convert.inc"
#undef K

static const lode_convert_kernel *const kernels[] = {
#define K(name, features) &lode_convert_##name,
#include "kernels/convert/convert.inc"
#undef K
};

enum { KERNELS = sizeof kernels / sizeof kernels[0] };

const lode_convert_kernel *lode_convert_kernel_at(size_t i) {
  return i < KERNELS ? kernels[i] : NULL;
}

const lode_convert_kernel *lode_convert_select(uint32_t features) {
  size_t i = 0;
  while (i + 1 < KERNELS && (kernels[i]->features & ~features) != 0) i++;
  return kernels[i]; /* the last, ref, needs nothing */
}
