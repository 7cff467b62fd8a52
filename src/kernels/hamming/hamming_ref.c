/* What the operation means, in C for any machine. */
#include <string.h>

#include "kernels/hamming/hamming.h"

static void run(size_t m, size_t size, const uint8_t *codes, const uint8_t *query,
                uint32_t *distances) {
  for (size_t i = 0; i < m; i++, codes += size) {
    uint32_t distance = 0;
    for (size_t j = 0; j < size; j += LODE_HAMMING_WORD) {
      uint64_t a, b;
      memcpy(&a, codes + j, sizeof a);
      memcpy(&b, query + j, sizeof b);
      distance += (uint32_t)__builtin_popcountll(a ^ b);
    }
    distances[i] = distance;
  }
}

const lode_hamming_kernel lode_hamming_ref = {.name = "ref", .features = 0, .run = run};
