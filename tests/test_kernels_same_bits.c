/* A matrix product, of floats or of integers, and a head of attention give the same bits on AVX2,
 * AVX-512 and NEON, and those of integers by every kernel: each does the same operations in the
 * same order, whatever its tile. The results are remembered here as hashes, so that processors are
 * compared that are never in one machine. (The other kernels' tests do this for activations, norms,
 * dot and quantizing. Products of bfloat16 round differently on different processors, and are not
 * compared.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "bits.h"
#include "guarded.h"
#include "kernels/attention_f32/attention_f32.h"
#include "kernels/attention_i8/attention_i8.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_i8/gemm_i8.h"
#include "kernels/quantize/quantize.h"

static float *floats(size_t n, uint64_t seed) {
  float *x = lode_aligned_alloc((n + 1) * sizeof *x);
  assert_non_null(x);
  random_fill(&seed, x, n);
  return x;
}

static bool runs(const char *name, uint32_t features) {
  if ((features & ~lode_cpu_features(NULL, NULL)) == 0) return true;
  print_message("%s was not run: not on this machine\n", name);
  return false;
}

/* How the kernels of floats multiply and add: in one step; in two, as ref does; or in either, as
 * the engine likes, and then they are not compared. */
enum { FUSED = LODE_CPU_AVX2 | LODE_CPU_AVX512 | LODE_CPU_NEON, EITHER = LODE_CPU_RELAXED };

static void check_hash(const char *what, const char *kernel, uint64_t hash, uint64_t expected) {
  if (hash != expected) {
    fail_msg("%s, %s: results hash to 0x%016llX, on other processors to 0x%016llX", what, kernel,
             (unsigned long long)hash, (unsigned long long)expected);
  }
}

/* ------------------------------------------------------------------ gemm_f32 */

static uint64_t gemm_hash(const lode_gemm_kernel *kernel, lode_act act, size_t m, size_t n,
                          size_t k) {
  float *a = floats(m * k, 1), *b = floats(n * k, 2), *bias = floats(n, 3), *c = floats(m * n, 4);
  float *packed = floats(lode_gemm_packed_size(kernel->layout, n, k) / sizeof(float), 5);
  const void **rows = malloc(n * sizeof *rows);
  assert_non_null(rows);
  for (size_t j = 0; j < n; j++) rows[j] = b + j * k;
  lode_gemm_pack(kernel->layout, n, k, rows, 0,
                 (n + kernel->layout->panel - 1) / kernel->layout->panel, packed);
  kernel->run(&(lode_gemm_args){.m = m,
                                .n1 = n,
                                .n = n,
                                .k = k,
                                .a = a,
                                .lda = k,
                                .b = packed,
                                .bias = bias,
                                .residual = c,
                                .ldr = n,
                                .c = c,
                                .ldc = n,
                                .act = act});
  const uint64_t hash = bits_hash(BITS_HASH_START, m * n, c);
  free(rows);
  lode_aligned_free(a);
  lode_aligned_free(b);
  lode_aligned_free(bias);
  lode_aligned_free(c);
  lode_aligned_free(packed);
  return hash;
}

static const struct {
  const char *what;
  lode_act act;
  size_t m, n, k;
  uint64_t fused, plain;
} products[] = {
    {"45 x 1152 x 384", LODE_ACT_NONE, 45, 1152, 384, 0xD6F358A96A56AA60, 0xEA78D875BF727368},
    {"45 x 1536 x 384, gelu", LODE_ACT_GELU_ERF, 45, 1536, 384, 0x09AE012D5CA4A70F,
     0x794529E42C2F764B},
    {"45 x 384 x 1536", LODE_ACT_NONE, 45, 384, 1536, 0x0DD7BD1B929A181C, 0x582D1967C8F53A79},
    {"7 x 77 x 101, gelu by tanh", LODE_ACT_GELU_TANH, 7, 77, 101, 0x1220CC2FC4BC86B2,
     0x7AA4933F037CAA2C},
    {"1 x 384 x 384, tanh", LODE_ACT_TANH, 1, 384, 384, 0x536035F73C21F58E, 0x681F08AA91E5D9D7},
};

static void test_products(void **state) {
  (void)state;
  const lode_gemm_kernel *kernel;
  for (size_t i = 0; (kernel = lode_gemm_f32_kernel_at(i)) != NULL; i++) {
    if (!runs(kernel->name, kernel->features) || kernel->features & EITHER) continue;
    for (size_t p = 0; p < sizeof products / sizeof products[0]; p++) {
      check_hash(products[p].what, kernel->name,
                 gemm_hash(kernel, products[p].act, products[p].m, products[p].n, products[p].k),
                 kernel->features & FUSED ? products[p].fused : products[p].plain);
    }
  }
}

/* ------------------------------------------------------------------ gemm_i8 */

/* Floats quantized by ref, and products of them. */
static uint64_t integers_hash(const lode_gemm_kernel *kernel, lode_act act, size_t m, size_t n,
                              size_t k) {
  const size_t ld = lode_quantize_padded(k);
  float *a = floats(m * k, 1), *b = floats(n * k, 2), *bias = floats(n, 3), *c = floats(m * n, 4);
  float *scale = floats(m + n, 5), *sum = floats(m + n, 6), *q = floats((m + n) * ld / 4, 7);
  float *packed = floats(lode_gemm_packed_size(kernel->layout, n, k) / sizeof(float), 8);
  const lode_quantize_kernel *quantize = lode_quantize_select(0);
  int8_t *rows = (int8_t *)q, *columns = rows + m * ld;
  int32_t *sums = (int32_t *)(void *)sum;
  quantize->rows(m, k, a, k, NULL, rows, ld, scale, sums);
  quantize->rows(n, k, b, k, NULL, columns, ld, scale + m, sums + m);
  const void **pointers = malloc(n * sizeof *pointers);
  assert_non_null(pointers);
  for (size_t j = 0; j < n; j++) {
    for (size_t l = 0; l < k; l++) columns[j * ld + l] = (int8_t)(columns[j * ld + l] / 2);
    pointers[j] = columns + j * ld;
  }
  lode_gemm_pack(kernel->layout, n, k, pointers, 0,
                 (n + kernel->layout->panel - 1) / kernel->layout->panel, packed);
  kernel->run(&(lode_gemm_args){.m = m,
                                .n1 = n,
                                .n = n,
                                .k = k,
                                .a = rows,
                                .lda = ld,
                                .b = packed,
                                .row_scale = scale,
                                .row_sum = sums,
                                .col_scale = scale + m,
                                .bias = bias,
                                .residual = c,
                                .ldr = n,
                                .c = c,
                                .ldc = n,
                                .act = act});
  const uint64_t hash = bits_hash(BITS_HASH_START, m * n, c);
  free(pointers);
  float *const all[] = {a, b, bias, c, scale, sum, q, packed};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) lode_aligned_free(all[i]);
  return hash;
}

static const struct {
  const char *what;
  lode_act act;
  size_t m, n, k;
  uint64_t hash;
} integer_products[] = {
    {"45 x 384 x 1536, s8", LODE_ACT_NONE, 45, 384, 1536, 0x516214C0D78802E0},
    {"45 x 1536 x 384, s8, gelu", LODE_ACT_GELU_ERF, 45, 1536, 384, 0x048914EC1AD8E8BC},
    {"7 x 77 x 101, s8, silu", LODE_ACT_SILU, 7, 77, 101, 0x7129F7FF61AE2825},
};

static void test_integer_products(void **state) {
  (void)state;
  const lode_gemm_kernel *kernel;
  for (size_t i = 0; (kernel = lode_gemm_i8_kernel_at(i)) != NULL; i++) {
    if (!runs(kernel->name, kernel->features)) continue;
    for (size_t p = 0; p < sizeof integer_products / sizeof integer_products[0]; p++) {
      check_hash(integer_products[p].what, kernel->name,
                 integers_hash(kernel, integer_products[p].act, integer_products[p].m,
                               integer_products[p].n, integer_products[p].k),
                 integer_products[p].hash);
    }
  }
}

/* ------------------------------------------------------------------ attention */

static uint64_t attention_hash(const lode_attention_kernel *kernel, size_t n, size_t d) {
  const size_t ld = 3 * d;
  float *qkv = floats(n * ld, 6), *out = floats(n * d, 7);
  float *scratch = floats(kernel->scratch_size(n, d), 8);
  kernel->run(&(lode_attention_args){.n = n,
                                     .d = d,
                                     .row1 = n,
                                     .q = qkv,
                                     .k = qkv + d,
                                     .v = qkv + 2 * d,
                                     .ld = ld,
                                     .scale = 0.75f,
                                     .out = out,
                                     .ldo = d,
                                     .scratch = scratch});
  const uint64_t hash = bits_hash(BITS_HASH_START, n * d, out);
  lode_aligned_free(qkv);
  lode_aligned_free(out);
  lode_aligned_free(scratch);
  return hash;
}

static const struct {
  const char *what;
  size_t n, d;
  uint64_t hash;
} heads[] = {
    {"2 tokens", 2, 32, 0x5E0ED188E29C1295},         {"17 tokens", 17, 32, 0x05F941BA7312FA1A},
    {"64 tokens", 64, 32, 0xD75F06AE1BBD04D4},       {"130 tokens", 130, 32, 0x8DC14F1873E566C6},
    {"33 tokens, d 64", 33, 64, 0x58410EA871AE2150}, {"9 tokens, d 7", 9, 7, 0x57D94B36020B06FB},
};

static void test_attention(void **state) {
  (void)state;
  const lode_attention_kernel *kernel;
  for (size_t i = 0; (kernel = lode_attention_f32_kernel_at(i)) != NULL; i++) {
    if (!runs(kernel->name, kernel->features) || !(kernel->features & FUSED)) continue;
    for (size_t h = 0; h < sizeof heads / sizeof heads[0]; h++) {
      check_hash(heads[h].what, kernel->name, attention_hash(kernel, heads[h].n, heads[h].d),
                 heads[h].hash);
    }
  }
}

static const struct {
  const char *what;
  size_t n, d;
  uint64_t hash;
} integer_heads[] = {
    {"17 tokens, s8", 17, 32, 0x8E1704C95C8BB608},
    {"130 tokens, s8", 130, 32, 0xD3B07B4C1C9B5BB7},
    {"600 tokens, s8, d 20", 600, 20, 0x30AE3A0F7541A87F},
};

static void test_integer_attention(void **state) {
  (void)state;
  const lode_attention_kernel *kernel;
  for (size_t i = 0; (kernel = lode_attention_i8_kernel_at(i)) != NULL; i++) {
    if (!runs(kernel->name, kernel->features)) continue;
    for (size_t h = 0; h < sizeof integer_heads / sizeof integer_heads[0]; h++) {
      check_hash(integer_heads[h].what, kernel->name,
                 attention_hash(kernel, integer_heads[h].n, integer_heads[h].d),
                 integer_heads[h].hash);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_products),
      cmocka_unit_test(test_integer_products),
      cmocka_unit_test(test_attention),
      cmocka_unit_test(test_integer_attention),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
