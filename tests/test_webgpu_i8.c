/* Programs of integers on the GPU: every number is the CPU's, to the last bit, in shapes that fit
 * no tile, with and without products of four bytes. Skipped, saying so, where there is no adapter;
 * Mesa's lavapipe is one. */
#include "webgpu.h"

static token_batch t;

/* ---- drivers of a device that is no software, and of one that has no dot4I8Packed */

static lode_status open_hardware(lode_gpu **out, lode_gpu_info *info, lode_error *err) {
  const lode_status status = lode_gpu_default()->open(out, info, err);
  if (status == LODE_OK) info->features &= ~(uint32_t)LODE_GPU_SOFTWARE;
  return status;
}

static lode_status open_plain(lode_gpu **out, lode_gpu_info *info, lode_error *err) {
  const lode_status status = lode_gpu_default()->open(out, info, err);
  if (status == LODE_OK) info->features &= ~(uint32_t)LODE_GPU_PACKED_DOT;
  return status;
}

static const lode_gpu_driver *opened_by(lode_status (*open)(lode_gpu **, lode_gpu_info *,
                                                            lode_error *)) {
  static lode_gpu_driver driver;
  driver = *lode_gpu_default();
  driver.open = open;
  return &driver;
}

/* ---- */

static void same_numbers(made *m, const token_batch *texts, bool token_rows,
                         const lode_gpu_driver *driver, const char *what) {
  size_t n = 0;
  float *expected = run_on(&lode_backend_cpu, m, texts, token_rows, NULL, &n);
  float *got = run_on(&lode_backend_webgpu, m, texts, token_rows, driver, &n);
  size_t wrong = 0, first = n;
  for (size_t i = 0; i < n; i++) {
    if (got[i] == expected[i]) continue; /* 0 and -0 too */
    if (wrong++ == 0) first = i;
  }
  if (wrong > 0) {
    fail_msg("%s: %zu of %zu numbers differ, the first at %zu: %a, not %a", what, wrong, n, first,
             (double)got[first], (double)expected[first]);
  }
  free(expected);
  free(got);
}

/* On the device as it is, or as another: by turns, since compiling takes its time. */
static void same_on_one(made *m, const token_batch *texts, bool token_rows, size_t turn,
                        const char *what) {
  same_numbers(m, texts, token_rows,
               turn % 3 == 0   ? NULL
               : turn % 3 == 1 ? opened_by(open_hardware)
                               : opened_by(open_plain),
               what);
}

static void smooth(made *m, int weight) {
  lode_weight *w = &m->program.weights[weight];
  float *by = lode_arena_array(&m->program.arena, w->cols, sizeof *by);
  assert_non_null(by);
  for (size_t i = 0; i < w->cols; i++) by[i] = 1.0f + 0.9f * random_float(&m->random);
  w->smooth = by;
}

static void linear_layers(void **state) {
  (void)state;
  need_gpu();
  static const size_t few[] = {5}, many[] = {63, 1, 200};
  for (size_t i = 0; i < 7; i++) {
    made m;
    made_init(&m, 100 + i);
    const size_t k = product_sizes[i % 7][0], n = product_sizes[i % 7][1];
    const int x = embed(&m, k, i % 2 == 0 ? LODE_DTYPE_F32 : LODE_DTYPE_I8);
    if (k > 1) m.program.ops[0].u.embed.norm = norm_of(&m, k, i % 3 == 0);
    const int y =
        linear(&m, x, n, LODE_DTYPE_I8, activations[i % 7], i % 2 == 0, LODE_NONE, no_norm);
    if (i % 3 == 1) smooth(&m, m.program.ops[1].u.linear.weight);
    const int z = linear(&m, y, n, LODE_DTYPE_I8, activations[(i + 3) % 7], i % 2 == 1, y,
                         n > 1 ? norm_of(&m, n, i % 4 < 2) : no_norm);
    tokens_end(&m, z);
    const int pooled = pool(&m, z, &mean_pooling, false);
    m.program.output =
        linear(&m, pooled, 9, LODE_DTYPE_I8, LODE_ACT_TANH, true, LODE_NONE, no_norm);
    if (i % 2 == 0) {
      texts_make(&t, &m, few, 1);
    } else {
      texts_make(&t, &m, many, 3);
    }
    same_on_one(&m, &t, i % 2 == 0, i, "linear");
    lode_program_free(&m.program);
  }
}

/* More products in a sum than f32 adds exactly, and the most that it does. */
static void long_sums(void **state) {
  (void)state;
  need_gpu();
  static const size_t lengths[] = {3}, sizes[] = {2096, 2100};
  for (size_t i = 0; i < 4; i++) {
    made m;
    made_init(&m, 150 + i / 2);
    const int x = embed(&m, sizes[i / 2], LODE_DTYPE_F32);
    const lode_op *op = &m.program.ops[0];
    float *words = (float *)m.program.weights[op->u.embed.word].parts[0].data;
    float *positions = (float *)m.program.weights[op->u.embed.position].parts[0].data;
    for (size_t w = 0; w < WORDS * sizes[i / 2]; w++) words[w] = 1.0f;
    for (size_t w = 0; w < POSITIONS * sizes[i / 2]; w++) positions[w] = 1.0f;
    const int y = linear(&m, x, 5, LODE_DTYPE_I8, LODE_ACT_NONE, false, LODE_NONE, no_norm);
    lode_weight *weight = &m.program.weights[m.program.ops[1].u.linear.weight];
    memset((int8_t *)weight->parts[0].data, 63, 5 * sizes[i / 2]);
    tokens_end(&m, y);
    m.program.output = pool(&m, y, &mean_pooling, false);
    texts_make(&t, &m, lengths, 1);
    same_on_one(&m, &t, true, 2 * (i % 2), "long sums");
    lode_program_free(&m.program);
  }
}

static int attention(made *m, int x, size_t heads, size_t head_dim) {
  const size_t width = heads * head_dim;
  lode_op op = {.kind = LODE_OP_ATTENTION};
  op.in = linear(m, x, 3 * width, LODE_DTYPE_I8, LODE_ACT_NONE, true, LODE_NONE, no_norm);
  op.u.attention.heads = heads;
  op.u.attention.head_dim = head_dim;
  op.u.attention.scale = 2.0f / sqrtf((float)head_dim);
  op.out = lode_program_value(&m->b, LODE_PER_TOKEN, width);
  lode_program_op(&m->b, &op);
  return op.out;
}

static void attention_layers(void **state) {
  (void)state;
  need_gpu();
  static const size_t heads[][2] = {{1, 1}, {3, 3}, {2, 4}, {3, 32}, {1, 33}, {2, 64}, {1, 128}};
  static const size_t lengths[] = {1, 63, 0, 64, 2, 65, 130, 17};
  for (size_t i = 0; i < 7; i++) {
    made m;
    made_init(&m, 200 + i);
    m.program.max_tokens = i % 4 < 2 ? 512 : 4096; /* its sums are kept in two ways */
    const int x = embed(&m, 24, LODE_DTYPE_F32);
    const int y = attention(&m, x, heads[i % 7][0], heads[i % 7][1]);
    tokens_end(&m, y);
    m.program.output = pool(&m, y, &mean_pooling, false);
    texts_make(&t, &m, lengths, 8);
    same_on_one(&m, &t, true, i, "attention");
    lode_program_free(&m.program);
  }
}

/* Sums that f32 does not hold, and 32 bits do not: what every token looks like is nearly the same.
 */
static void long_attention(void **state) {
  (void)state;
  need_gpu();
  static const size_t lengths[] = {590, 3, 520};
  made m;
  made_init(&m, 300);
  const int x = embed(&m, 24, LODE_DTYPE_F32);
  const int y = attention(&m, x, 2, 32);
  lode_weight *qkv = &m.program.weights[m.program.ops[1].u.linear.weight];
  float *scale = (float *)qkv->parts[0].scale;
  for (size_t i = 0; i < 64; i++) scale[i] *= 1e-3f; /* all weights about as large */
  lode_weight *bias = &m.program.weights[m.program.ops[1].u.linear.bias];
  float *value_bias = (float *)bias->parts[2].data;
  for (size_t i = 0; i < 64; i++) value_bias[i] += i % 2 == 0 ? 50.0f : -50.0f;
  tokens_end(&m, y);
  m.program.output = pool(&m, y, &mean_pooling, false);
  texts_make(&t, &m, lengths, 3);
  same_on_one(&m, &t, true, 0, "long attention");
  same_on_one(&m, &t, false, 1, "long attention, pooled");
  lode_program_free(&m.program);
}

/* Layers of a transformer, in widths drawn by chance. */
static void random_transformers(void **state) {
  (void)state;
  need_gpu();
  static const size_t lengths[] = {9, 1, 40, 0, 77};
  for (size_t i = 0; i < 4; i++) {
    made m;
    made_init(&m, 400 + i);
    const size_t heads = 1 + next_random(&m.random) % 5;
    const size_t width = heads * (2 + next_random(&m.random) % 40);
    const size_t inner = 1 + next_random(&m.random) % 300;
    int x = embed(&m, width, LODE_DTYPE_I8);
    m.program.ops[0].u.embed.norm = norm_of(&m, width, true);
    for (size_t layer = 0; layer < 3; layer++) {
      const int a = attention(&m, x, heads, width / heads);
      const int b =
          linear(&m, a, width, LODE_DTYPE_I8, LODE_ACT_NONE, true, x, norm_of(&m, width, true));
      const int c =
          linear(&m, b, inner, LODE_DTYPE_I8, LODE_ACT_GELU_ERF, true, LODE_NONE, no_norm);
      x = linear(&m, c, width, LODE_DTYPE_I8, LODE_ACT_NONE, true, b, norm_of(&m, width, true));
    }
    tokens_end(&m, x);
    lode_op length = {.kind = LODE_OP_NORMALIZE, .in = pool(&m, x, &mean_pooling, false)};
    length.out = lode_program_value(&m.b, LODE_PER_SEQUENCE, width);
    lode_program_op(&m.b, &length);
    m.program.output = length.out;
    texts_make(&t, &m, lengths, 5);
    same_on_one(&m, &t, false, i, "transformer");
    lode_program_free(&m.program);
  }
}

static void poolings(void **state) {
  (void)state;
  need_gpu();
  static const lode_poolings joined[] = {
      {1, {LODE_POOL_MEAN_SQRT_LEN}},
      {1, {LODE_POOL_WEIGHTED_MEAN}},
      {3, {LODE_POOL_CLS, LODE_POOL_MAX, LODE_POOL_MEAN}},
  };
  static const size_t lengths[] = {4, 0, 1, 90, 2, 33};
  for (size_t i = 0; i < 3; i++) {
    made m;
    made_init(&m, 500 + i);
    const int x = embed(&m, 70, LODE_DTYPE_F32);
    const int y =
        linear(&m, x, 45, LODE_DTYPE_I8, LODE_ACT_NONE, true, LODE_NONE, norm_of(&m, 45, true));
    tokens_end(&m, y);
    m.program.output = pool(&m, y, &joined[i], i == 1);
    texts_make(&t, &m, lengths, 6);
    same_on_one(&m, &t, false, i, "pooling");
    lode_program_free(&m.program);
  }
}

/* What the CPU refuses. */
static void wrong_weights(void **state) {
  (void)state;
  need_gpu();
  for (int i = 0; i < 3; i++) {
    made m;
    made_init(&m, 600);
    const int x = embed(&m, 8, LODE_DTYPE_F32);
    tokens_end(&m, linear(&m, x, 8, LODE_DTYPE_I8, LODE_ACT_NONE, true, LODE_NONE, no_norm));
    m.program.output = pool(&m, m.program.token_value, &mean_pooling, false);
    lode_weight *w = &m.program.weights[m.program.ops[1].u.linear.weight];
    smooth(&m, m.program.ops[1].u.linear.weight);
    if (i == 0) ((int8_t *)w->parts[0].data)[5] = 64;
    if (i == 1) ((float *)w->parts[0].scale)[2] = INFINITY;
    if (i == 2) ((float *)w->smooth)[2] = NAN;
    const lode_prepare_options options = {.dtype = LODE_DTYPE_F32};
    lode_prepared *prepared = NULL;
    lode_error gpu = {0}, cpu = {0};
    assert_int_equal(lode_backend_webgpu.prepare(&m.program, &options, &prepared, &gpu),
                     LODE_E_FORMAT);
    assert_int_equal(lode_backend_cpu.prepare(&m.program, &options, &prepared, &cpu),
                     LODE_E_FORMAT);
    assert_null(prepared);
    assert_string_equal(gpu.text, cpu.text);
    lode_program_free(&m.program);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(linear_layers),    cmocka_unit_test(long_sums),
      cmocka_unit_test(attention_layers), cmocka_unit_test(long_attention),
      cmocka_unit_test(poolings),         cmocka_unit_test(random_transformers),
      cmocka_unit_test(wrong_weights),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
