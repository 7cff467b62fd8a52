/* Programs made of random numbers, run by the CPU's reference kernels and on a GPU. */
#ifndef LODE_TESTS_WEBGPU_H
#define LODE_TESTS_WEBGPU_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/backend.h"
#include "backend/webgpu/gpu.h"

/* A device that is there, or the test is skipped. */
static inline void need_gpu(void) {
  static int there = -1;
  static lode_error err;
  if (there < 0) {
    lode_gpu *gpu = NULL;
    lode_gpu_info info;
    const lode_gpu_driver *driver = lode_gpu_default();
    there = driver && driver->open(&gpu, &info, &err) == LODE_OK;
    if (there) {
      print_message("on %s\n", info.name);
      driver->close(gpu);
    }
  }
  if (!there) {
    print_message("skipped: %s\n", err.text);
    skip();
  }
}

static inline uint32_t next_random(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*state >> 32);
}

/* -1 .. 1 */
static inline float random_float(uint64_t *state) {
  return (float)next_random(state) * 0x1p-31f - 1.0f;
}

typedef struct made {
  lode_program program;
  lode_program_builder b;
  lode_error err;
  uint64_t random;
} made;

static inline void made_init(made *m, uint64_t seed) {
  memset(m, 0, sizeof *m);
  m->random = seed * 2654435761u + 12345;
  m->b = (lode_program_builder){.program = &m->program, .err = &m->err};
  m->program.architecture = "test";
  m->program.positions = (lode_position_rule){0, -1};
  m->program.max_tokens = 4096;
}

/* The numbers of one part in the type of the others: floats within `range`. */
static inline void *random_elements(made *m, size_t n, lode_dtype dtype, float range) {
  void *data = lode_arena_array(&m->program.arena, n, sizeof(float));
  assert_non_null(data);
  for (size_t i = 0; i < n; i++) {
    const float x = random_float(&m->random) * range;
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (dtype == LODE_DTYPE_F32) {
      ((float *)data)[i] = x;
    } else if (dtype == LODE_DTYPE_BF16) {
      ((uint16_t *)data)[i] = (uint16_t)(bits >> 16);
    } else if (dtype == LODE_DTYPE_F16) { /* a sign, an exponent of 2^-14 .. 1, a fraction */
      const uint32_t r = next_random(&m->random);
      ((uint16_t *)data)[i] = (uint16_t)((r & 0x8000) | (1 + r % 13) << 10 | (r >> 16 & 0x3FF));
    } else {
      ((int8_t *)data)[i] = (int8_t)lrintf(random_float(&m->random) * 63.0f);
    }
  }
  return data;
}

static inline int weight_of(made *m, size_t rows, size_t cols, size_t parts, lode_dtype dtype,
                            float range) {
  lode_weight w = {.rows = rows, .cols = cols, .part_count = parts};
  const bool vector = rows == 1 && parts > 1; /* its parts lie side by side */
  for (size_t p = 0; p < parts; p++) {
    const size_t part_rows = vector ? 1 : rows / parts;
    const size_t part_cols = vector ? cols / parts : cols;
    lode_weight_part *part = &w.parts[p];
    *part = (lode_weight_part){.name = "w", .dtype = dtype, .rows = part_rows};
    part->data = random_elements(m, part_rows * part_cols, dtype, range);
    if (dtype != LODE_DTYPE_I8) continue;
    float *scale = lode_arena_array(&m->program.arena, part_rows, sizeof *scale);
    assert_non_null(scale);
    for (size_t r = 0; r < part_rows; r++) {
      scale[r] = range / 63.0f * (1.0f + 0.5f * random_float(&m->random));
    }
    part->scale = scale;
  }
  return lode_program_weight(&m->b, &w);
}

static inline int vector_of(made *m, size_t cols, float range) {
  return weight_of(m, 1, cols, 1, LODE_DTYPE_F32, range);
}

static inline lode_norm_ref norm_of(made *m, size_t cols, bool beta) {
  lode_norm_ref norm = {.gamma = vector_of(m, cols, 1.0f), .beta = LODE_NONE, .eps = 1e-12f};
  if (beta) norm.beta = vector_of(m, cols, 1.0f);
  return norm;
}

static const lode_norm_ref no_norm = {LODE_NONE, LODE_NONE, 0};

enum { WORDS = 50, POSITIONS = 600, TYPES = 2 };

/* x = word[id] + position[p]: different rows, so that whatever follows has something to do. */
static inline int embed(made *m, size_t cols, lode_dtype dtype) {
  lode_op op = {.kind = LODE_OP_EMBED, .in = LODE_NONE};
  op.u.embed.word = weight_of(m, WORDS, cols, 1, dtype, 1.0f);
  op.u.embed.row = LODE_NONE;
  op.u.embed.weight = LODE_NONE;
  op.u.embed.position = weight_of(m, POSITIONS, cols, 1, LODE_DTYPE_F32, 1.0f);
  op.u.embed.type = LODE_NONE;
  op.u.embed.norm = no_norm;
  op.out = lode_program_value(&m->b, LODE_PER_TOKEN, cols);
  lode_program_op(&m->b, &op);
  return op.out;
}

static inline int linear(made *m, int in, size_t n, lode_dtype dtype, lode_act act, bool bias,
                         int residual, lode_norm_ref norm) {
  const size_t k = m->program.values[in].cols;
  const lode_extent extent = m->program.values[in].extent;
  lode_op op = {.kind = LODE_OP_LINEAR, .in = in};
  op.u.linear.weight = weight_of(m, n, k, n % 3 == 0 ? 3 : 1, dtype, 2.0f / sqrtf((float)k));
  op.u.linear.bias =
      bias ? weight_of(m, 1, n, n % 3 == 0 ? 3 : 1, LODE_DTYPE_F32, 1.0f) : LODE_NONE;
  op.u.linear.act = act;
  op.u.linear.residual = residual;
  op.u.linear.norm = norm;
  op.out = lode_program_value(&m->b, extent, n);
  lode_program_op(&m->b, &op);
  return op.out;
}

static inline int pool(made *m, int in, const lode_poolings *poolings, bool skip_prompt) {
  lode_op op = {.kind = LODE_OP_POOL, .in = in};
  op.u.pool.poolings = *poolings;
  op.u.pool.skip_prompt = skip_prompt;
  op.out =
      lode_program_value(&m->b, LODE_PER_SEQUENCE, m->program.values[in].cols * poolings->count);
  lode_program_op(&m->b, &op);
  return op.out;
}

/* Inputs and outputs of products, around the sizes of tiles; and what may follow them. */
static const size_t product_sizes[7][2] = {{1, 1},    {3, 5},    {64, 64},  {65, 63},
                                           {17, 130}, {200, 12}, {130, 384}};
static const lode_act activations[7] = {LODE_ACT_NONE,   LODE_ACT_GELU_ERF, LODE_ACT_GELU_TANH,
                                        LODE_ACT_RELU,   LODE_ACT_TANH,     LODE_ACT_SILU,
                                        LODE_ACT_SIGMOID};

static const lode_poolings mean_pooling = {1, {LODE_POOL_MEAN}};

/* What follows is for sequences; `value` is the last of tokens. */
static inline void tokens_end(made *m, int value) {
  m->program.token_value = value;
  m->program.token_ops = m->program.op_count;
}

/* Tokens of sequences of these lengths. */
typedef struct token_batch {
  lode_job job;
  size_t start[64], skip[64];
  int32_t ids[8192], types[8192];
} token_batch;

static inline void texts_make(token_batch *t, made *m, const size_t *lengths, size_t n) {
  memset(&t->job, 0, sizeof t->job);
  assert_true(n < 64);
  t->start[0] = 0;
  for (size_t s = 0; s < n; s++) {
    t->start[s + 1] = t->start[s] + lengths[s];
    t->skip[s] = lengths[s] / 3;
  }
  assert_true(t->start[n] <= 8192);
  for (size_t i = 0; i < t->start[n]; i++) {
    t->ids[i] = (int32_t)(next_random(&m->random) % WORDS);
    t->types[i] = (int32_t)(next_random(&m->random) % TYPES);
  }
  t->job = (lode_job){
      .sequences = n, .start = t->start, .ids = t->ids, .type_ids = t->types, .skip = t->skip};
}

/* A program on a backend. */
typedef struct prepared_program {
  const lode_backend *backend;
  lode_prepared *prepared;
  lode_session *session;
  lode_pool *pool;
} prepared_program;

static inline prepared_program prepare_on(const lode_backend *backend, made *m,
                                          const lode_gpu_driver *driver) {
  assert_int_equal(m->b.status, LODE_OK);
  const lode_prepare_options options = {.dtype = LODE_DTYPE_F32, .gpu = driver};
  prepared_program p = {.backend = backend, .pool = lode_pool_new(1)};
  lode_error err = {0};
  if (backend->prepare(&m->program, &options, &p.prepared, &err) != LODE_OK) {
    fail_msg("%s", err.text);
  }
  assert_int_equal(backend->session_new(p.prepared, p.pool, &p.session, &err), LODE_OK);
  return p;
}

static inline void prepared_end(prepared_program *p) {
  p->backend->session_free(p->session);
  p->backend->prepared_free(p->prepared);
  lode_pool_free(p->pool);
}

/* The rows, malloc'ed. */
static inline float *rows_of(const prepared_program *p, const made *m, const token_batch *t,
                             bool token_rows, size_t *floats) {
  lode_job job = t->job;
  job.token_rows = token_rows;
  const int value = token_rows ? m->program.token_value : m->program.output;
  const size_t rows = token_rows ? job.start[job.sequences] : job.sequences;
  *floats = rows * m->program.values[value].cols;
  job.out = malloc((*floats + 1) * sizeof *job.out);
  assert_non_null(job.out);
  lode_error err = {0};
  if (p->backend->run(p->session, &job, &err) != LODE_OK) fail_msg("%s", err.text);
  return job.out;
}

/* All of that once. */
static inline float *run_on(const lode_backend *backend, made *m, const token_batch *t,
                            bool token_rows, const lode_gpu_driver *driver, size_t *floats) {
  prepared_program p = prepare_on(backend, m, driver);
  float *rows = rows_of(&p, m, t, token_rows, floats);
  prepared_end(&p);
  return rows;
}

/* The largest difference, of the largest magnitude. */
static inline double difference(size_t n, const float *a, const float *b) {
  double most = 1e-30, worst = 0;
  for (size_t i = 0; i < n; i++) {
    if (fabs((double)b[i]) > most) most = fabs((double)b[i]);
    const double d = fabs((double)a[i] - (double)b[i]);
    if (!(d <= worst)) worst = d;
  }
  return worst / most;
}

/* The program gives the same rows, but for a tolerance, on the CPU and on the GPU: those of tokens,
 * and those of sequences. */
static inline void same_rows(made *m, const token_batch *t, double of_tokens, double of_sequences,
                             const char *what) {
  prepared_program cpu = prepare_on(&lode_backend_cpu, m, NULL);
  prepared_program gpu = prepare_on(&lode_backend_webgpu, m, NULL);
  for (int tokens = 0; tokens < 2; tokens++) {
    size_t n = 0;
    float *expected = rows_of(&cpu, m, t, tokens, &n);
    float *got = rows_of(&gpu, m, t, tokens, &n);
    const double d = difference(n, got, expected);
    if (!(d <= (tokens ? of_tokens : of_sequences))) {
      fail_msg("%s, rows of %s: differs by %g of the largest", what,
               tokens ? "tokens" : "sequences", d);
    }
    free(expected);
    free(got);
  }
  prepared_end(&gpu);
  prepared_end(&cpu);
}

#endif
