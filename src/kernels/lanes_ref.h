/* The vectors of lanes.h in C for any machine. */
#ifndef LODE_KERNELS_LANES_REF_H
#define LODE_KERNELS_LANES_REF_H

#include <stddef.h>
#include <stdint.h>

typedef float lanes_f32 __attribute__((vector_size(16)));
typedef int32_t lanes_i32 __attribute__((vector_size(16)));

enum { LANES_FUSED = 0, LANES_SUMS = 8 };

static inline lanes_f32 lanes_set(float x) {
  return (lanes_f32){x, x, x, x};
}

static inline lanes_i32 lanes_first(size_t n) {
  const lanes_i32 lane = {0, 1, 2, 3};
  return lane < (n < 4 ? (int32_t)n : 4);
}

__attribute__((noinline, unused)) static lanes_f32 lanes_load_some(const float *from, size_t n) {
  lanes_f32 x = {0};
  for (size_t i = 0; i < n && i < 4; i++) x[i] = from[i];
  return x;
}

static inline void lanes_store_some(float *to, size_t n, lanes_f32 x) {
  for (size_t i = 0; i < n && i < 4; i++) to[i] = x[i];
}

static inline lanes_f32 lanes_madd(lanes_f32 a, lanes_f32 b, lanes_f32 c) {
  return a * b + c;
}

static inline lanes_f32 lanes_chosen(lanes_i32 which, lanes_f32 a, lanes_f32 b) {
  return (lanes_f32)((which & (lanes_i32)a) | (~which & (lanes_i32)b));
}

static inline lanes_f32 lanes_larger(lanes_f32 a, lanes_f32 b) {
  return lanes_chosen(a > b, a, b);
}

static inline lanes_f32 lanes_smaller(lanes_f32 a, lanes_f32 b) {
  return lanes_chosen(a < b, a, b);
}

static inline lanes_f32 lanes_kept(lanes_f32 x, float least, lanes_f32 y) {
  return (lanes_f32)(~(x < least) & (lanes_i32)y);
}

static inline lanes_f32 lanes_floor(lanes_f32 x) {
  return (lanes_f32){__builtin_floorf(x[0]), __builtin_floorf(x[1]), __builtin_floorf(x[2]),
                     __builtin_floorf(x[3])};
}

static inline float lanes_total(lanes_f32 x) {
  return (x[0] + x[2]) + (x[1] + x[3]);
}

static inline float lanes_largest(lanes_f32 x) {
  float most = x[0];
  for (int i = 1; i < 4; i++) most = x[i] > most ? x[i] : most;
  return most;
}

static inline int32_t lanes_sum(lanes_i32 i) {
  return i[0] + i[1] + i[2] + i[3];
}

static inline void lanes_put_bytes(int8_t *to, lanes_i32 a, lanes_i32 b) {
  for (int i = 0; i < 4; i++) {
    to[i] = (int8_t)a[i];
    to[4 + i] = (int8_t)b[i];
  }
}

static inline void lanes_load_bytes(const int8_t *from, lanes_f32 x[4]) {
  for (int v = 0; v < 4; v++) {
    const int8_t *b = from + 4 * v;
    x[v] = (lanes_f32){b[0], b[1], b[2], b[3]};
  }
}

#endif
