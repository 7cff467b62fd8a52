/* What one core can do of the multiplications that a kernel is made of: independent chains of
 * just that instruction, on registers. Every rate that bench_kernels prints stands beside it. */
#ifndef LODE_BENCH_PEAK_H
#define LODE_BENCH_PEAK_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "base/cpu.h"

/* This thread's time on the CPU: neighbours on a busy machine do not count. */
static inline double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef enum peak_type { PEAK_F32, PEAK_BF16, PEAK_I8 } peak_type;

/* Enough chains to fill the pipes (2 of latency 4 to 6; on ARM up to 4 of latency 4), and few
 * enough to stay in registers. */
#if defined(__aarch64__)
enum { CHAINS = 24 };
#else
enum { CHAINS = 12 };
#endif
enum { PEAK_ROUNDS = 200000 };

/* `step` makes x[c] from itself, with `products` of multiply-adds. Returns the multiply-adds of
 * a round. The barrier keeps the operands from being known: what only depends on them would
 * else be computed once. */
#define PEAK_LOOP(vector, start, step, products)                           \
  vector x[CHAINS], a = start, b = start;                                  \
  for (int c = 0; c < CHAINS; c++) x[c] = start;                           \
  for (int round = 0; round < PEAK_ROUNDS; round++) {                      \
    PEAK_BARRIER(a);                                                       \
    _Pragma("GCC unroll 24") for (int c = 0; c < CHAINS; c++) x[c] = step; \
  }                                                                        \
  for (int c = 1; c < CHAINS; c++) x[0] = x[0] + x[c];                     \
  x[0] = x[0] + b;                                                         \
  memcpy(sink, x, sizeof *sink);                                           \
  return (products) * CHAINS

#if defined(__x86_64__)
#define PEAK_BARRIER(a) __asm__ volatile("" : "+x"(a))

__attribute__((target("avx512f"))) static int peak_f32_avx512(float *sink) {
  PEAK_LOOP(__m512, _mm512_set1_ps(0.5f), _mm512_fmadd_ps(x[c], a, b), 16);
}
__attribute__((target("avx2,fma"))) static int peak_f32_avx2(float *sink) {
  PEAK_LOOP(__m256, _mm256_set1_ps(0.5f), _mm256_fmadd_ps(x[c], a, b), 8);
}
static int peak_f32_base(float *sink) {
  PEAK_LOOP(__m128, _mm_set1_ps(0.5f), _mm_add_ps(_mm_mul_ps(x[c], a), b), 4);
}

#define PEAK_PAIRS(x) ((__m512bh)(x))
__attribute__((target("avx512f,avx512bf16"))) static int peak_bf16_avx512(float *sink) {
  PEAK_LOOP(__m512, _mm512_set1_ps(0.5f), _mm512_dpbf16_ps(x[c], PEAK_PAIRS(a), PEAK_PAIRS(b)), 32);
}

__attribute__((target("avx512f,avx512vnni"))) static int peak_i8_avx512(float *sink) {
  PEAK_LOOP(__m512i, _mm512_set1_epi8(7), _mm512_dpbusd_epi32(x[c], a, b), 64);
}
__attribute__((target("avx2,avxvnni"))) static int peak_i8_avxvnni(float *sink) {
  PEAK_LOOP(__m256i, _mm256_set1_epi8(7), _mm256_dpbusd_avx_epi32(x[c], a, b), 32);
}
/* As gemm_i8_avx2.c: two multiplications and an addition. The first of them by name, as the
 * compiler would let one serve all chains. */
__attribute__((target("avx2"))) static inline __m256i peak_dot_avx2(__m256i x, __m256i a,
                                                                    __m256i b) {
  __m256i pairs;
  __asm__ volatile("vpmaddubsw %2, %1, %0" : "=x"(pairs) : "x"(a), "x"(b));
  return _mm256_add_epi32(x, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
__attribute__((target("avx2"))) static int peak_i8_avx2(float *sink) {
  PEAK_LOOP(__m256i, _mm256_set1_epi8(7), peak_dot_avx2(x[c], a, b), 32);
}

/* Tiles of 16 x 64 bytes, four sums at once; as gemm/blocks_amx.h without its loads. */
static inline void peak_tiles(void) {
  struct {
    uint8_t palette, zeros[15];
    uint16_t bytes[16];
    uint8_t rows[16];
  } config = {.palette = 1};
  for (int tile = 0; tile < 8; tile++) {
    config.bytes[tile] = 64;
    config.rows[tile] = 16;
  }
  __asm__ volatile("ldtilecfg %0" : : "m"(config));
}
#define PEAK_TILES(instruction, products)                                                        \
  peak_tiles();                                                                                  \
  for (int round = 0; round < PEAK_ROUNDS; round++) {                                            \
    __asm__ volatile(instruction " %tmm6, %tmm4, %tmm0\n\t" instruction                          \
                                 " %tmm7, %tmm4, %tmm1\n\t" instruction                          \
                                 " %tmm6, %tmm5, %tmm2\n\t" instruction " %tmm7, %tmm5, %tmm3"); \
  }                                                                                              \
  __asm__ volatile("tilerelease");                                                               \
  *sink = 0.0f;                                                                                  \
  return 4 * (products)

static int peak_i8_amx(float *sink) {
  PEAK_TILES("tdpbsud", 16 * 16 * 64);
}
static int peak_bf16_amx(float *sink) {
  PEAK_TILES("tdpbf16ps", 16 * 16 * 32);
}
#elif defined(__aarch64__)
#define PEAK_BARRIER(a) __asm__ volatile("" : "+w"(a))

static int peak_f32_base(float *sink) {
  PEAK_LOOP(float32x4_t, vdupq_n_f32(0.5f), vfmaq_f32(b, x[c], a), 4);
}

/* As gemm_i8_neon.c. */
static inline int32x4_t peak_smull(int32x4_t x, int32x4_t a, int32x4_t b) {
  int16x8_t low, high;
  __asm__ volatile("smull %0.8h, %1.8b, %2.8b" : "=w"(low) : "w"(a), "w"(b));
  __asm__ volatile("smull2 %0.8h, %1.16b, %2.16b" : "=w"(high) : "w"(a), "w"(b));
  return vpadalq_s16(x, vpaddq_s16(low, high));
}
__attribute__((target("arch=armv8.2-a+dotprod"))) static int peak_i8_neondot(float *sink) {
  PEAK_LOOP(int8x16_t, vdupq_n_s8(7),
            vreinterpretq_s8_s32(vdotq_s32(vreinterpretq_s32_s8(x[c]), a, b)), 16);
}
__attribute__((target("arch=armv8.2-a+i8mm"))) static int peak_i8_neoni8mm(float *sink) {
  PEAK_LOOP(int8x16_t, vdupq_n_s8(7),
            vreinterpretq_s8_s32(vmmlaq_s32(vreinterpretq_s32_s8(x[c]), a, b)), 32);
}
static int peak_i8_neon(float *sink) {
  PEAK_LOOP(int32x4_t, vdupq_n_s32(0x07070707), peak_smull(x[c], a, b), 16);
}
#else
#define PEAK_BARRIER(a) (void)0
typedef float one_lane __attribute__((vector_size(4)));
static int peak_f32_base(float *sink) {
  PEAK_LOOP(one_lane, (one_lane){0.5f}, x[c] * a + b, 1);
}
#endif

/* The chain for the best instruction of that type among `features`; for lack of one, that of
 * f32 in any processor. */
static inline int (*peak_chain(peak_type type, uint32_t features))(float *sink) {
#if defined(__x86_64__)
  if (type == PEAK_I8 && (features & LODE_CPU_AMXINT8)) return peak_i8_amx;
  if (type == PEAK_I8 && (features & LODE_CPU_AVX512VNNI)) return peak_i8_avx512;
  if (type == PEAK_I8 && (features & LODE_CPU_AVXVNNI)) return peak_i8_avxvnni;
  if (type == PEAK_I8 && (features & LODE_CPU_AVX2)) return peak_i8_avx2;
  if (type == PEAK_BF16 && (features & LODE_CPU_AMXBF16)) return peak_bf16_amx;
  if (type == PEAK_BF16 && (features & LODE_CPU_AVX512BF16)) return peak_bf16_avx512;
  if (features & LODE_CPU_AVX512) return peak_f32_avx512;
  if (features & LODE_CPU_AVX2) return peak_f32_avx2;
#elif defined(__aarch64__)
  if (type == PEAK_I8 && (features & LODE_CPU_I8MM)) return peak_i8_neoni8mm;
  if (type == PEAK_I8 && (features & LODE_CPU_DOTPROD)) return peak_i8_neondot;
  if (type == PEAK_I8 && (features & LODE_CPU_NEON)) return peak_i8_neon;
#endif
  (void)type;
  (void)features;
  return peak_f32_base;
}

/* Gop/s of one core (a multiply-add is two), of what a kernel with `features` multiplies. */
static inline double peak(peak_type type, uint32_t features) {
  int (*const chain)(float *sink) = peak_chain(type, features);
  float sink;
  double best = 0.0;
  for (int repeat = 0; repeat < 4; repeat++) {
    const double start = now();
    const double multiply_adds = (double)chain(&sink) * (double)PEAK_ROUNDS;
    const double rate = 2e-9 * multiply_adds / (now() - start);
    if (rate > best) best = rate;
  }
  return best;
}

#endif
