/* Comparing floats by their bits, and remembering many of them in one number. */
#ifndef LODE_TESTS_BITS_H
#define LODE_TESTS_BITS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The bits of x; all NaN count as one, since processors fill them differently. */
static inline uint32_t bits_of(float x) {
  uint32_t bits = 0x7FC00000;
  if (!isnan(x)) memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline bool same_bits(size_t n, const float *x, const float *y) {
  for (size_t i = 0; i < n; i++) {
    if (bits_of(x[i]) != bits_of(y[i])) return false;
  }
  return true;
}

/* FNV-1a over words. */
#define BITS_HASH_START UINT64_C(0xCBF29CE484222325)

static inline uint64_t bits_hash(uint64_t hash, size_t n, const float *x) {
  for (size_t i = 0; i < n; i++) hash = (hash ^ bits_of(x[i])) * UINT64_C(0x100000001B3);
  return hash;
}

#endif
