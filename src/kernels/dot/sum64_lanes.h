/* The lanes of sum64.h in vectors. */
#ifndef LODE_KERNELS_DOT_SUM64_LANES_H
#define LODE_KERNELS_DOT_SUM64_LANES_H

#include "kernels/dot/sum64.h"
#include "kernels/lanes.h"

enum {
  SUM64_VECTORS = LODE_SUM64_LANES / LANES,
  /* Those that are added up in one pass over an array, of one or two. */
  SUM64_AT_ONCE = SUM64_VECTORS < LANES_SUMS ? SUM64_VECTORS : LANES_SUMS,
};

/* The sum of 64 lanes; spoils them. */
static inline float sum64_total(lanes_f32 sums[SUM64_VECTORS]) {
  enum { OF_32 = SUM64_VECTORS < 8 ? SUM64_VECTORS : 8 };
  for (int v = 8; v < SUM64_VECTORS; v++) sums[v - 8] += sums[v];
  for (int v = 4; v < OF_32; v++) sums[v - 4] += sums[v];
  return lanes_total((sums[0] + sums[2]) + (sums[1] + sums[3]));
}

/* How many elements of the `left` at the end of an array are left for vector v. */
static inline size_t sum64_left(size_t left, size_t v) {
  return left > v * LANES ? left - v * LANES : 0;
}

/* Those `left` elements, and 0 for what is missing to 64. */
static inline void sum64_rest(size_t left, const float *x, float rest[LODE_SUM64_LANES]) {
  LANES_END_LOOP for (size_t v = 0; v < SUM64_VECTORS; v++) {
    lanes_store(rest + v * LANES, lanes_load_some(x + v * LANES, sum64_left(left, v)));
  }
}

typedef lanes_f32 sum64_term(lanes_f32 x, lanes_f32 centre);

#define SUM64_INLINE __attribute__((always_inline)) static inline

/* Those of SUM64_AT_ONCE vectors of lanes over n elements, whole blocks. */
SUM64_INLINE void sum64_pass(size_t n, const float *x, lanes_f32 centre, sum64_term *term,
                             lanes_f32 sums[SUM64_AT_ONCE]) {
#pragma GCC unroll 16
  for (size_t v = 0; v < SUM64_AT_ONCE; v++) sums[v] = lanes_set(0.0f);
  for (size_t j = 0; j < n; j += LODE_SUM64_LANES) {
#pragma GCC unroll 16
    for (size_t v = 0; v < SUM64_AT_ONCE; v++) {
      sums[v] += term(lanes_load(x + j + v * LANES), centre);
    }
  }
}

/* The sum of term(x[j], centre) over x [n]. */
SUM64_INLINE float sum64_of(size_t n, const float *x, lanes_f32 centre, sum64_term *term) {
  const size_t whole = n - n % LODE_SUM64_LANES;
  lanes_f32 sums[SUM64_VECTORS];
  sum64_pass(whole, x, centre, term, sums);
  if (SUM64_AT_ONCE < SUM64_VECTORS) {
    sum64_pass(whole, x + SUM64_AT_ONCE * LANES, centre, term, sums + SUM64_AT_ONCE);
  }
  if (whole < n) {
    LANES_END_LOOP for (size_t v = 0; v < SUM64_VECTORS; v++) {
      const size_t left = sum64_left(n - whole, v);
      const lanes_f32 y = term(lanes_load_some(x + whole + v * LANES, left), centre);
      sums[v] += (lanes_f32)((lanes_i32)y & lanes_first(left));
    }
  }
  return sum64_total(sums);
}

static inline lanes_f32 sum64_itself(lanes_f32 x, lanes_f32 centre) {
  (void)centre;
  return x;
}

/* The sum of x [n]. */
static inline float sum64(size_t n, const float *x) {
  return sum64_of(n, x, lanes_set(0.0f), sum64_itself);
}

#endif
