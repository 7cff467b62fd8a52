/* Bytes are counted by cnt, 16 at a time, and the counts widened as they are added up. */
#include <arm_neon.h>

#include "base/cpu.h"
#include "kernels/hamming/hamming.h"
#include "kernels/prefetch.h"

enum { STEP = 16, AHEAD = 1024 };

static inline uint32_t count(size_t size, const uint8_t *code, const uint8_t *query) {
  uint32x4_t counts = vdupq_n_u32(0);
  size_t j = 0;
  for (; j + STEP <= size; j += STEP) {
    const uint8x16_t bits = vcntq_u8(veorq_u8(vld1q_u8(code + j), vld1q_u8(query + j)));
    counts = vpadalq_u16(counts, vpaddlq_u8(bits));
  }
  uint32_t rest = 0;
  if (j < size) rest = vaddv_u8(vcnt_u8(veor_u8(vld1_u8(code + j), vld1_u8(query + j))));
  return vaddvq_u32(counts) + rest;
}

static void run(size_t m, size_t size, const uint8_t *codes, const uint8_t *query,
                uint32_t *distances) {
  for (size_t i = 0; i < m; i++, codes += size) {
    LODE_PREFETCH((uintptr_t)codes + AHEAD);
    distances[i] = count(size, codes, query);
  }
}

const lode_hamming_kernel lode_hamming_neon = {
    .name = "neon", .features = LODE_CPU_NEON, .run = run};
