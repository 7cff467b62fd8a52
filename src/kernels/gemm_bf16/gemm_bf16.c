/* The only place where a gemm_bf16 kernel is chosen. */
#include "kernels/gemm_bf16/gemm_bf16.h"

#include "base/cpu.h"

#define K(name, features) extern const lode_gemm_kernel lode_gemm_bf16_##name;
#include "kernels/gemm_bf16/gemm_bf16.inc"
#undef K

static const lode_gemm_kernel *const kernels[] = {
#define K(name, features) &lode_gemm_bf16_##name,
#include "kernels/gemm_bf16/gemm_bf16.inc"
#undef K
    NULL,
};

enum { KERNELS = sizeof kernels / sizeof kernels[0] - 1 };

const lode_gemm_kernel *lode_gemm_bf16_kernel_at(size_t i) {
  return i < KERNELS ? kernels[i] : NULL;
}

const lode_gemm_kernel *lode_gemm_bf16_select(uint32_t features) {
  size_t i = 0;
  while (i < KERNELS && (kernels[i]->features & ~features) != 0) i++;
  return kernels[i];
}
