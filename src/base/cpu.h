/* What this CPU can run. No global state: ask once, keep the answer. */
#ifndef LODE_BASE_CPU_H
#define LODE_BASE_CPU_H

#include <stdbool.h>
#include <stdint.h>

/* Feature bits; kernels name the set they need. */
enum {
  LODE_CPU_AVX2 = 1u << 0,    /* AVX2, FMA, F16C */
  LODE_CPU_AVXVNNI = 1u << 1, /* vpdpbusd on ymm, VEX encoding */
  LODE_CPU_AVX512 = 1u << 2,  /* F, BW, DQ, VL, CD */
  LODE_CPU_AVX512VNNI = 1u << 3,
  LODE_CPU_AVX512BF16 = 1u << 4,
  LODE_CPU_AMXINT8 = 1u << 5, /* with permission from the system to use tiles */
  LODE_CPU_AMXBF16 = 1u << 6,
  LODE_CPU_NEON = 1u << 7,
  LODE_CPU_DOTPROD = 1u << 8,
  LODE_CPU_I8MM = 1u << 9,
  LODE_CPU_SIMD128 = 1u << 10,
  LODE_CPU_RELAXED = 1u << 11,
  LODE_CPU_AVX512POPCNT = 1u << 12, /* VPOPCNTDQ */
};

typedef enum lode_isa {
  LODE_ISA_REF = 0,
  LODE_ISA_AVX2,
  LODE_ISA_AVX512,
  LODE_ISA_AMX,
  LODE_ISA_NEON,
  LODE_ISA_SIMD128,
  LODE_ISA_RELAXED,
} lode_isa;

/* LODE_ISA of the environment, or NULL. */
const char *lode_cpu_environment(void);
/* Features of this machine that are allowed under `cap`: NULL or "" (then the environment
 * variable LODE_ISA, then no cap), or an ISA's name. *known = false for a name that is
 * none; a level that this machine lacks gives what it has below it. */
uint32_t lode_cpu_features(const char *cap, bool *known);
/* The highest level that the features make up, and its name. */
lode_isa lode_cpu_isa(uint32_t features);
const char *lode_isa_name(lode_isa isa);

/* Logical CPUs that this process may run on (affinity and cgroup quota), at least 1. */
int lode_cpu_count(void);

#endif
