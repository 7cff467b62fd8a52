/* Hamming distances of one code of bits to many:
 *
 *   distances[i] = the number of bits in which codes[i] and query differ
 *
 * codes [m, size] lie one behind the other, size bytes each, a multiple of 8, at most
 * LODE_HAMMING_MAX_SIZE. No alignment is needed. Every kernel gives the same integers.
 *
 * Codes are read once, as a stream; kernels prefetch beyond the last. */
#ifndef LODE_KERNELS_HAMMING_HAMMING_H
#define LODE_KERNELS_HAMMING_HAMMING_H

#include <stddef.h>
#include <stdint.h>

enum { LODE_HAMMING_WORD = 8, LODE_HAMMING_MAX_SIZE = 1 << 14 };

typedef struct lode_hamming_kernel {
  const char *name;
  uint32_t features;
  void (*run)(size_t m, size_t size, const uint8_t *codes, const uint8_t *query,
              uint32_t *distances);
} lode_hamming_kernel;

const lode_hamming_kernel *lode_hamming_select(uint32_t features);
const lode_hamming_kernel *lode_hamming_kernel_at(size_t i);

#endif
