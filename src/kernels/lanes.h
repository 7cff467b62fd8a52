/* Vectors of floats, as wide as the instruction set that a file is compiled for has them, so that
 * a function of floats is written once. Every lane gets the same bits at any width.
 *
 *   lanes_f32, lanes_i32, lanes_u32
 *       LANES floats, and as many int32_t and uint32_t: GNU vectors. +, -, * and / are rounded to
 *       nearest one by one; <, >= and the like give lanes_i32, all bits of a lane 1 where true; a
 *       cast from one to the other keeps the bits.
 *
 * LANES_SUMS of them are as many sums as registers hold beside what is added.
 *
 * What these operators do not say is in lanes_<isa>.h:
 *
 *   lanes_set(x)               x in every lane
 *   lanes_first(n)             lanes_i32, all bits 1 in the first n lanes, n >= 0
 *   lanes_load_some(from, n)   the first n floats, no other byte is touched; 0 in other lanes
 *   lanes_store_some(to, n, x)
 *   lanes_madd(a, b, c)        a * b + c, rounded once where there is an instruction for it
 *                              (LANES_FUSED is 1), and twice elsewhere: not for what has the same
 *                              bits everywhere
 *   lanes_larger(a, b)         a > b ? a : b, so b where either is NaN, and where they are equal
 *   lanes_smaller(a, b)        a < b ? a : b, likewise
 *   lanes_kept(x, least, y)    x < least ? 0 : y
 *   lanes_scale(p, shifted)    p 2^n, 1/2 < p < 2, n + LANES_ROUND = shifted, -125 <= n <= 128;
 *                              NaN where either is
 *   lanes_scale_down(p, shifted)   the same for n <= 1
 *   lanes_floor(x)
 *   lanes_round(x)             to integers, ties to even, |x| < 2^22; else to any
 *   lanes_total(x)             the sum, lane l + h added to lane l for h = LANES/2 .. 1
 *   lanes_largest(x)           of numbers that are not NaN
 *   lanes_sum(i)               the sum of integers
 *   lanes_put_bytes(to, a, b)  a, then b as int8_t; integers of -128 .. 127
 *   lanes_load_bytes(from, x)  4 LANES int8_t as floats: x[0] .. x[3]
 *   lanes_load_f16(from)       LANES numbers of IEEE binary16; NaN keeps its payload, made quiet
 *   lanes_load_bf16(from)      of bfloat16
 *   lanes_put_halves(to, i)    the low 16 bits of each lane; those above are 0
 *   lanes_in_memory(x)         an array of constants, which are to be read there, if that is faster
 *                              than what a compiler makes of them
 */
#ifndef LODE_KERNELS_LANES_H
#define LODE_KERNELS_LANES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Before a loop for the end of an array, over a constant number of vectors: unrolled, so that they
 * stay in registers, or not, where a module's size counts. */
#if defined(__wasm__)
#define LANES_END_LOOP _Pragma("clang loop unroll(disable)")
#else
#define LANES_END_LOOP _Pragma("GCC unroll 16")
#endif

/* x + this, for |x| < 2^22, rounds x to an integer, which is left in the sum's low bits. */
#define LANES_ROUND 0x1.8p23f

#if defined(__AVX512F__) && !defined(LODE_LANES_AVX2)
#include "kernels/lanes_avx512.h"
#elif defined(__AVX2__)
#include "kernels/lanes_avx2.h"
#elif defined(__ARM_NEON)
#include "kernels/lanes_neon.h"
#elif defined(__wasm_simd128__)
#include "kernels/lanes_simd128.h"
#else
#include "kernels/lanes_ref.h"
#endif

typedef uint32_t lanes_u32 __attribute__((vector_size(sizeof(lanes_f32)))); /* may overflow */

enum { LANES = sizeof(lanes_f32) / sizeof(float) };

static inline lanes_f32 lanes_load(const float *from) {
  lanes_f32 x;
  memcpy(&x, from, sizeof x);
  return x;
}

static inline void lanes_store(float *to, lanes_f32 x) {
  memcpy(to, &x, sizeof x);
}

/* What an instruction set has no better way for. */
#ifndef LANES_HAS_IN_MEMORY
static inline const float *lanes_in_memory(const float *constants) {
  return constants;
}
#endif

#ifndef LANES_HAS_ROUND
static inline lanes_i32 lanes_round(lanes_f32 x) {
  return (lanes_i32)((lanes_u32)(x + LANES_ROUND) - (lanes_u32)lanes_set(LANES_ROUND));
}
#endif

#ifndef LANES_HAS_SCALE
/* Half of the result, doubled: 2^(n-1) is a float, and infinity comes by itself. */
static inline lanes_f32 lanes_scale(lanes_f32 p, lanes_f32 shifted) {
  const lanes_u32 power = ((lanes_u32)shifted << 23) + (126u << 23);
  const lanes_f32 half = p * (lanes_f32)power;
  return half + half;
}

static inline lanes_f32 lanes_scale_down(lanes_f32 p, lanes_f32 shifted) {
  return p * (lanes_f32)(((lanes_u32)shifted << 23) + (127u << 23));
}
#endif

static inline lanes_f32 lanes_magnitude(lanes_f32 x) {
  return (lanes_f32)((lanes_i32)x & 0x7FFFFFFF);
}

#endif
