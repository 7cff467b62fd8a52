/* The time of a clock that only goes forward. */
#ifndef LODE_BASE_CLOCK_H
#define LODE_BASE_CLOCK_H

#if defined(__wasm__)
/* The one thing that a module asks of its host. Seconds. */
__attribute__((import_module("lode"), import_name("now"))) double lode_wasm_now(void);

static inline double lode_clock_seconds(void) {
  return lode_wasm_now();
}
#else
#include <time.h>

static inline double lode_clock_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
#endif

#endif
