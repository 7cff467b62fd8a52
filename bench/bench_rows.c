/* bench_rows: what the kernels take that are not matrix products, on rows of MiniLM's widths,
 * 384 and 1536 floats. In a forward pass they meet data that the L2 holds, so 64 rows are used
 * again and again here. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "kernels/activation/activation.h"
#include "kernels/convert/convert.h"
#include "kernels/dot/dot.h"
#include "kernels/norm/norm.h"
#include "kernels/pool/pool.h"
#include "kernels/quantize/quantize.h"

enum { WIDTH = 384, INNER = 1536, ROWS = 64, FLOATS = INNER * ROWS };

typedef struct work {
  const void *kernel;
  int function; /* what the kernel is asked for, where it has a choice */
  size_t n;     /* floats of a row */
  float *x, *y; /* [FLOATS] each */
} work;

static double now(void) { /* this thread's time on the CPU: neighbours do not count */
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const char *only; /* part of a line's name, or NULL for all lines */
static double seconds = 0.1;

/* Times run, which goes over `elements` floats, and prints a line: the fastest run, since
 * others on the machine can only add to it. */
static void measure(const char *name, const char *kernel, work *w, void (*run)(work *w),
                    size_t elements) {
  char full[64];
  snprintf(full, sizeof full, "%s/%s", name, kernel);
  if (only != NULL && strstr(full, only) == NULL) return;
  double best = 1e9;
  const double begin = now();
  for (int runs = 0; runs < 5 || now() - begin < seconds; runs++) {
    const double start = now();
    run(w);
    const double took = now() - start;
    if (took < best) best = took;
  }
  printf("%-16s %-8s n %-6zu %8.4f ns an element %10.2f us\n", name, kernel, w->n,
         1e9 * best / (double)elements, 1e6 * best);
  fflush(stdout);
}

static void run_activation(work *w) {
  const lode_activation_kernel *kernel = w->kernel;
  for (size_t i = 0; i < ROWS; i++) {
    kernel->run((lode_act)w->function, w->n, w->x + i * w->n, w->y + i * w->n);
  }
}

static void run_exp(work *w) {
  const lode_activation_kernel *kernel = w->kernel;
  for (size_t i = 0; i < ROWS; i++) kernel->exp(w->n, w->x + i * w->n, w->y + i * w->n);
}

static void bench_activations(uint32_t features, work *w) {
  static const char *const names[] = {"none", "gelu_erf", "gelu_tanh", "relu",
                                      "tanh", "silu",     "sigmoid"};
  const lode_activation_kernel *kernel;
  for (size_t k = 0; (kernel = lode_activation_kernel_at(k)) != NULL; k++) {
    if (kernel->features & ~features) continue;
    w->kernel = kernel;
    w->n = INNER;
    for (int f = LODE_ACT_GELU_ERF; f <= LODE_ACT_SIGMOID; f++) {
      w->function = f;
      measure(names[f], kernel->name, w, run_activation, ROWS * w->n);
    }
    w->n = 512; /* a row of scores */
    measure("exp", kernel->name, w, run_exp, ROWS * w->n);
  }
}

static void run_layernorm(work *w) {
  const lode_norm_kernel *kernel = w->kernel;
  kernel->layernorm(ROWS, w->n, w->x, w->n, w->x, w->x + w->n, 1e-12f, w->y, w->n);
}

static void run_l2(work *w) {
  const lode_norm_kernel *kernel = w->kernel;
  kernel->l2(ROWS, w->n, w->x, w->n, w->y, w->n);
}

static void bench_norms(uint32_t features, work *w) {
  const lode_norm_kernel *kernel;
  for (size_t k = 0; (kernel = lode_norm_kernel_at(k)) != NULL; k++) {
    if (kernel->features & ~features) continue;
    w->kernel = kernel;
    for (w->n = WIDTH; w->n <= INNER; w->n += INNER - WIDTH) {
      measure("layernorm", kernel->name, w, run_layernorm, ROWS * w->n);
      measure("l2", kernel->name, w, run_l2, ROWS * w->n);
    }
  }
}

static void run_pool(work *w) {
  const lode_pool_kernel *kernel = w->kernel;
  kernel->run((lode_pooling)w->function, ROWS, 0, w->n, w->x, w->n, w->y);
}

static void bench_pools(uint32_t features, work *w) {
  const lode_pool_kernel *kernel;
  for (size_t k = 0; (kernel = lode_pool_kernel_at(k)) != NULL; k++) {
    if (kernel->features & ~features) continue;
    w->kernel = kernel;
    w->n = WIDTH;
    w->function = LODE_POOL_MEAN;
    measure("pool mean", kernel->name, w, run_pool, ROWS * w->n);
    w->function = LODE_POOL_MAX;
    measure("pool max", kernel->name, w, run_pool, ROWS * w->n);
  }
}

static void run_dot(work *w) {
  const lode_dot_f32_kernel *kernel = w->kernel;
  for (size_t i = 0; i < ROWS; i++) w->y[i] = kernel->run(w->n, w->x, w->x + i * w->n);
}

static void bench_dots(uint32_t features, work *w) {
  const lode_dot_f32_kernel *kernel;
  for (size_t k = 0; (kernel = lode_dot_f32_kernel_at(k)) != NULL; k++) {
    if (kernel->features & ~features) continue;
    w->kernel = kernel;
    for (w->n = WIDTH; w->n <= INNER; w->n += INNER - WIDTH) {
      measure("dot", kernel->name, w, run_dot, ROWS * w->n);
    }
  }
}

static void run_f16(work *w) {
  const lode_convert_kernel *kernel = w->kernel;
  kernel->f16_to_f32(w->n, (const uint16_t *)(const void *)w->x, w->y);
}

static void run_bf16(work *w) {
  const lode_convert_kernel *kernel = w->kernel;
  kernel->bf16_to_f32(w->n, (const uint16_t *)(const void *)w->x, w->y);
}

static void run_narrow(work *w) {
  const lode_convert_kernel *kernel = w->kernel;
  kernel->f32_to_bf16(w->n, w->x, (uint16_t *)(void *)w->y);
}

static void run_finite(work *w) {
  const lode_convert_kernel *kernel = w->kernel;
  w->y[0] = kernel->all_finite(w->n, w->x) ? 1.0f : 0.0f;
}

static void bench_conversions(uint32_t features, work *w) {
  const lode_convert_kernel *kernel;
  for (size_t k = 0; (kernel = lode_convert_kernel_at(k)) != NULL; k++) {
    if (kernel->features & ~features) continue;
    w->kernel = kernel;
    w->n = FLOATS;
    measure("f16_to_f32", kernel->name, w, run_f16, FLOATS);
    measure("bf16_to_f32", kernel->name, w, run_bf16, FLOATS);
    measure("f32_to_bf16", kernel->name, w, run_narrow, FLOATS);
    measure("all_finite", kernel->name, w, run_finite, FLOATS);
  }
}

static void run_quantize(work *w) {
  const lode_quantize_kernel *kernel = w->kernel;
  static float scale[ROWS];
  static int32_t sum[ROWS];
  const float *smooth = w->function ? w->x : NULL;
  kernel->rows(ROWS, w->n, w->x, w->n, smooth, (int8_t *)w->y, w->n, scale, sum);
}

static void bench_quantizing(uint32_t features, work *w) {
  const lode_quantize_kernel *kernel;
  for (size_t k = 0; (kernel = lode_quantize_kernel_at(k)) != NULL; k++) {
    if (kernel->features & ~features) continue;
    w->kernel = kernel;
    for (w->n = WIDTH; w->n <= INNER; w->n += INNER - WIDTH) {
      w->function = 0;
      measure("quantize", kernel->name, w, run_quantize, ROWS * w->n);
      w->function = 1;
      measure("quantize smooth", kernel->name, w, run_quantize, ROWS * w->n);
    }
  }
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--kernel") == 0 && i + 1 < argc) {
      only = argv[++i];
    } else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc) {
      seconds = strtod(argv[++i], NULL);
    } else {
      const bool help = strcmp(argv[i], "--help") == 0;
      fprintf(help ? stdout : stderr,
              "usage: bench_rows [--kernel TEXT] [--seconds S]\n"
              "  --kernel TEXT   only lines whose name/kernel contains TEXT, e.g. exp/avx512\n"
              "  --seconds S     time for each line (default 0.1)\n"
              "Runs every kernel that this machine (and LODE_ISA, if set) allows, on one core.\n");
      return help ? EXIT_SUCCESS : EXIT_FAILURE;
    }
  }
  work w = {.x = lode_aligned_alloc(FLOATS * sizeof(float)),
            .y = lode_aligned_alloc(FLOATS * sizeof(float))};
  if (w.x == NULL || w.y == NULL) {
    fprintf(stderr, "bench_rows: out of memory\n");
    return EXIT_FAILURE;
  }
  for (size_t i = 0; i < FLOATS; i++) { /* -4 .. 4, in no order */
    w.x[i] = (float)(i * 2654435761u % 65536) / 8192.0f - 4.0f;
    w.y[i] = 0.0f;
  }
  const uint32_t features = lode_cpu_features(NULL, NULL);
  bench_activations(features, &w);
  bench_norms(features, &w);
  bench_pools(features, &w);
  bench_dots(features, &w);
  bench_conversions(features, &w);
  bench_quantizing(features, &w);
  lode_aligned_free(w.x);
  lode_aligned_free(w.y);
  return EXIT_SUCCESS;
}
