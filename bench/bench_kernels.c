/* bench_kernels: what the kernels reach at MiniLM's shapes, beside what the machine can do.
 *
 * Every number stands next to the multiply-add peak of the same instructions, measured in the
 * same moment: clock rates move, and only the ratio can be compared between runs. Weights
 * rotate through copies that no L2 holds, as the layers of a model do. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "base/cpu.h"
#include "base/memory.h"
#include "kernels/attention_f32/attention_f32.h"
#include "kernels/gemm_f32/gemm_f32.h"

/* This thread's time on the CPU: neighbours on a busy machine do not count. */
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ------------------------------------------------------------------ the peak */

/* Independent chains of multiply-adds: enough to fill the pipes (2 of latency 4 or 5; on ARM
 * up to 4), and few enough to stay in registers. */
#if defined(__x86_64__)
enum { CHAINS = 12 };
#else
enum { CHAINS = 24 };
#endif
enum { PEAK_ROUNDS = 200000 };

#define PEAK_LOOP(vector, set, fma)                                       \
  vector x[CHAINS];                                                       \
  const vector factor = set(0.999f), term = set(0.001f);                  \
  for (int c = 0; c < CHAINS; c++) x[c] = set((float)c);                  \
  for (int round = 0; round < PEAK_ROUNDS; round++) {                     \
    _Pragma("GCC unroll 24") for (int c = 0; c < CHAINS; c++) x[c] = fma; \
  }                                                                       \
  for (int c = 1; c < CHAINS; c++) x[0] = x[0] + x[c];                    \
  *sink = (float)x[0][0];                                                 \
  return (int)(sizeof x[0] / sizeof(float))

#if defined(__x86_64__)
__attribute__((target("avx512f"))) static int peak_avx512(volatile float *sink) {
  PEAK_LOOP(__m512, _mm512_set1_ps, _mm512_fmadd_ps(x[c], factor, term));
}
__attribute__((target("avx2,fma"))) static int peak_avx2(volatile float *sink) {
  PEAK_LOOP(__m256, _mm256_set1_ps, _mm256_fmadd_ps(x[c], factor, term));
}
static int peak_base(volatile float *sink) {
  PEAK_LOOP(__m128, _mm_set1_ps, _mm_add_ps(_mm_mul_ps(x[c], factor), term));
}
#elif defined(__aarch64__)
static int peak_base(volatile float *sink) {
  PEAK_LOOP(float32x4_t, vdupq_n_f32, vfmaq_f32(term, x[c], factor));
}
#else
typedef float one_lane __attribute__((vector_size(4)));
static one_lane one_lane_set(float x) {
  return (one_lane){x};
}
static int peak_base(volatile float *sink) {
  PEAK_LOOP(one_lane, one_lane_set, x[c] * factor + term);
}
#endif

/* GFLOP/s of one core with the widest instructions among `features`. */
static double peak(uint32_t features) {
  int (*run)(volatile float *sink) = peak_base;
#if defined(__x86_64__)
  if (features & LODE_CPU_AVX2) run = peak_avx2;
  if (features & LODE_CPU_AVX512) run = peak_avx512;
#endif
  (void)features;
  volatile float sink;
  double best = 0.0;
  for (int repeat = 0; repeat < 4; repeat++) {
    const double start = now();
    const int lanes = run(&sink);
    const double multiply_adds = (double)lanes * (double)CHAINS * (double)PEAK_ROUNDS;
    const double rate = 2e-9 * multiply_adds / (now() - start);
    if (rate > best) best = rate;
  }
  return best;
}

/* ------------------------------------------------------------------ timing and output */

typedef struct options {
  bool json;
  const char *kernel; /* NULL: all */
  const char *shape;  /* NULL: all */
  double seconds;     /* per line */
} options;

static int by_value(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The time of one call of work(context, i), i = 0, 1, ...: the tenth percentile, since others
 * on the machine can only add to it. Short calls are timed several at once: reading the clock
 * takes a good part of a microsecond. */
static double typical_time(const options *o, void (*work)(void *context, size_t i), void *context) {
  enum { MOST = 4096 };
  static double times[MOST];
  size_t calls = 0, count = 0;
  const double begin = now();
  while (calls < 3) work(context, calls++);
  const double estimate = (now() - begin) / 3.0;
  const size_t batch = estimate < 50e-6 ? (size_t)(50e-6 / estimate) + 1 : 1;
  do {
    const double start = now();
    for (size_t i = 0; i < batch; i++) work(context, calls++);
    times[count++] = (now() - start) / (double)batch;
  } while (count < MOST && (count < 5 || now() - begin < o->seconds));
  qsort(times, count, sizeof *times, by_value);
  return times[count / 10];
}

typedef struct line {
  const char *family, *kernel, *shape;
  double seconds, flop, bytes; /* of weights read; 0: not told */
  uint32_t features;
  double peak;
} line;

static void print_line(const options *o, const line *l) {
  const double rate = 1e-9 * l->flop / l->seconds;
  if (o->json) {
    printf(
        "{\"family\":\"%s\",\"kernel\":\"%s\",\"shape\":\"%s\",\"us\":%.3f,\"gflops\":%.2f,"
        "\"peak_gflops\":%.2f,\"of_peak\":%.4f,\"weights_gb_s\":%.2f}\n",
        l->family, l->kernel, l->shape, 1e6 * l->seconds, rate, l->peak, rate / l->peak,
        1e-9 * l->bytes / l->seconds);
  } else {
    printf("%-14s %-13s %-34s %10.2f us %7.1f GFLOP/s %4.0f%% of %5.1f", l->family, l->kernel,
           l->shape, 1e6 * l->seconds, rate, 100.0 * rate / l->peak, l->peak);
    if (l->bytes > 0.0) printf("  %5.1f GB/s", 1e-9 * l->bytes / l->seconds);
    printf("\n");
  }
  fflush(stdout);
}

static float *floats(size_t n) {
  float *x = lode_aligned_alloc((n + 1) * sizeof *x);
  if (x == NULL) {
    fprintf(stderr, "bench_kernels: out of memory\n");
    exit(EXIT_FAILURE);
  }
  uint32_t state = 1;
  for (size_t i = 0; i < n; i++) {
    state = state * 1664525u + 1013904223u;
    x[i] = (float)(state >> 8) * 0x1p-23f - 1.0f;
  }
  return x;
}

/* ------------------------------------------------------------------ gemm_f32 */

typedef struct gemm_shape {
  const char *layer;
  size_t n, k;
  lode_act act;
  bool residual;
} gemm_shape;

static const gemm_shape gemm_shapes[] = {
    {"qkv", 1152, 384, LODE_ACT_NONE, false},
    {"attention out", 384, 384, LODE_ACT_NONE, true},
    {"ffn up, gelu", 1536, 384, LODE_ACT_GELU_ERF, false},
    {"ffn down", 384, 1536, LODE_ACT_NONE, true},
};

typedef struct gemm_work {
  const lode_gemm_kernel *kernel;
  lode_gemm_args args;
  const float *weights;
  size_t packed, copies;
} gemm_work;

static void gemm_once(void *context, size_t i) {
  gemm_work *work = context;
  work->args.b = work->weights + i % work->copies * work->packed;
  work->kernel->run(&work->args);
}

static void bench_gemm(const options *o, const lode_gemm_kernel *kernel, const gemm_shape *s) {
  enum { COLD_BYTES = 48 << 20 };
  static const size_t ms[] = {1, 4, 8, 16, 30, 128, 512};
  const size_t m_most = 512, packed = kernel->packed_size(s->n, s->k) / sizeof(float);
  const size_t copies = COLD_BYTES / (packed * sizeof(float)) + 1;
  float *a = floats(m_most * s->k), *b = floats(packed * copies), *bias = floats(s->n);
  float *residual = floats(m_most * s->n), *c = floats(m_most * s->n);
  for (size_t i = 0; i < sizeof ms / sizeof ms[0]; i++) {
    const size_t m = ms[i];
    gemm_work work = {.kernel = kernel, .weights = b, .packed = packed, .copies = copies};
    work.args = (lode_gemm_args){.m = m, .n1 = s->n, .n = s->n, .k = s->k, .a = a};
    work.args.lda = s->k;
    work.args.bias = bias;
    work.args.residual = s->residual ? residual : NULL;
    work.args.ldr = work.args.ldc = s->n;
    work.args.c = c;
    work.args.act = s->act;
    char shape[64];
    snprintf(shape, sizeof shape, "%zux%zux%zu %s", m, s->n, s->k, s->layer);
    if (o->shape != NULL && strstr(shape, o->shape) == NULL) continue;
    line l = {.family = "gemm_f32", .kernel = kernel->name, .shape = shape};
    l.flop = 2.0 * (double)m * (double)s->n * (double)s->k;
    l.bytes = (double)packed * sizeof(float);
    l.peak = peak(kernel->features);
    l.seconds = typical_time(o, gemm_once, &work);
    print_line(o, &l);
  }
  lode_aligned_free(a);
  lode_aligned_free(b);
  lode_aligned_free(bias);
  lode_aligned_free(residual);
  lode_aligned_free(c);
}

/* ------------------------------------------------------------------ attention_f32 */

enum { HEADS = 12, HEAD_SIZE = 32, WIDTH = HEADS * HEAD_SIZE };

typedef struct attention_work {
  const lode_attention_kernel *kernel;
  size_t n;
  const float *qkv; /* [n, 3 * WIDTH] */
  float *out, *scratch;
} attention_work;

static void attention_once(void *context, size_t i) {
  (void)i;
  const attention_work *work = context;
  for (size_t head = 0; head < HEADS; head++) {
    work->kernel->run(&(lode_attention_args){
        .n = work->n,
        .d = HEAD_SIZE,
        .row1 = work->n,
        .q = work->qkv + head * HEAD_SIZE,
        .k = work->qkv + WIDTH + head * HEAD_SIZE,
        .v = work->qkv + 2 * WIDTH + head * HEAD_SIZE,
        .ld = 3 * WIDTH,
        .scale = 0.17677670f, /* 1 / sqrt HEAD_SIZE */
        .out = work->out + head * HEAD_SIZE,
        .ldo = WIDTH,
        .scratch = work->scratch,
    });
  }
}

static void bench_attention(const options *o, const lode_attention_kernel *kernel) {
  static const size_t ns[] = {8, 16, 30, 64, 128, 512, 2048};
  for (size_t i = 0; i < sizeof ns / sizeof ns[0]; i++) {
    const size_t n = ns[i];
    char shape[64];
    snprintf(shape, sizeof shape, "%d heads of %d, %zu tokens", HEADS, HEAD_SIZE, n);
    if (o->shape != NULL && strstr(shape, o->shape) == NULL) continue;
    float *qkv = floats(n * 3 * WIDTH), *out = floats(n * WIDTH);
    float *scratch = floats(kernel->scratch_size(n, HEAD_SIZE));
    attention_work work = {kernel, n, qkv, out, scratch};
    line l = {.family = "attention_f32", .kernel = kernel->name, .shape = shape};
    l.flop = 4.0 * (double)WIDTH * (double)n * (double)n;
    l.peak = peak(kernel->features);
    l.seconds = typical_time(o, attention_once, &work);
    print_line(o, &l);
    lode_aligned_free(qkv);
    lode_aligned_free(out);
    lode_aligned_free(scratch);
  }
}

/* ------------------------------------------------------------------ program */

static bool wanted(const options *o, const char *family, const char *name) {
  if (o->kernel == NULL) return true;
  char full[64];
  snprintf(full, sizeof full, "%s/%s", family, name);
  return strstr(full, o->kernel) != NULL;
}

static int usage(FILE *to, int status) {
  fprintf(to,
          "usage: bench_kernels [--json] [--kernel TEXT] [--shape TEXT] [--seconds S]\n"
          "  --json          one JSON object a line\n"
          "  --kernel TEXT   only where family/kernel contains TEXT, e.g. gemm_f32/avx512\n"
          "  --shape TEXT    only shapes that contain TEXT, e.g. 512x\n"
          "  --seconds S     time for each line (default 0.3)\n"
          "Runs every kernel that this machine (and LODE_ISA, if set) allows, on one core.\n");
  return status;
}

int main(int argc, char **argv) {
  options o = {.seconds = 0.3};
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--json") == 0) {
      o.json = true;
    } else if (strcmp(argv[i], "--kernel") == 0 && i + 1 < argc) {
      o.kernel = argv[++i];
    } else if (strcmp(argv[i], "--shape") == 0 && i + 1 < argc) {
      o.shape = argv[++i];
    } else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc) {
      o.seconds = strtod(argv[++i], NULL);
    } else if (strcmp(argv[i], "--help") == 0) {
      return usage(stdout, EXIT_SUCCESS);
    } else {
      return usage(stderr, EXIT_FAILURE);
    }
  }
  const uint32_t features = lode_cpu_features(NULL, NULL);
  const lode_gemm_kernel *gemm;
  for (size_t i = 0; (gemm = lode_gemm_f32_kernel_at(i)) != NULL; i++) {
    if ((gemm->features & ~features) != 0 || !wanted(&o, "gemm_f32", gemm->name)) continue;
    for (size_t s = 0; s < sizeof gemm_shapes / sizeof gemm_shapes[0]; s++) {
      bench_gemm(&o, gemm, &gemm_shapes[s]);
    }
  }
  const lode_attention_kernel *attention;
  for (size_t i = 0; (attention = lode_attention_f32_kernel_at(i)) != NULL; i++) {
    if ((attention->features & ~features) != 0) continue;
    if (wanted(&o, "attention_f32", attention->name)) bench_attention(&o, attention);
  }
  return EXIT_SUCCESS;
}
