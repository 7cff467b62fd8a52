/* The only place where a scan_i8 kernel is chosen. */
#include "kernels/scan_i8/scan_i8.h"

#include "base/cpu.h"

#define K(name, features) extern const lode_scan_i8_kernel lode_scan_i8_##name;
#include "kernels/scan_i8/scan_i8.inc"
#undef K

static const lode_scan_i8_kernel *const kernels[] = {
#define K(name, features) &lode_scan_i8_##name,
#include "kernels/scan_i8/scan_i8.inc"
#undef K
};

enum { KERNELS = sizeof kernels / sizeof kernels[0] };

const lode_scan_i8_kernel *lode_scan_i8_kernel_at(size_t i) {
  return i < KERNELS ? kernels[i] : NULL;
}

const lode_scan_i8_kernel *lode_scan_i8_select(uint32_t features) {
  size_t i = 0;
  while (i + 1 < KERNELS && (kernels[i]->features & ~features) != 0) i++;
  return kernels[i]; /* the last, ref, needs nothing */
}
