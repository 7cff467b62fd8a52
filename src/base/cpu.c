#define _GNU_SOURCE
#include "base/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <sched.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#endif
#if defined(__wasm__)
#include "base/thread_wasm.h"
#else
#include <unistd.h>
#endif

#if defined(__x86_64__)
#include <cpuid.h>

enum {
  XCR0_AVX = 0x06,     /* xmm and ymm state */
  XCR0_AVX512 = 0xe6,  /* and opmask, zmm */
  XCR0_TILES = 3 << 17 /* tile configuration and tile data */
};

static uint64_t read_xcr0(void) {
  uint32_t low = 0;
  uint32_t high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return ((uint64_t)high << 32) | low;
}

/* Linux gives a process tile registers only when it asks (Documentation/arch/x86/xstate.rst). */
static bool tiles_permitted(void) {
#if defined(__linux__)
  enum { ARCH_GET_XCOMP_PERM = 0x1022, ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_TILEDATA = 18 };
  if (syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_TILEDATA) != 0) return false;
  uint64_t granted = 0;
  if (syscall(SYS_arch_prctl, ARCH_GET_XCOMP_PERM, &granted) != 0) return false;
  return (granted >> XFEATURE_TILEDATA) & 1;
#else
  return false;
#endif
}

static uint32_t detect_x86(bool want_tiles) {
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t c = 0;
  uint32_t d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
  const bool osxsave = (c >> 27) & 1;
  const bool fma = (c >> 12) & 1;
  const bool f16c = (c >> 29) & 1;
  if (!osxsave) return 0;
  const uint64_t xcr0 = read_xcr0();
  if ((xcr0 & XCR0_AVX) != XCR0_AVX) return 0;

  uint32_t a7 = 0;
  uint32_t b7 = 0;
  uint32_t c7 = 0;
  uint32_t d7 = 0;
  if (!__get_cpuid_count(7, 0, &a7, &b7, &c7, &d7)) return 0;
  uint32_t a71 = 0;
  uint32_t unused = 0;
  if (a7 >= 1) __get_cpuid_count(7, 1, &a71, &unused, &c, &d);

  uint32_t features = 0;
  if (((b7 >> 5) & 1) == 0 || !fma || !f16c) return 0;
  features |= LODE_CPU_AVX2;
  if ((a71 >> 4) & 1) features |= LODE_CPU_AVXVNNI;

  const uint32_t avx512 = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31; /* F DQ CD BW VL */
  if ((xcr0 & XCR0_AVX512) == XCR0_AVX512 && (b7 & avx512) == avx512) {
    features |= LODE_CPU_AVX512;
    if ((c7 >> 11) & 1) features |= LODE_CPU_AVX512VNNI;
    if ((c7 >> 14) & 1) features |= LODE_CPU_AVX512POPCNT;
    if ((a71 >> 5) & 1) features |= LODE_CPU_AVX512BF16;
    const bool tile = (d7 >> 24) & 1;
    if (want_tiles && tile && (xcr0 & XCR0_TILES) == XCR0_TILES && tiles_permitted()) {
      if ((d7 >> 25) & 1) features |= LODE_CPU_AMXINT8;
      if ((d7 >> 22) & 1) features |= LODE_CPU_AMXBF16;
    }
  }
  return features;
}
#endif

#if defined(__aarch64__)
static uint32_t detect_arm(void) {
  uint32_t features = LODE_CPU_NEON;
#if defined(__linux__)
  const unsigned long hwcap = getauxval(AT_HWCAP);
  const unsigned long hwcap2 = getauxval(AT_HWCAP2);
  if ((hwcap >> 20) & 1) features |= LODE_CPU_DOTPROD; /* HWCAP_ASIMDDP */
  if ((hwcap2 >> 13) & 1) features |= LODE_CPU_I8MM;   /* HWCAP2_I8MM */
#endif
  return features;
}
#endif

/* What each level may use. A level includes those below it of the same family. */
static const struct {
  const char *name;
  lode_isa isa;
  uint32_t allowed;
} levels[] = {
    {"ref", LODE_ISA_REF, 0},
    {"avx2", LODE_ISA_AVX2, LODE_CPU_AVX2 | LODE_CPU_AVXVNNI},
    {"avx512", LODE_ISA_AVX512,
     LODE_CPU_AVX2 | LODE_CPU_AVXVNNI | LODE_CPU_AVX512 | LODE_CPU_AVX512VNNI |
         LODE_CPU_AVX512BF16 | LODE_CPU_AVX512POPCNT},
    {"amx", LODE_ISA_AMX,
     LODE_CPU_AVX2 | LODE_CPU_AVXVNNI | LODE_CPU_AVX512 | LODE_CPU_AVX512VNNI |
         LODE_CPU_AVX512BF16 | LODE_CPU_AVX512POPCNT | LODE_CPU_AMXINT8 | LODE_CPU_AMXBF16},
    {"neon", LODE_ISA_NEON, LODE_CPU_NEON | LODE_CPU_DOTPROD | LODE_CPU_I8MM},
    {"simd128", LODE_ISA_SIMD128, LODE_CPU_SIMD128},
    {"relaxed", LODE_ISA_RELAXED, LODE_CPU_SIMD128 | LODE_CPU_RELAXED},
};

const char *lode_cpu_environment(void) {
#if defined(__wasm__)
  return NULL; /* a page has none */
#else
  return getenv("LODE_ISA");
#endif
}

uint32_t lode_cpu_features(const char *cap, bool *known) {
  if (known) *known = true;
  if (!cap || !cap[0]) cap = lode_cpu_environment();
  uint32_t allowed = UINT32_MAX;
  if (cap && cap[0]) {
    size_t i = 0;
    const size_t n = sizeof levels / sizeof levels[0];
    while (i < n && strcmp(levels[i].name, cap) != 0) i++;
    if (i == n) {
      if (known) *known = false;
    } else {
      allowed = levels[i].allowed;
    }
  }
#if defined(__x86_64__)
  return detect_x86((allowed & LODE_CPU_AMXINT8) != 0) & allowed;
#elif defined(__aarch64__)
  return detect_arm() & allowed;
#elif defined(LODE_WASM_RELAXED) /* a module is built for what it has: see wasm/CMakeLists.txt */
  return (LODE_CPU_SIMD128 | LODE_CPU_RELAXED) & allowed;
#elif defined(__wasm_simd128__)
  return LODE_CPU_SIMD128 & allowed;
#else
  return 0;
#endif
}

lode_isa lode_cpu_isa(uint32_t features) {
  if (features & LODE_CPU_RELAXED) return LODE_ISA_RELAXED;
  if (features & LODE_CPU_SIMD128) return LODE_ISA_SIMD128;
  if (features & LODE_CPU_NEON) return LODE_ISA_NEON;
  if (features & (LODE_CPU_AMXINT8 | LODE_CPU_AMXBF16)) return LODE_ISA_AMX;
  if (features & LODE_CPU_AVX512) return LODE_ISA_AVX512;
  if (features & LODE_CPU_AVX2) return LODE_ISA_AVX2;
  return LODE_ISA_REF;
}

const char *lode_isa_name(lode_isa isa) {
  for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
    if (levels[i].isa == isa) return levels[i].name;
  }
  return "?";
}

#if defined(__wasm__)
int lode_cpu_count(void) {
  return 1 + lode_wasm_workers_idle();
}
#else
#if defined(__linux__)
/* CPUs' worth of time that the control group grants, rounded up; 0: unlimited or unknown. */
static int cgroup_quota(void) {
  FILE *f = fopen("/sys/fs/cgroup/cpu.max", "re");
  if (!f) return 0;
  char line[64] = ""; /* "max 100000", or "150000 100000": microseconds in each period */
  const bool read = fgets(line, sizeof line, f) != NULL;
  fclose(f);
  char *end = line;
  const long long us = read ? strtoll(line, &end, 10) : 0;
  const long long period = strtoll(end, NULL, 10);
  if (us <= 0 || period <= 0) return 0;
  const long long cpus = (us + period - 1) / period;
  return cpus < 1024 ? (int)cpus : 0;
}
#endif

int lode_cpu_count(void) {
  long n = sysconf(_SC_NPROCESSORS_ONLN);
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) n = CPU_COUNT(&set);
  const int quota = cgroup_quota();
  if (quota > 0 && quota < n) n = quota;
#endif
  if (n < 1) n = 1;
  return n > 256 ? 256 : (int)n;
}
#endif
