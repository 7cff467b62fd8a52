/* The only place where a gemm_i8 kernel is chosen. */
#include "kernels/gemm_i8/gemm_i8.h"

#include "base/cpu.h"

#define K(name, features) extern const lode_gemm_kernel lode_gemm_i8_##name;
#include "kernels/gemm_i8/gemm_i8.inc"
#undef K

static const lode_gemm_kernel *const kernels[] = {
#define K(name, features) &lode_gemm_i8_##name,
#include "kernels/gemm_i8/gemm_i8.inc"
#undef K
};

enum { KERNELS = sizeof kernels / sizeof kernels[0] };

const lode_gemm_kernel *lode_gemm_i8_kernel_at(size_t i) {
  return i < KERNELS ? kernels[i] : NULL;
}

const lode_gemm_kernel *lode_gemm_i8_select(uint32_t features) {
  size_t i = 0;
  while (i + 1 < KERNELS && (kernels[i]->features & ~features) != 0) i++;
  return kernels[i]; /* the last, ref, needs nothing */
}
