/* bench_kernels: what the kernels reach at MiniLM's shapes, beside what the machine can do.
 *
 * Every number stands next to the multiply-add peak of the same instructions, measured in the
 * same moment: clock rates move, and only the ratio can be compared between runs. Weights
 * rotate through copies that no L2 holds, as many bytes as the layers of MiniLM-L6 have in that
 * type. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "kernels/attention_bf16/attention_bf16.h"
#include "kernels/attention_f32/attention_f32.h"
#include "kernels/attention_i8/attention_i8.h"
#include "kernels/gemm_bf16/gemm_bf16.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_i8/gemm_i8.h"
#include "peak.h"

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
  double seconds, ops, bytes; /* of weights read; 0: not told */
  double peak;
} line;

static void print_line(const options *o, const line *l) {
  const double rate = 1e-9 * l->ops / l->seconds;
  if (o->json) {
    printf(
        "{\"family\":\"%s\",\"kernel\":\"%s\",\"shape\":\"%s\",\"us\":%.3f,\"gops\":%.2f,"
        "\"peak_gops\":%.2f,\"of_peak\":%.4f,\"weights_gb_s\":%.2f}\n",
        l->family, l->kernel, l->shape, 1e6 * l->seconds, rate, l->peak, rate / l->peak,
        1e-9 * l->bytes / l->seconds);
  } else {
    printf("%-14s %-16s %-34s %10.2f us %7.1f Gop/s %4.0f%% of %6.1f", l->family, l->kernel,
           l->shape, 1e6 * l->seconds, rate, 100.0 * rate / l->peak, l->peak);
    if (l->bytes > 0.0) printf("  %5.1f GB/s", 1e-9 * l->bytes / l->seconds);
    printf("\n");
  }
  fflush(stdout);
}

static void *memory(size_t bytes) {
  void *x = lode_aligned_alloc(bytes + 1);
  if (x == NULL) {
    fprintf(stderr, "bench_kernels: out of memory\n");
    exit(EXIT_FAILURE);
  }
  return x;
}

static float *floats(size_t n) {
  float *x = memory(n * sizeof *x);
  uint32_t state = 1;
  for (size_t i = 0; i < n; i++) {
    state = state * 1664525u + 1013904223u;
    x[i] = (float)(state >> 8) * 0x1p-23f - 1.0f;
  }
  return x;
}

/* n elements of A, or of the packed B: f32 or bf16 below 1, or bytes, of a size that sums of
 * their products, scaled, are near 1, as they are in a model. */
static void *elements(size_t n, size_t bytes, bool packed) {
  enum { PATTERN = 4096 };
  unsigned char *x = memory(n * bytes);
  float *from = floats(PATTERN);
  for (size_t i = 0; i < n; i++) {
    const float value = from[i % PATTERN] * (packed ? 1.0f : 0.125f);
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint16_t high = (uint16_t)(bits >> 16);
    if (bytes == sizeof bits) memcpy(x + i * bytes, &bits, bytes);
    if (bytes == sizeof high) memcpy(x + i * bytes, &high, bytes);
    if (bytes == 1)
      x[i] = (unsigned char)(packed ? 1 + (bits >> 4) % 127 : (bits >> 4) % 255 - 127);
  }
  lode_aligned_free(from);
  return x;
}

static float *constants(size_t n, float x) {
  float *all = floats(n);
  for (size_t i = 0; i < n; i++) all[i] = x;
  return all;
}

/* ------------------------------------------------------------------ products of matrices */

typedef struct gemm_family {
  const char *name;
  const lode_gemm_kernel *(*kernel_at)(size_t i);
  size_t element;
  peak_type type;
} gemm_family;

static const gemm_family gemm_families[] = {
    {"gemm_f32", lode_gemm_f32_kernel_at, sizeof(float), PEAK_F32},
    {"gemm_bf16", lode_gemm_bf16_kernel_at, sizeof(uint16_t), PEAK_BF16},
    {"gemm_i8", lode_gemm_i8_kernel_at, 1, PEAK_I8},
};

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
  const char *weights;
  size_t packed, copies;
} gemm_work;

static void gemm_once(void *context, size_t i) {
  gemm_work *work = context;
  work->args.b = work->weights + i % work->copies * work->packed;
  work->kernel->run(&work->args);
}

static void bench_gemm(const options *o, const gemm_family *family, const lode_gemm_kernel *kernel,
                       const gemm_shape *s) {
  enum { MODEL_WEIGHTS = 6 * 12 * 384 * 384, MOST = 512 };
  static const size_t ms[] = {1, 4, 8, 16, 30, 96, MOST};
  const size_t packed = lode_gemm_packed_size(kernel->layout, s->n, s->k),
               copies = MODEL_WEIGHTS * family->element / packed + 1;
  void *a = elements(MOST * s->k, family->element, false);
  void *b = elements(packed * copies / family->element, family->element, true);
  float *bias = floats(s->n), *residual = floats(MOST * s->n), *c = floats(MOST * s->n);
  float *row_scale = constants(MOST, 0.02f), *col_scale = constants(s->n, 0.001f);
  int32_t *row_sum = memory(MOST * sizeof *row_sum);
  memset(row_sum, 0, MOST * sizeof *row_sum);
  for (size_t i = 0; i < sizeof ms / sizeof ms[0]; i++) {
    const size_t m = ms[i];
    gemm_work work = {.kernel = kernel, .weights = b, .packed = packed, .copies = copies};
    work.args = (lode_gemm_args){.m = m, .n1 = s->n, .n = s->n, .k = s->k, .a = a};
    work.args.lda = s->k;
    work.args.row_scale = row_scale;
    work.args.row_sum = row_sum;
    work.args.col_scale = col_scale;
    work.args.bias = bias;
    work.args.residual = s->residual ? residual : NULL;
    work.args.ldr = work.args.ldc = s->n;
    work.args.c = c;
    work.args.act = s->act;
    char shape[64];
    snprintf(shape, sizeof shape, "%zux%zux%zu %s", m, s->n, s->k, s->layer);
    if (o->shape != NULL && strstr(shape, o->shape) == NULL) continue;
    line l = {.family = family->name, .kernel = kernel->name, .shape = shape};
    l.ops = 2.0 * (double)m * (double)s->n * (double)s->k;
    l.bytes = (double)packed;
    l.peak = peak(family->type, kernel->features);
    l.seconds = typical_time(o, gemm_once, &work);
    print_line(o, &l);
  }
  lode_aligned_free(a);
  lode_aligned_free(b);
  void *const rest[] = {bias, residual, c, row_scale, col_scale, row_sum};
  for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) lode_aligned_free(rest[i]);
}

/* ------------------------------------------------------------------ attention */

typedef struct attention_family {
  const char *name;
  const lode_attention_kernel *(*kernel_at)(size_t i);
  peak_type type;
} attention_family;

static const attention_family attention_families[] = {
    {"attention_f32", lode_attention_f32_kernel_at, PEAK_F32},
    {"attention_bf16", lode_attention_bf16_kernel_at, PEAK_BF16},
    {"attention_i8", lode_attention_i8_kernel_at, PEAK_I8},
};

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

static void bench_attention(const options *o, const attention_family *family,
                            const lode_attention_kernel *kernel) {
  static const size_t ns[] = {8, 16, 30, 64, 128, 512, 2048};
  for (size_t i = 0; i < sizeof ns / sizeof ns[0]; i++) {
    const size_t n = ns[i];
    char shape[64];
    snprintf(shape, sizeof shape, "%d heads of %d, %zu tokens", HEADS, HEAD_SIZE, n);
    if (o->shape != NULL && strstr(shape, o->shape) == NULL) continue;
    float *qkv = floats(n * 3 * WIDTH), *out = floats(n * WIDTH);
    float *scratch = floats(kernel->scratch_size(n, HEAD_SIZE));
    attention_work work = {kernel, n, qkv, out, scratch};
    line l = {.family = family->name, .kernel = kernel->name, .shape = shape};
    l.ops = 4.0 * (double)WIDTH * (double)n * (double)n;
    l.peak = peak(family->type, kernel->features);
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

static void bench_gemms(const options *o, const gemm_family *family, uint32_t features) {
  const lode_gemm_kernel *kernel;
  for (size_t i = 0; (kernel = family->kernel_at(i)) != NULL; i++) {
    if ((kernel->features & ~features) != 0 || !wanted(o, family->name, kernel->name)) continue;
    for (size_t s = 0; s < sizeof gemm_shapes / sizeof gemm_shapes[0]; s++) {
      bench_gemm(o, family, kernel, &gemm_shapes[s]);
    }
  }
}

static void bench_attentions(const options *o, const attention_family *family, uint32_t features) {
  const lode_attention_kernel *kernel;
  for (size_t i = 0; (kernel = family->kernel_at(i)) != NULL; i++) {
    if ((kernel->features & ~features) != 0) continue;
    if (wanted(o, family->name, kernel->name)) bench_attention(o, family, kernel);
  }
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
  for (size_t f = 0; f < sizeof gemm_families / sizeof gemm_families[0]; f++) {
    bench_gemms(&o, &gemm_families[f], features);
  }
  for (size_t f = 0; f < sizeof attention_families / sizeof attention_families[0]; f++) {
    bench_attentions(&o, &attention_families[f], features);
  }
  return EXIT_SUCCESS;
}
