/* The vectors of lanes.h on WebAssembly's 128 bits. */
#ifndef LODE_KERNELS_LANES_SIMD128_H
#define LODE_KERNELS_LANES_SIMD128_H

#include <stddef.h>
#include <stdint.h>
#include <wasm_simd128.h>

typedef float lanes_f32 __attribute__((vector_size(16)));
typedef int32_t lanes_i32 __attribute__((vector_size(16)));

#if defined(__wasm_relaxed_simd__)
enum { LANES_FUSED = 1 }; /* or not, as the engine likes */
#else
enum { LANES_FUSED = 0 };
#endif
enum { LANES_SUMS = 8 };

/* Engines make three instructions of a constant vector, and one of a number's load into all lanes;
 * a compiler that knew the numbers would make constants. */
#define LANES_HAS_IN_MEMORY
static inline const float *lanes_in_memory(const float *constants) {
  __asm__("" : "+r"(constants));
  return constants;
}

static inline lanes_f32 lanes_set(float x) {
  return (lanes_f32)wasm_f32x4_splat(x);
}

static inline lanes_i32 lanes_first(size_t n) {
  const lanes_i32 lane = {0, 1, 2, 3};
  return lane < (n < 4 ? (int32_t)n : 4);
}

/* n < 4; a function, since it is rare and many places want it */
__attribute__((noinline, unused)) static lanes_f32 lanes_load_few(const float *from, size_t n) {
  float x[4] = {0};
  for (size_t i = 0; i < n; i++) x[i] = from[i];
  return (lanes_f32)wasm_v128_load(x);
}

static inline lanes_f32 lanes_load_some(const float *from, size_t n) {
  return n >= 4 ? (lanes_f32)wasm_v128_load(from) : lanes_load_few(from, n);
}

static inline void lanes_store_some(float *to, size_t n, lanes_f32 x) {
  if (n >= 4) {
    wasm_v128_store(to, (v128_t)x);
    return;
  }
  float y[4];
  wasm_v128_store(y, (v128_t)x);
  for (size_t i = 0; i < n; i++) to[i] = y[i];
}

static inline lanes_f32 lanes_madd(lanes_f32 a, lanes_f32 b, lanes_f32 c) {
#if defined(__wasm_relaxed_simd__)
  return (lanes_f32)wasm_f32x4_relaxed_madd((v128_t)a, (v128_t)b, (v128_t)c);
#else
  return a * b + c;
#endif
}

/* pmax(x, y) is x < y ? y : x. */
static inline lanes_f32 lanes_larger(lanes_f32 a, lanes_f32 b) {
  return (lanes_f32)wasm_f32x4_pmax((v128_t)b, (v128_t)a);
}

/* pmin(x, y) is y < x ? y : x. */
static inline lanes_f32 lanes_smaller(lanes_f32 a, lanes_f32 b) {
  return (lanes_f32)wasm_f32x4_pmin((v128_t)b, (v128_t)a);
}

static inline lanes_f32 lanes_kept(lanes_f32 x, float least, lanes_f32 y) {
  return (lanes_f32)wasm_v128_andnot((v128_t)y, (v128_t)(x < lanes_set(least)));
}

static inline lanes_f32 lanes_floor(lanes_f32 x) {
  return (lanes_f32)wasm_f32x4_floor((v128_t)x);
}

static inline float lanes_total(lanes_f32 x) {
  return (x[0] + x[2]) + (x[1] + x[3]);
}

static inline float lanes_largest(lanes_f32 x) {
  const float a = x[0] > x[1] ? x[0] : x[1], b = x[2] > x[3] ? x[2] : x[3];
  return a > b ? a : b;
}

static inline int32_t lanes_sum(lanes_i32 i) {
  return (i[0] + i[2]) + (i[1] + i[3]);
}

static inline void lanes_put_bytes(int8_t *to, lanes_i32 a, lanes_i32 b) {
  const v128_t words = wasm_i16x8_narrow_i32x4((v128_t)a, (v128_t)b);
  wasm_v128_store64_lane(to, wasm_i8x16_narrow_i16x8(words, words), 0);
}

static inline void lanes_load_bytes(const int8_t *from, lanes_f32 x[4]) {
  const v128_t bytes = wasm_v128_load(from);
  const v128_t low = wasm_i16x8_extend_low_i8x16(bytes), high = wasm_i16x8_extend_high_i8x16(bytes);
  x[0] = (lanes_f32)wasm_f32x4_convert_i32x4(wasm_i32x4_extend_low_i16x8(low));
  x[1] = (lanes_f32)wasm_f32x4_convert_i32x4(wasm_i32x4_extend_high_i16x8(low));
  x[2] = (lanes_f32)wasm_f32x4_convert_i32x4(wasm_i32x4_extend_low_i16x8(high));
  x[3] = (lanes_f32)wasm_f32x4_convert_i32x4(wasm_i32x4_extend_high_i16x8(high));
}

/* The exponent is moved; that of infinity and NaN, which becomes quiet, once more. Numbers below
 * 2^-14 have no leading 1: they get it, and are 2^-14 more until that is taken off. */
static inline lanes_f32 lanes_load_f16(const uint16_t *from) {
  typedef uint32_t bits __attribute__((vector_size(16)));
  const bits h = (bits)wasm_u32x4_load16x4(from);
  const bits sign = (h & 0x8000) << 16, magnitude = (h & 0x7FFF) << 13;
  const bits high = (bits)((lanes_i32)magnitude >= 0x1F << 23);
  const bits nan = (bits)((lanes_i32)magnitude > 0x1F << 23);
  const bits low = (bits)((lanes_i32)magnitude < 1 << 23);
  const bits moved = magnitude + (112u << 23) + (high & (112u << 23)) + (low & (1u << 23));
  const lanes_f32 least = (lanes_f32)(low & (113u << 23));
  return (lanes_f32)((bits)((lanes_f32)(moved | (nan & 0x400000)) - least) | sign);
}

static inline lanes_f32 lanes_load_bf16(const uint16_t *from) {
  return (lanes_f32)wasm_i32x4_shl(wasm_u32x4_load16x4(from), 16);
}

static inline void lanes_put_halves(uint16_t *to, lanes_i32 i) {
  wasm_v128_store64_lane(to, wasm_u16x8_narrow_i32x4((v128_t)i, (v128_t)i), 0);
}

#endif
