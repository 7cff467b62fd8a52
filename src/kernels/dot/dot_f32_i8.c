/* The only place where a dot_f32_i8 kernel is chosen. */
#include "kernels/dot/dot.h"

#include "base/cpu.h"

#define K(name, features) extern const lode_dot_f32_i8_kernel lode_dot_f32_i8_##name;
#include "kernels/dot/dot_f32_i8.inc"
#undef K

static const lode_dot_f32_i8_kernel *const kernels[] = {
#define K(name, features) &lode_dot_f32_i8_##name,
#include "kernels/dot/dot_f32_i8.inc"
#undef K
};

enum { KERNELS = sizeof kernels / sizeof kernels[0] };

const lode_dot_f32_i8_kernel *lode_dot_f32_i8_kernel_at(size_t i) {
  return i < KERNELS ? kernels[i] : NULL;
}

const lode_dot_f32_i8_kernel *lode_dot_f32_i8_select(uint32_t features) {
  size_t i = 0;
  while (i + 1 < KERNELS && (kernels[i]->features & ~features) != 0) i++;
  return kernels[i]; /* the last, ref, needs nothing */
}
